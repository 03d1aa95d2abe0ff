//! The reason for a rejected item or an unknown outcome.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Serialize, Serializer};

#[cfg(doc)]
use super::Job;
use crate::Error;

/// The reason why an item is rejected or its outcome is unknown.
///
/// ```
/// use sendblue_contacts::{NewContact, jobs::ImportClass, sandbox::{Fault, Sandbox}};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::start()?;
/// sandbox.fail_next(Fault::status(401));
/// let contacts = sandbox.client()?.contacts();
/// let mut job = contacts.import([NewContact::new("+14155550100")]).start();
/// let report = job.next().await.unwrap()?;
/// let ImportClass::Rejected(reason) = &report.items[0].class else { panic!() };
/// assert!(reason.is_stop());   // every other item would get the 401 too
/// assert!(reason.error().unwrap().is_unauthorized());
/// # Ok(())
/// # }
/// ```
///
/// `Display`, `Debug` and the serialized text omit the service's message, which may contain personal data.
/// [`message`](Self::message) returns the message.
#[derive(Clone, Debug)]
pub struct Reason {
    operation: Cow<'static, str>,
    cause: ReasonCause,
    is_stop: bool,
}

#[derive(Clone, Debug)]
enum ReasonCause {
    Error(Arc<Error>),
    /// A 2xx response omits the item.
    Omitted,
    /// The text of the reason in an earlier run, from the journal.
    Recorded(String),
}

impl Reason {
    pub(super) fn failed(error: &Arc<Error>, operation: &'static str) -> Self {
        Self { operation: operation.into(), cause: ReasonCause::Error(Arc::clone(error)), is_stop: false }
    }

    pub(super) fn job_stopped(error: &Arc<Error>, operation: &'static str) -> Self {
        Self { is_stop: true, ..Self::failed(error, operation) }
    }

    /// Creates the reason for an item that a 2xx response omits.
    pub(super) fn omitted(operation: &'static str) -> Self {
        Self { operation: operation.into(), cause: ReasonCause::Omitted, is_stop: false }
    }

    /// Creates the reason that an earlier run recorded in the journal.
    pub(super) fn recorded(operation: String, text: String) -> Self {
        Self { operation: operation.into(), cause: ReasonCause::Recorded(text), is_stop: false }
    }

    /// Returns the operation that failed or was not sent, such as `contacts.bulk.create`.
    ///
    /// An upsert sends `contacts.create`, then `contacts.update` if the item has a `company_name`.
    /// If the journal failed, the result is the kind of the job: `import`, `upsert` or `remove`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Returns whether the job stopped before it finished this item.
    ///
    /// If so, the item is not the cause. A run with the same [journal](Job::journal) continues with the item.
    #[must_use]
    pub fn is_stop(&self) -> bool {
        self.is_stop
    }

    /// Returns the error, or `None` in two cases:
    ///
    /// - a 2xx response omitted the item, and look-ups found no contact, or
    /// - an earlier run recorded the reason in the [journal](Job::journal), which keeps only the text.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match &self.cause {
            ReasonCause::Error(error) => Some(error),
            ReasonCause::Omitted | ReasonCause::Recorded(_) => None,
        }
    }

    /// Returns the service's message, which may contain personal data.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.error()?.message()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_stop {
            f.write_str("the job stopped: ")?;
        }
        match &self.cause {
            ReasonCause::Error(error) => write!(f, "{error}"),
            ReasonCause::Recorded(text) => f.write_str(text),
            ReasonCause::Omitted => {
                write!(f, "{}: the request succeeded, but the response omits the item", self.operation)
            }
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
