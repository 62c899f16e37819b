//! Results that are loaded from a server.

mod catalogue;
mod forge;
mod sonarqube;

use std::time::Duration;

use serde_json::{Value, json};

use super::ingesting::configured;
use crate::support::server::{Answer, Server, ok};
use crate::support::{World, of_scanner, places};

/// A configuration that loads from a server.
fn loads_from(server: &str, more: &str) -> String {
    format!(
        "[scanners]\nsecrets = false\ncode = false\n[scanners.mytool]\nresults = \"load\"\n[scanners.mytool.load]\n\
         project = \"p\"\nserver = \"{server}\"\n\
         url = \"{{server}}/find?p={{project}}&b={{branch}}&c={{commit}}&page={{page}}\"\n\
         headers = [\"Authorization: Bearer {{token}}\", \"PRIVATE-TOKEN: {{token}}\"]\n\
         more = '.total > $page * 2'\n\
         filter = '.rows[] | {{path: .f, line: .l, rule: \"R1\", message: \"Bad.\", level: \"high\"}}'\n\
         token-env = \"MY_TOKEN\"\n{more}"
    )
}

fn rows(lines: &[u32], total: usize) -> Answer {
    let rows: Vec<Value> = lines
        .iter()
        .map(|l| json!({"f": "app.x", "l": l}))
        .collect();
    ok(json!({"rows": rows, "total": total}).to_string())
}

fn with_token(mut world: World) -> World {
    world
        .environment
        .push(("MY_TOKEN".into(), "t0ps3cret".into()));
    world
}

