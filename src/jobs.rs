//! Jobs that import or remove many contacts and give each item a class.
//!
//! [`Contacts::import`](crate::Contacts::import) and [`Contacts::remove`](crate::Contacts::remove) create a [`Job`].
//! [`Job::start`] returns a stream of reports; [`Job::run`] returns only the summary. [`Job`] documents the guarantees
//! and the bounds.

// Each module uses only modules below it.
mod contacts;
mod job;
mod running;
mod scheduler;

mod chunk_task;
mod dedup;
mod journal;

mod bulk_chunk;
mod upsert_chunk;

mod lookup;
mod upsert_step;

mod bulk_request;

mod chunk;
mod context;
mod settings;

mod classify;
mod clock;
mod refusal_streak;
mod request_options;
mod single_items;
mod size_limit;

mod progress;
mod report;
mod resumed;
mod run_error;
mod stop;
mod summary;

mod import;
mod remove;

mod item;
mod kind;

mod class;
mod counts;
mod reason;

pub use class::{ImportClass, RemoveClass};
pub use import::Import;
pub use item::{ImportItem, RemoveItem};
pub use job::Job;
pub use kind::JobKind;
pub use progress::Progress;
pub use reason::Reason;
pub use refusal_streak::MAX_EQUAL_REFUSALS;
pub use remove::Remove;
pub use report::{ChunkReport, ItemReport};
pub use run_error::RunError;
pub use running::RunningJob;
pub use settings::{
    DEFAULT_CHUNK_SIZE, DEFAULT_CONCURRENCY, DEFAULT_SETTLE_DELAY, MAX_CHUNK_SIZE, MAX_CONCURRENCY, MAX_SETTLE_DELAY,
};
pub use stop::StopHandle;
pub use summary::Summary;
