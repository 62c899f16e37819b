use super::super::{SecretKey, Secrets};
use super::*;

const EXAMPLES: &str = include_str!("../secrets.examples.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    example: Vec<Example>,
}

/// Lines in which a rule must find something, and lines in which it must not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    id: String,
    /// The name of the file that holds the lines, where it matters.
    path: Option<String>,
    hit: Vec<String>,
    miss: Vec<String>,
}

#[test]
fn the_rules_read_as_toml_does() {
    let read: serde_json::Value = toml::from_str(SOURCE).unwrap();
    assert_eq!(plain_toml::read(SOURCE), Some(read));
}

#[test]
fn the_keywords_that_are_looked_for_first_are_those_of_the_rules() {
    let rules = Rules::built_in();
    let mut written: Vec<Cow<str>> = Vec::new();
    for keyword in written_keywords() {
        if !written.contains(&keyword) {
            written.push(keyword);
        }
    }
    assert_eq!(written, rules.keywords);
    // A rule without keywords is for certain files, and a text alone has no name.
    let mut without = rules.without_keyword.iter();
    assert!(without.all(|index| rules.rules[*index].is_for_some()));
}

#[test]
fn every_rule_finds_its_hits_and_not_its_misses() {
    let examples: Examples = toml::from_str(EXAMPLES).unwrap();
    let rules = Rules::built_in().rules;
    assert!(rules.len() >= 40, "{} rules", rules.len());
    let ids: Vec<&str> = rules.iter().map(|r| r.id.as_str()).collect();
    let of: Vec<&str> = examples.example.iter().map(|e| e.id.as_str()).collect();
    assert_eq!(ids, of);
    let mut wrong = Vec::new();
    let key = SecretKey::new([1; 32]);
    let found = |path: Option<&str>, text: &str| -> Vec<String> {
        let path = RepoPath::from(path.unwrap_or("sample.txt"));
        let text = text.replace('¦', "");
        let found = Secrets::get().scan(&path, text.as_bytes(), &key);
        found.into_iter().map(|f| f.rule.to_string()).collect()
    };
    for rule in &examples.example {
        let found = |text: &str| found(rule.path.as_deref(), text);
        assert!(
            !rule.hit.is_empty() && !rule.miss.is_empty(),
            "{} has no examples",
            rule.id
        );
        for hit in &rule.hit {
            if !found(hit).contains(&rule.id) {
                wrong.push(format!(
                    "{}: not found in its hit: {:?}",
                    rule.id,
                    found(hit)
                ));
            }
        }
        for miss in &rule.miss {
            if found(miss).contains(&rule.id) {
                wrong.push(format!("{}: found in its miss", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn digests_in_lock_files_and_placeholders_are_no_secrets() {
    let key = SecretKey::new([1; 32]);
    let quiet = |path: &str, text: &str| {
        Secrets::get()
            .scan(&RepoPath::from(path), text.as_bytes(), &key)
            .is_empty()
    };
    let value = "q8Zr2LmX0vKp4TnYw7Bs";
    assert!(quiet("yarn.lock", &format!("token = \"{value}\"")));
    let hashed = format!("\"hashed_secret\": \"{value}\"");
    assert!(quiet(".secrets.baseline", &hashed));
    assert!(!quiet("a.env", &format!("token = \"{value}\"")));
    for placeholder in [
        "${DB_PASSWORD}",
        "<your-password-here>",
        "xxxxxxxxxxxxxxxx",
        "changeme-changeme-1",
    ] {
        assert!(
            quiet("a.env", &format!("password = \"{placeholder}\"")),
            "{placeholder}"
        );
    }
}

#[test]
fn the_rules_themselves_hold_no_secret() {
    for text in [include_str!("../secrets.toml"), EXAMPLES] {
        let found = Secrets::get().scan(
            &RepoPath::from("secrets.toml"),
            text.as_bytes(),
            &SecretKey::new([1; 32]),
        );
        assert!(found.is_empty(), "{found:#?}");
    }
}
