//! Real managers of hooks beside newgate. `tests/managers/run` does the work; here it is run for those that are soon
//! installed, in one order.

use std::process::Command;

use crate::support::Ran;

#[expect(
    clippy::disallowed_methods,
    reason = "the script makes surroundings of its own"
)]
fn run(orders: &str, managers: &[&str]) -> Ran {
    let sources = env!("CARGO_MANIFEST_DIR");
    let mut command = Command::new(format!("{sources}/tests/managers/run"));
    command.args(managers).env("ORDERS", orders);
    command.env("NEWGATE", env!("CARGO_BIN_EXE_newgate"));
    Ran::of(&command.output().unwrap())
}

#[test]
fn the_gate_and_the_hook_of_the_team_hold_with_lefthook_and_husky() {
    run("first", &["lefthook"]).exits(0);
    run("second", &["husky-9"]).exits(0);
}

#[test]
#[ignore = "takes a minute, and installs managers from PyPI; CONTRIBUTING.md names the command"]
fn the_gate_and_the_hook_of_the_team_hold_with_every_manager_in_both_orders() {
    run("both", &[]).exits(0);
}
