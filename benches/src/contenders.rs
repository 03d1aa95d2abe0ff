//! The contenders: clients that run the same cases.

use std::future::Future;

use sendblue_contacts::{MAX_LIMIT, jobs};

use crate::{Result, dataset::Row};

mod generated;
mod hand_written;
mod library;
mod socket;

pub use generated::Generated;
pub use hand_written::HandWritten;
pub use library::Library;
pub use socket::Socket;

/// The credentials that every contender sends.
pub const KEY_ID: &str = "key-id";
pub const SECRET_KEY: &str = "secret-key";

/// The number of chunks of an import that are in flight at once.
pub const CONCURRENCY: usize = jobs::DEFAULT_CONCURRENCY;
/// The number of contacts in a chunk.
pub const CHUNK_SIZE: usize = jobs::DEFAULT_CHUNK_SIZE;
/// The number of contacts in a page of a walk.
pub const PAGE_SIZE: u32 = MAX_LIMIT;

/// A client of the service. Every method returns the number of contacts that it decoded.
pub trait Contender: Clone + Send + Sync + 'static {
    const NAME: &'static str;

    fn new(url: &str) -> Result<Self>;

    fn retrieve(&self, number: &str) -> impl Future<Output = Result<usize>> + Send;

    /// Retrieves a contact that does not exist, and recognizes the 404.
    fn not_found(&self, number: &str) -> impl Future<Output = Result<usize>> + Send;

    fn create(&self, row: &Row) -> impl Future<Output = Result<usize>> + Send;

    fn list(&self, limit: u32) -> impl Future<Output = Result<usize>> + Send;

    /// Creates all rows with one request.
    fn create_all(&self, rows: &[Row]) -> impl Future<Output = Result<usize>> + Send;

    /// Lists the whole account and passes each contact to the consumer.
    fn walk(&self, consumer: Consumer, prefetch: bool) -> impl Future<Output = Result<usize>> + Send;

    /// Creates the rows with [`CHUNK_SIZE`] contacts per request and [`CONCURRENCY`] requests in flight.
    fn import(&self, rows: impl Iterator<Item = Row> + Send + 'static) -> impl Future<Output = Result<usize>> + Send;
}

/// A simulated consumer of a walk: it pauses after each [`PAGE_SIZE`] contacts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Consumer {
    pub pause: std::time::Duration,
}

impl Consumer {
    /// Pauses if `contacts`, the number received so far, completes a page.
    async fn received(self, contacts: usize) {
        if !self.pause.is_zero() && contacts.is_multiple_of(PAGE_SIZE as usize) {
            tokio::time::sleep(self.pause).await;
        }
    }
}

/// Returns the error of a contender that does not implement a case.
fn unsupported<T>(contender: &str) -> Result<T> {
    Err(format!("{contender} does not support this case").into())
}
