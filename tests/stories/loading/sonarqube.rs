//! What a real SonarQube answers, recorded by `tests/record-sonarqube`.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::support::server::{Answer, Server, ok};
use crate::support::{World, issues, of_scanner, places};

/// What a real SonarQube answered after its scanner ran on `main` and on `feature` (`tests/record-sonarqube`), by target. Its community
/// edition knows one branch.
struct Recorded {
    answers: serde_json::Map<String, Value>,
    /// The commit that stands for the one that was recorded.
    commit: String,
    /// Answers that take the place of others, by a part of the target.
    instead: Vec<(&'static str, Answer)>,
}

impl Recorded {
    fn new(side: &str, commit: &str) -> Recorded {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/servers");
        let text = std::fs::read_to_string(folder.join(format!("sonarqube-25.1.0.{side}.json")));
        Recorded {
            answers: serde_json::from_str(&text.unwrap()).unwrap(),
            commit: commit.to_owned(),
            instead: Vec::new(),
        }
    }

    fn get(&self, target: &str) -> Answer {
        if let Some((_, answer)) = self.instead.iter().find(|(part, _)| target.contains(part)) {
            return answer.clone();
        }
        // Small pages were recorded: a server may send fewer than it is asked for.
        let mut target = target.to_owned();
        if target.contains("/issues/") {
            target = target.replace("ps=500", "ps=7");
        }
        if !target.contains("&branch=") && !target.contains("_analyses/") {
            target = target.replacen("planted:shop&", "planted:shop&branch=main&", 1);
        }
        let Some(answer) = self.answers.get(&target) else {
            panic!("{target} was not recorded");
        };
        let mut body = answer["body"].clone();
        if let Some(revision) = body.pointer_mut("/analyses/0/revision") {
            *revision = self.commit.clone().into();
        }
        Answer::Status(
            answer["status"].as_u64().unwrap().try_into().unwrap(),
            body.to_string(),
        )
    }
}

#[test]
fn what_a_real_sonarqube_answers_is_compared() {
    let recorded: Arc<Mutex<Option<Recorded>>> = Arc::default();
    let answers = recorded.clone();
    let server =
        Server::start(move |asked, _| answers.lock().unwrap().as_ref().unwrap().get(&asked.target));
    let set = |side: Recorded| *recorded.lock().unwrap() = Some(side);
    let mut world = World::new();
    world
        .environment
        .push(("MY_TOKEN".into(), "t0ps3cret".into()));
    let planted = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/planted");
    let from = planted.join("sonarqube/.");
    let copy = ["-r", from.to_str().unwrap(), "."];
    world.run_in(&world.work(), "cp", &copy, b"").exits(0);
    world.write(".newgate/config.toml", format!(
        "[scanners]\nsecrets = false\ncode = false\n[scanners.sonarqube]\nresults = \"load\"\n[scanners.sonarqube.load]\n\
         server = \"{}\"\nproject = \"planted:shop\"\ntoken-env = \"MY_TOKEN\"\n", server.address));
    let base = world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    set(Recorded::new("main", &base));
    let report = world.check(&["--target", "main"]);
    assert_eq!(report["verdict"], "pass", "{report:#}");
    let all = places(&report, "inherited").len();
    assert!(all > 40, "{all}");

    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write(
        "app/fresh.py",
        std::fs::read(planted.join("sonarqube.feature/app/fresh.py")).unwrap(),
    );
    let head = world.commit("Add a file");
    // Its analysis has not begun, is at work, or was made of files without a repository.
    let report = world.check(&[]);
    assert_eq!(
        of_scanner(&report, "sonarqube")["state"],
        "missing",
        "{report:#}"
    );
    let mut side = Recorded::new("feature", &head);
    side.instead
        .push(("/api/ce/", ok(side.answers["at work"]["body"].to_string())));
    set(side);
    let report = world.check(&[]);
    assert_eq!(
        of_scanner(&report, "sonarqube")["state"],
        "missing",
        "{report:#}"
    );
    assert!(
        report["notes"].to_string().contains("still processing"),
        "{report:#}"
    );
    let mut side = Recorded::new("feature", "");
    side.commit = String::new();
    set(side);
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "incomplete");
    assert!(
        report["notes"].to_string().contains("name no commit"),
        "{report:#}"
    );

    set(Recorded::new("feature", &head));
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked", "{report:#}");
    assert_eq!(places(&report, "new"), ["app/fresh.py:5"]);
    assert_eq!(places(&report, "inherited").len(), all);
    let [issue] = &issues(&report, "grown")[..] else {
        panic!("{report:#}");
    };
    assert_eq!(
        issue["title"],
        "Insecure temporary file creation methods should not be used"
    );
    assert_eq!(issue["occurrences"][0]["column"], 12);

    // A server in trouble has said what there is.
    let mut side = Recorded::new("feature", &head);
    side.instead.push((
        "/api/",
        Answer::Status(400, r#"{"errors":[{"msg":"No."}]}"#.into()),
    ));
    set(side);
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked");
    assert!(
        report["notes"].to_string().contains("It says: No."),
        "{report:#}"
    );

    // What people decide there counts at once: the new issue is no more listed.
    set(Recorded::new("main", &head));
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass", "{report:#}");
}
