#!/usr/bin/env node
// Starts the program of the package for this machine, which npm installs as an optional dependency.
"use strict";
const { spawnSync } = require("node:child_process");

const name = `newgate-${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`${name}/bin/newgate`);
} catch {
  console.error(`newgate: the package \`${name}\` is not installed`);
  console.error("hint: newgate runs on Linux and macOS (x64 and arm64); install it again without `--omit=optional`");
  process.exit(2);
}
const ended = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (ended.error) {
  console.error(`newgate: \`${program}\` cannot be started: ${ended.error.message}`);
  process.exit(3);
}
if (ended.signal) {
  process.kill(process.pid, ended.signal);
}
process.exit(ended.status ?? 3);
