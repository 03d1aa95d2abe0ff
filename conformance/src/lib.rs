//! Checks that a service behaves as the library expects, and reports the answers to open questions about the service.
//!
//! The suite creates contacts with the fictional numbers and the tag of [`reserved`]. It removes them at the end, also
//! after a failure. Of other contacts, it reads the number, the order and the property names. It never prints their
//! values, and never changes them.

pub mod arguments;
pub mod document;
pub mod probe;
mod report;
pub mod reserved;
pub mod scenarios;
pub mod suite;
