//! The `newgate` program.

fn main() {}