/// Answers for the base at once, and for the head as told.
fn base_or(head: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Server {
    let of_head = std::sync::atomic::AtomicUsize::new(0);
    Server::start(move |asked, _| match asked.target.contains("b=main") {
        true => rows(&[1, 2], 2),
        false => head(of_head.fetch_add(1, std::sync::atomic::Ordering::SeqCst)),
    })
}

#[test]
fn all_pages_are_loaded_for_both_sides_and_remembered() {
    let server = Server::start(|asked, _| {
        let page_two = asked.target.ends_with("page=2");
        match (asked.target.contains("b=main"), page_two) {
            (true, false) => rows(&[1, 2], 3),
            (true, true) => rows(&[3], 3),
            (false, false) => rows(&[2, 3], 4),
            (false, true) => rows(&[4, 5], 4),
        }
    });
    let world = with_token(configured(&loads_from(&server.address, "")));
    let report = world.check(&[]);
    assert_eq!(places(&report, "new"), ["app.x:5"], "{report:#}");
    assert_eq!(places(&report, "inherited").len(), 3);
    let asked = server.asked();
    assert_eq!(asked.len(), 4);
    for request in &asked {
        assert_eq!(request.header("authorization"), Some("Bearer t0ps3cret"));
    }
    assert!(!report.to_string().contains("t0ps3cret"));
    world.check(&[]);
    assert_eq!(server.asked().len(), 4, "the second time nothing is asked");
}

#[test]
fn a_server_in_trouble_is_asked_again_and_one_that_refuses_is_not() {
    let server = base_or(|number| match number {
        0 => Answer::With(429, "Retry-After: 0".into(), String::new()),
        1 => Answer::Status(500, String::new()),
        2 => Answer::Truncated(json!({"rows": [], "total": 0}).to_string()),
        _ => rows(&[2, 3], 2),
    });
    let world = with_token(configured(&loads_from(&server.address, "")));
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass", "{report:#}");
    assert_eq!(places(&report, "inherited").len(), 2);

    for (status, why) in [
        (401, "the token"),
        (404, "check that the project"),
        (503, "internal error"),
    ] {
        let server = base_or(move |_| Answer::Status(status, String::new()));
        let world = with_token(configured(&loads_from(&server.address, "timeout = 3\n")));
        let report = world.check(&[]);
        assert_eq!(report["verdict"], "incomplete");
        let detail = of_scanner(&report, "mytool")["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{status}: {detail}");
        assert!(!report.to_string().contains("t0ps3cret"));
    }
}

#[test]
fn what_is_slow_or_no_report_leaves_the_verdict_open() {
    for (answer, why) in [
        (Answer::Slow(Duration::from_secs(4)), "in time"),
        (ok("<html>Log in</html>"), "not JSON"),
        (ok("{\"error\": \"no such project\"}"), "cannot be read"),
        (
            ok("{\"rows\": [{\"f\": \"gone.x\", \"l\": 1}], \"total\": 1}"),
            "not in the tree",
        ),
    ] {
        let server = base_or(move |_| answer.clone());
        let world = with_token(configured(&loads_from(&server.address, "timeout = 2\n")));
        let report = world.check(&[]);
        assert_eq!(report["verdict"], "incomplete", "{why}");
        let detail = of_scanner(&report, "mytool")["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{why}: {detail}");
    }
}

#[test]
fn a_redirect_to_another_host_does_not_carry_the_token() {
    let other = Server::start(|_, _| rows(&[2, 3], 2));
    let to = format!(
        "Location: {}/elsewhere",
        other.address.replace("127.0.0.1", "localhost")
    );
    let server = base_or(move |_| Answer::With(302, to.clone(), String::new()));
    let world = with_token(configured(&loads_from(&server.address, "")));
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass", "{report:#}");
    let asked = other.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].header("authorization"), None);
    assert_eq!(asked[0].header("private-token"), None);
}

#[test]
fn a_missing_token_and_an_address_without_encryption_are_told() {
    let world = configured(&loads_from("http://127.0.0.1:9", ""));
    let report = world.check(&[]);
    let detail = of_scanner(&report, "mytool")["detail"].as_str().unwrap();
    assert!(detail.contains("`MY_TOKEN`"), "{detail}");

    let world = World::new();
    world.write(".newgate/config.toml", loads_from("http://example.com", ""));
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world
        .newgate(&["check"])
        .exits(2)
        .says("not an `https://` address");
}

#[test]
fn a_branch_cannot_send_the_token_to_a_server_of_its_own() {
    let server = Server::start(|_, _| rows(&[], 0));
    let world = World::new();
    world.write("app.x", "1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write(".newgate/config.toml", loads_from(&server.address, ""));
    world.commit("Bring a configuration");
    let report = with_token(world).check(&[]);
    assert!(server.asked().is_empty());
    assert!(
        report["notes"]
            .to_string()
            .contains("take effect once they are on the target")
    );
}

#[test]
fn a_server_that_cannot_tell_head_from_target_is_not_believed() {
    let server = Server::start(|_, _| rows(&[1, 2, 3, 4, 5], 1));
    let config = loads_from(&server.address, "").replace("&b={branch}&c={commit}", "");
    let report = with_token(configured(&config)).check(&[]);
    assert_eq!(report["verdict"], "incomplete");
    assert!(server.asked().is_empty());
}

#[test]
fn branches_are_asked_for_by_their_own_names() {
    let server = Server::start(|_, _| rows(&[], 0));
    let mut world = World::new();
    world.write(".newgate/config.toml", loads_from(&server.address, ""));
    world.write("app.x", "1\n");
    world.commit("Start");
    world.git(&["branch", "release/main"]);
    world
        .push(&["--quiet", "origin", "main", "release/main"])
        .exits(0);
    world.git(&["switch", "--quiet", "--create", "fix/it"]);
    world.write("app.x", "2\n");
    world.commit("Fix");
    world = with_token(world);
    world.check(&["--target", "origin/release/main"]);
    let asked: Vec<String> = server.asked().into_iter().map(|a| a.target).collect();
    assert!(asked.iter().any(|t| t.contains("b=fix%2Fit")), "{asked:?}");
    assert!(
        asked.iter().any(|t| t.contains("b=release%2Fmain")),
        "{asked:?}"
    );
}
