//! Who is compared: each does the same work, by its own means.

use std::future::Future;

use sendblue_contacts::contacts;

use crate::{Result, dataset::Row};

mod by_hand;
mod generated;
mod ours;
mod socket;

pub use by_hand::ByHand;
pub use generated::Generated;
pub use ours::Ours;
pub use socket::Socket;

/// The credentials that all of them send.
pub const KEY_ID: &str = "key-id";
pub const SECRET_KEY: &str = "secret-key";

/// How many chunks of an import are under way at once, and how large they are.
pub const CONCURRENCY: usize = contacts::jobs::DEFAULT_CONCURRENCY;
pub const CHUNK_SIZE: usize = contacts::jobs::DEFAULT_CHUNK_SIZE;
/// How many contacts a page of a walk has.
pub const PAGE_SIZE: u32 = contacts::MAX_LIMIT;

/// A way to reach the service. Every method gives how many contacts it has received, and drops them.
pub trait Contender: Clone + Send + Sync + 'static {
    const NAME: &'static str;

    fn new(url: &str) -> Result<Self>;

    fn retrieve(&self, number: &str) -> impl Future<Output = Result<usize>> + Send;

    /// Asks for a contact that is not there, and finds out so: none.
    fn missing(&self, number: &str) -> impl Future<Output = Result<usize>> + Send;

    fn create(&self, row: &Row) -> impl Future<Output = Result<usize>> + Send;

    fn list(&self, limit: u32) -> impl Future<Output = Result<usize>> + Send;

    /// One request for all.
    fn create_all(&self, rows: &[Row]) -> impl Future<Output = Result<usize>> + Send;

    /// Lists the whole account, and hands on each page as it comes.
    fn walk(&self, consumer: Consumer, prefetch: bool) -> impl Future<Output = Result<usize>> + Send;

    /// Creates all, [`CHUNK_SIZE`] a request and [`CONCURRENCY`] requests at once. Takes the rows as it goes.
    fn import(&self, rows: impl Iterator<Item = Row> + Send + 'static) -> impl Future<Output = Result<usize>> + Send;
}

/// Who works on the contacts of a walk: as often as [`PAGE_SIZE`] of them are together, for so long.
#[derive(Clone, Copy, Debug, Default)]
pub struct Consumer {
    pub pause: std::time::Duration,
}

impl Consumer {
    async fn has(self, contacts: usize) {
        if !self.pause.is_zero() && contacts.is_multiple_of(PAGE_SIZE as usize) {
            tokio::time::sleep(self.pause).await;
        }
    }
}

/// What a contender cannot do.
fn not_done<T>(contender: &str) -> Result<T> {
    Err(format!("{contender} has no such thing").into())
}
