//! Results of every server of the catalogue: all pages, limits, and what is missing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::forge::{Forge, OF_BASE};
use crate::support::server::{Answer, Asked, Server, ok};
use crate::support::{World, issues, of_scanner, places};

const SERVERS: [&str; 5] = [
    "github-code-scanning",
    "gitlab-vulnerabilities",
    "snyk",
    "dependency-track",
    "defectdojo",
];

/// A configuration that loads from all of them.
fn configuration(address: &str) -> String {
    let mut text = "[scanners]\nsecrets = false\ncode = false\n".to_owned();
    for ((name, path), project) in SERVERS
        .iter()
        .zip(["/github", "/gitlab", "", "/track", "/dojo"])
        .zip(["o/r", "o/r", "o", "p", "3"])
    {
        text += &format!(
            "[scanners.{name}]\nresults = \"load\"\n[scanners.{name}.load]\nserver = \"{address}{path}\"\nproject = \"{project}\"\n\
             token-env = \"MY_TOKEN\"\n"
        );
    }
    text
}

/// A world that loads from a server, with a branch that adds a line to each file that has results.
struct Loading {
    world: World,
    forge: Arc<Mutex<Forge>>,
    server: Server,
}

impl Loading {
    /// Starts a server whose answers go through `change`, with the number of the request.
    fn new(change: impl Fn(&Asked, usize, Answer) -> Answer + Send + Sync + 'static) -> Loading {
        let forge: Arc<Mutex<Forge>> = Arc::default();
        let answers = forge.clone();
        let server = Server::start(move |asked, number| {
            let answer = answers.lock().unwrap().answer(asked);
            change(asked, number, answer)
        });
        let mut world = World::new();
        world
            .environment
            .push(("MY_TOKEN".into(), "t0ps3cret".into()));
        world.write(".newgate/config.toml", configuration(&server.address));
        let lines: String = (1..=OF_BASE).map(|n| format!("bad {n}\n")).collect();
        for file in ["github.x", "gitlab.x", "dojo.x", "package-lock.json"] {
            world.write(file, &lines);
        }
        let base = world.commit("Start");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        world.git(&["switch", "--quiet", "--create", "feature"]);
        for file in ["github.x", "gitlab.x", "dojo.x", "package-lock.json"] {
            world.write(file, format!("{lines}one more\n"));
        }
        let head = world.commit("Add a line");
        let size = 100;
        *forge.lock().unwrap() = Forge { head, base, size };
        Loading {
            world,
            forge,
            server,
        }
    }

    fn check(&self, size: usize) -> Value {
        self.forge.lock().unwrap().size = size;
        self.world.check(&[])
    }
}

#[test]
fn results_are_the_same_whatever_the_size_of_a_page() {
    let loading = Loading::new(|_, _, answer| answer);
    for size in [100, 3, 1] {
        let report = loading.check(size);
        assert_eq!(report["verdict"], "blocked", "{report:#}");
        let code = |status| -> Vec<String> {
            let places = places(&report, status).into_iter();
            places.filter(|p| p.contains(".x:")).collect()
        };
        let packages = |status| {
            let issues = issues(&report, status).into_iter();
            issues.filter(|i| i["kind"] == "dependency").count()
        };
        assert_eq!(
            code("new"),
            ["dojo.x:8", "github.x:8", "gitlab.x:8"],
            "{size}"
        );
        assert_eq!(code("inherited").len(), 3 * OF_BASE, "{size}");
        assert_eq!(
            (packages("new"), packages("inherited")),
            (2, 2 * OF_BASE),
            "{size}"
        );
    }
    assert!(loading.server.asked().iter().all(|a| {
        a.headers.iter().any(|h| h.contains("t0ps3cret")) && !a.target.contains("t0ps3cret")
    }));
}

