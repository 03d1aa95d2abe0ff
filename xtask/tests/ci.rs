//! `cargo xtask ci` runs its steps up to the first failure.

use xtask::ci::{Outcome, outcomes, step, table};

#[test]
fn nothing_runs_after_a_failed_step() {
    let steps = [
        step("cargo --version"),
        step("cargo --version").requires("a program", "no-such-program --version"),
        step("cargo --version").requires("a command", "cargo no-such-command"),
        step("cargo --version").requires("cargo", "cargo --version"),
        step("cargo no-such-command"),
        step("cargo --version"),
    ];
    let outcomes = outcomes(&steps);
    let [
        Outcome::Passed(_),
        Outcome::Skipped("a program"),
        Outcome::Skipped("a command"),
        Outcome::Passed(_),
        Outcome::Failed(_),
        Outcome::NotRun,
    ] = outcomes[..]
    else {
        panic!("{outcomes:?}");
    };
    let expected = "\
passed     0 s  cargo --version
skipped         cargo --version (without a program)
skipped         cargo --version (without a command)
passed     0 s  cargo --version
FAILED     0 s  cargo no-such-command
not run         cargo --version
";
    let time = |line: &str| line.replace(char::is_numeric, "0");
    assert_eq!(time(&table(&steps, &outcomes)), expected);
}

/// Without its environment, `cargo doc` would accept warnings.
#[test]
fn a_step_sets_its_environment() {
    let coloured = |colour| step("cargo locate-project").with("CARGO_TERM_COLOR", colour);
    let outcomes = outcomes(&[coloured("never"), coloured("no-such-colour")]);
    assert!(matches!(outcomes[..], [Outcome::Passed(_), Outcome::Failed(_)]), "{outcomes:?}");
}
