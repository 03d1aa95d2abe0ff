//! The rows of a table as the input of a job.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use sendblue_contacts::{NewContact, Stream};
use tokio::sync::mpsc;

use crate::table::{Rows, Table};

/// The contacts of a table: one for each row, so that the index of an item is that of its row.
pub struct Items {
    table: Arc<Table>,
    rows: Rows,
    unreadable: Option<mpsc::Sender<csv::Error>>,
}

impl Items {
    /// Besides, what tells why the file could not be read to its end.
    pub fn of(table: &Arc<Table>) -> csv::Result<(Self, mpsc::Receiver<csv::Error>)> {
        let (sender, receiver) = mpsc::channel(1);
        let items = Self { table: Arc::clone(table), rows: table.rows_from(0)?, unreadable: Some(sender) };
        Ok((items, receiver))
    }
}

impl Stream for Items {
    type Item = NewContact;

    /// Blocks for as long as a row takes to be read, which is next to nothing.
    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<NewContact>> {
        // From there on it is silent: an end would make a chunk of what has been read, which no later run would find again.
        if self.unreadable.is_none() {
            return Poll::Pending;
        }
        Poll::Ready(match self.rows.next().transpose() {
            // In place of a row that has none stands one without a number, which is invalid and not sent.
            Ok(row) => {
                row.map(|row| self.table.contact(&row).map_or_else(|_| NewContact::new(""), |(_, contact)| contact))
            }
            Err(error) => {
                if let Some(unreadable) = self.unreadable.take() {
                    // If nobody waits for it, the job is over.
                    let _ = unreadable.try_send(error);
                }
                return Poll::Pending;
            }
        })
    }
}
