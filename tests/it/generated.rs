//! The generated client: what is built is what is checked in.

#[test]
fn what_is_built_is_the_snapshot() {
    let built = include_str!(concat!(env!("OUT_DIR"), "/client.rs"));
    let snapshot = include_str!("../../src/generated/snapshot.rs");
    assert!(built == snapshot, "run `cargo xtask generate`, and commit src/generated/snapshot.rs");
}
