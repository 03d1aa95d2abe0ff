//! The progress of a job.

use std::{fmt, time::Duration};

/// The progress of a job, to display.
///
/// ```
/// # use sendblue_contacts::{NewContact, sandbox::Sandbox};
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = Sandbox::start()?;
/// # let contacts = sandbox.client()?.contacts();
/// let people = ["+14155550100", "555"].map(NewContact::new);
/// let mut job = contacts.import(people).start();
/// while let Some(report) = job.next().await {
///     report?;
///     eprintln!("{}", job.progress());   // 2 of 2 (100 %), 1 failed, 90.1/s
/// }
/// assert!(job.progress().to_string().starts_with("2 of 2 (100 %), 1 failed, "));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of classified items, including the items of finished chunks of earlier runs.
    pub done: u64,
    /// The number of items in the input, if known.
    pub total: Option<u64>,
    /// The number of rejected, invalid and unknown items.
    pub failures: u64,
    /// The time since the job was first polled, until its end.
    pub elapsed: Duration,
    /// The number of items that this run classified per second.
    pub rate: f64,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.done)?;
        if let Some(total) = self.total {
            write!(f, " of {total}")?;
            // The percentage exceeds 100 if the caller's total is too low.
            if let Some(percent) = self.done.saturating_mul(100).checked_div(total) {
                write!(f, " ({percent} %)")?;
            }
        }
        write!(f, ", {} failed, {:.1}/s", self.failures, self.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_total_and_percentage_only_if_known() {
        let mut progress =
            Progress { done: 1200, total: Some(5000), failures: 3, elapsed: Duration::from_secs(32), rate: 37.5 };
        assert_eq!(progress.to_string(), "1200 of 5000 (24 %), 3 failed, 37.5/s");
        progress.total = None;
        assert_eq!(progress.to_string(), "1200, 3 failed, 37.5/s");
        progress.total = Some(0);
        assert_eq!(progress.to_string(), "1200 of 0, 3 failed, 37.5/s");
    }
}
