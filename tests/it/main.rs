//! The integration tests: one binary, a module for each subject.

mod contracts;
mod document;
mod sandbox;
