//! The generated client equals the checked-in snapshot.

const SNAPSHOT: &str = include_str!("../../src/generated/snapshot.rs");

#[test]
fn the_compiled_client_is_the_snapshot() {
    let compiled = include_str!(concat!(env!("OUT_DIR"), "/client.rs"));
    assert!(compiled == SNAPSHOT, "run `cargo xtask generate`, and commit src/generated/snapshot.rs");
}

/// `build.rs` compiles the snapshot if another version of the generator writes different code. This test notices it.
#[cfg(feature = "codegen")]
#[test]
fn the_generator_writes_the_snapshot() {
    let generated = include_str!(concat!(env!("OUT_DIR"), "/generated.rs"));
    assert!(generated == SNAPSHOT, "run `cargo xtask generate`, and commit src/generated/snapshot.rs");
}
