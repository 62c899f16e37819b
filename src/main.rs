//! The `newgate` program: parse, call, print, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    newgate::cli::main()
}