#[test]
fn a_page_that_is_lost_is_never_clean() {
    let last_of = ["page=8", "starting_after=7", "pageNumber=8", "offset=7"];
    let loading = Loading::new(move |asked, _, answer| {
        match last_of.iter().any(|l| asked.target.contains(l)) {
            true => Answer::Status(410, String::new()),
            false => answer,
        }
    });
    let report = loading.check(1);
    for scanner in &SERVERS[1..] {
        assert_eq!(of_scanner(&report, scanner)["state"], "failed", "{scanner}");
        let detail = of_scanner(&report, scanner)["detail"]
            .as_str()
            .unwrap_or_default();
        assert!(detail.contains("answered 410"), "{scanner}: {detail}");
    }
    assert_eq!(of_scanner(&report, "github-code-scanning")["state"], "ok");

    // The servers that say how many results there are send fewer.
    let loading = Loading::new(|asked, _, answer| {
        let is_last = ["pageNumber=8", "offset=7"]
            .iter()
            .any(|l| asked.target.contains(l));
        match answer {
            Answer::With(status, header, _) if is_last => Answer::With(status, header, "[]".into()),
            Answer::Status(..) if is_last => {
                ok(json!({"count": 8, "next": null, "previous": null, "results": []}).to_string())
            }
            other => other,
        }
    });
    let report = loading.check(1);
    for scanner in ["dependency-track", "defectdojo"] {
        let detail = of_scanner(&report, scanner)["detail"]
            .as_str()
            .unwrap_or_default();
        assert!(
            detail.contains("of 8 in all, its server sent only 7"),
            "{scanner}: {detail}"
        );
    }
}

#[test]
fn a_limit_is_waited_for_or_told() {
    let begun = AtomicUsize::new(0);
    let loading = Loading::new(move |asked, _, answer| {
        let with =
            |status, header: &str, body: &str| Answer::With(status, header.into(), body.into());
        let far = "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 33000000000";
        match asked.target[1..].split(['/', '?']).next().unwrap() {
            // GitHub's secondary limit.
            "github" if begun.fetch_add(1, Ordering::SeqCst) == 0 => {
                with(403, "Retry-After: 0", "")
            }
            "gitlab" => with(429, "Retry-After: 3600", "Retry later"),
            "rest" => with(
                403,
                far,
                r#"{"message": "API rate limit exceeded for t0ps3cret."}"#,
            ),
            "track" => with(
                200,
                "Content-Type: text/html; charset=utf-8",
                "<html>Log in</html>",
            ),
            "dojo" => with(202, "Retry-After: 1", "[]"),
            _ => answer,
        }
    });
    let report = loading.check(100);
    assert_eq!(
        of_scanner(&report, "github-code-scanning")["state"],
        "ok",
        "{report:#}"
    );
    for (scanner, says) in SERVERS[1..].iter().zip([
        "asks to slow down (429 Too Many Requests); it asks to wait 3600 s",
        "asks to slow down (403 Forbidden). It says: API rate limit exceeded for [token].; it asks to wait",
        "a web page in place of results",
        "answered 202 Accepted",
    ]) {
        assert_eq!(of_scanner(&report, scanner)["state"], "failed", "{scanner}");
        let detail = of_scanner(&report, scanner)["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(says), "{scanner}: {detail}");
    }
    assert!(!report.to_string().contains("t0ps3cret"));
}

#[test]
fn results_of_a_part_of_the_tools_are_not_those_of_all() {
    // One language is not analysed yet, one test not imported.
    let loading = Loading::new(|asked, _, answer| match answer {
        Answer::Status(200, body)
            if asked.target.contains("feature") && body.contains("head-1") =>
        {
            let mut list: Value = serde_json::from_str(&body).unwrap();
            list.as_array_mut()
                .unwrap()
                .retain(|a| !a["url"].as_str().unwrap().ends_with("head-1"));
            ok(list.to_string())
        }
        other => other,
    });
    let report = loading.check(100);
    let github = of_scanner(&report, "github-code-scanning");
    assert_eq!(github["state"], "missing", "{report:#}");
    let detail = github["detail"].as_str().unwrap();
    assert!(
        detail.contains("results of CodeQL /language:python for the base, but not yet"),
        "{detail}"
    );
}
