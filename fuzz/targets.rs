//! The fuzzer: one program for all targets. `NEWGATE_FUZZ` names the target, `NEWGATE_SEEDS` a folder that
//! its seeds are written to.
#![no_main]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

fn prepare() {
    let wanted = std::env::var("NEWGATE_FUZZ").expect("`NEWGATE_FUZZ` names the target");
    let (name, target) = newgate_fuzz::TARGETS
        .into_iter()
        .find(|(name, _)| *name == wanted)
        .expect("`NEWGATE_FUZZ` names no target");
    let _ = TARGET.set(target);
    if let Some(folder) = std::env::var_os("NEWGATE_SEEDS").map(PathBuf::from) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (number, seed) in newgate_fuzz::seeds(&root, name).iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), seed).expect("a seed is written");
        }
    }
}

libfuzzer_sys::fuzz_target!(init: prepare(), |data: &[u8]| {
    TARGET.get().expect("a target was chosen")(data);
});
