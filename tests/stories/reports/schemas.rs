//! The schemas of the files that people write, as an editor uses them.

use std::fs;

use serde_json::{Value, json};

use super::{node, own};
use crate::support::World;

/// Keys of every table.
const CONFIG: &str = "version = 1\ntarget = 'origin/main'\nauto-install = true\n\
    [gate]\nblock-at = 'high'\nunassigned = 'medium'\nsuppressions = 'warn'\non-incomplete = 'warn'\nbudget = '90s'\n\
    [scanners]\nbandit = true\nmine = { results = 'ingest' }\n\
    [scanners.semgrep]\nenabled = true\ntimeout = 300\nexclude = [{ path = 'a/**', reason = 'Generated.' }]\n\
    [scanners.sonarqube.load]\nserver = 'https://example.com'\nproject = 'x'\ntoken-env = 'TOKEN'\n\
    [[rules]]\nname = 'a'\naction = 'block'\nkind = ['secret', 'code']\ncwe = [79, 'CWE-89']\nscore = 7\nkev = true\n\
    [[severity]]\nrule = 'B101'\nscore = 0.0\nreason = 'Tests.'\n\
    [grace]\nhigh = 7\n[exemptions]\ncritical = 30\n[trust]\nexemptions = 'target'\n\
    [baseline]\nsigners = '.newgate/signers'\nrequire-signed = true\n\
    [server]\nprotect = ['main', 'release/*']\nbudget = 5\nothers = 'warn'\n";

const EXEMPTIONS: &str = "version = 1\n\
    [[exemption]]\nissue = 'abcdef'\npath = 'a.py'\nprint = '12'\nreason = 'false-positive'\ntext = 'No.'\ngranted = 2026-01-01\nuntil = 2026-02-01\n\
    [[exemption]]\nrule = 'B101'\npath = 'tests/**'\nreason = 'other'\ntext = 'No.'\nrequested-by = 'A'\ngranted = '2026-01-01'\nuntil = 2026-02-01\n";

/// A file as an editor hands it to a validator of JSON: dates are texts.
fn read(text: &str) -> Value {
    fn plain(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(date) => json!(date.to_string()),
            toml::Value::Array(all) => all.into_iter().map(plain).collect(),
            toml::Value::Table(all) => all.into_iter().map(|(k, v)| (k, plain(v))).collect(),
            other => serde_json::to_value(other).unwrap(),
        }
    }
    plain(toml::Value::Table(toml::from_str(text).unwrap()))
}

#[test]
fn editors_accept_what_newgate_reads_and_nothing_else() {
    let world = World::new();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {},
    });
    for name in ["config", "exemptions", "scanner"] {
        let text = fs::read(own(&format!("docs/schemas/{name}.schema.json"))).unwrap();
        let mut one: Value = serde_json::from_slice(&text).unwrap();
        one["$id"] = json!(format!("https://example.com/{name}"));
        schema["properties"][name] = json!({"type": "array", "items": one});
    }
    let catalog = fs::read_dir(own("src/scan/catalog")).unwrap();
    let catalog = catalog.map(|e| e.unwrap().path());
    let scanners: Vec<Value> = catalog
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .map(|p| read(&fs::read_to_string(p).unwrap()))
        .collect();
    assert!(scanners.len() > 20);
    let valid = |document: &Value| {
        fs::write(world.path("schema.json"), schema.to_string()).unwrap();
        fs::write(world.path("files.json"), document.to_string()).unwrap();
        let paths = ["files.json", "schema.json"].map(|n| world.path(n).display().to_string());
        node(&world, "read.mjs", &["schema", &paths[0], &paths[1]])
    };
    // What the reader takes, the schema does.
    world.write(".newgate/config.toml", CONFIG);
    world.write(".newgate/exemptions.toml", EXEMPTIONS);
    world.newgate(&["config", "check"]).exits(0);
    let right =
        json!({"config": [read(CONFIG)], "exemptions": [read(EXEMPTIONS)], "scanner": scanners});
    valid(&right).exits(0);
    let wrong = json!({"config": [
        read("[gate]\nblock_at = 'high'\n"),
        read("[gate]\nblock-at = 'hgih'\n"),
        read("[scanners.bandit]\ntimeout = 'soon'\n"),
        read("versoin = 1\n"),
        read("[[rules]]\nkind = []\n"),
    ]});
    let refused = valid(&wrong).exits(1);
    for number in 0..5 {
        let place = format!("\"/config/{number}");
        assert!(refused.err.contains(&place), "{number}: {refused:#?}");
    }
}
