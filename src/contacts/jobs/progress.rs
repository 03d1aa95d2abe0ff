//! How far a job is.

use std::{fmt, time::Duration};

/// How far a job is: a value to show.
///
/// ```
/// # use sendblue_contacts::{NewContact, sandbox::Sandbox};
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = Sandbox::start()?;
/// # let contacts = sandbox.client()?.contacts();
/// let mut job = contacts.import([NewContact::new("+14155550100"), NewContact::new("555")]).start();
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
    /// How many items have a class, those of an earlier run included.
    pub done: u64,
    /// How many there are, if that is known.
    pub total: Option<u64>,
    /// How many are rejected, invalid or of unknown outcome.
    pub failures: u64,
    /// How long the job has been running.
    pub elapsed: Duration,
    /// How many items a second have got their class in this run.
    pub rate: f64,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.done)?;
        if let Some(total) = self.total {
            write!(f, " of {total}")?;
            // More than all, if the total was a guess.
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
    fn says_what_is_known() {
        let mut progress =
            Progress { done: 1200, total: Some(5000), failures: 3, elapsed: Duration::from_secs(32), rate: 37.5 };
        assert_eq!(progress.to_string(), "1200 of 5000 (24 %), 3 failed, 37.5/s");
        progress.total = None;
        assert_eq!(progress.to_string(), "1200, 3 failed, 37.5/s");
        progress.total = Some(0);
        assert_eq!(progress.to_string(), "1200 of 0, 3 failed, 37.5/s");
    }
}
