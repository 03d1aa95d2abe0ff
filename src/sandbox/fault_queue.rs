//! The queue of faults.

use std::collections::VecDeque;

use super::fault::Fault;

/// The queued faults, oldest first.
#[derive(Debug, Default)]
pub(super) struct FaultQueue(VecDeque<Fault>);

impl FaultQueue {
    pub(super) fn push(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.0.push_back(fault);
        }
    }

    /// Takes the oldest fault that matches a request of this operation.
    pub(super) fn take(&mut self, operation: Option<&str>) -> Option<Fault> {
        let matches = |fault: &Fault| fault.operation.is_none() || fault.operation.as_deref() == operation;
        let position = self.0.iter().position(matches)?;
        let fault = self.0.get_mut(position)?;
        fault.times -= 1;
        if fault.times == 0 { self.0.remove(position) } else { Some(fault.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_takes_the_oldest_fault_that_matches_its_operation() {
        let mut faults = FaultQueue::default();
        faults.push(Fault::status(503).operation("contacts.verify").times(2));
        faults.push(Fault::status(500));
        faults.push(Fault::status(502).times(0));
        let mut status = |operation| faults.take(operation)?.into_response().map(|response| response.status().as_u16());
        assert_eq!(status(Some("contacts.list")), Some(500));
        assert_eq!(status(Some("contacts.list")), None);
        assert_eq!(status(None), None);
        assert_eq!(status(Some("contacts.verify")), Some(503));
        assert_eq!(status(Some("contacts.verify")), Some(503));
        assert_eq!(status(Some("contacts.verify")), None);
    }
}
