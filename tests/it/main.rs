//! Integration tests: one binary, one file a subject.

#![cfg(feature = "sandbox")]

mod sandbox;
