use super::*;
use crate::model::RepoPath;
use crate::scan::SecretKey;
use crate::scan::read::{Paths, Reading, read_any};

const PLACE: &str = r#""locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.py"},"region":{"startLine":3}}}]"#;

/// A log of one run with more properties, and one result.
fn log(driver: &str, run: &str, result: &str) -> String {
    format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"t"{driver}}}}}{run},"results":[{{"message":{{"text":"x"}},{result}}}]}}]}}"#
    )
}

fn reading(log: &str) -> Result<Reading, Unreadable> {
    reading_of(log.as_bytes())
}

fn reading_of(log: &[u8]) -> Result<Reading, Unreadable> {
    let content = |_: &RepoPath| Some(b"one\ntwo\nthree\n".to_vec());
    let paths = Paths {
        known: Box::new(|p| {
            ["a.py", "z.zip"]
                .iter()
                .any(|k| p.as_bytes() == k.as_bytes())
        }),
        content: Some(Box::new(content)),
        ..Paths::in_root("/repo")
    };
    Ok(read_any(&[], log, &paths, &SecretKey::new([1; 32]))?.1)
}

/// The score of the one finding of a log; none if it has none.
fn score(log: &str) -> Option<f64> {
    let reading = reading(log).unwrap_or_else(|e| panic!("{log}: {e}"));
    let [finding] = &reading.findings[..] else {
        assert!(reading.findings.is_empty(), "{log}");
        return None;
    };
    finding.score.map(crate::model::Score::value)
}

fn refusal(log: &str) -> String {
    reading(log).expect_err(log).0
}

#[test]
fn every_kind_of_result_but_a_pass_is_a_finding() {
    for (kind, expected) in [
        ("Fail", Some(8.0)),
        ("FAIL", Some(8.0)),
        ("review", Some(8.0)),
        ("Open", Some(8.0)),
        ("unheard-of", Some(8.0)),
        ("", Some(8.0)),
        ("Informational", Some(8.0)),
        ("pass", None),
        ("PASS", None),
        ("notApplicable", None),
        ("not_applicable", None),
    ] {
        let result = format!(r#""ruleId":"R1","kind":"{kind}","level":"error",{PLACE}"#);
        assert_eq!(score(&log("", "", &result)), expected, "{kind}");
    }
    let quiet = format!(r#""ruleId":"R1","kind":"informational",{PLACE}"#);
    assert_eq!(score(&log("", "", &quiet)), Some(0.0));
}

#[test]
fn a_severity_is_a_number_a_vector_or_a_word_and_all_else_is_refused() {
    for (written, expected) in [
        ("\"9.8\"", 9.8),
        ("9.8", 9.8),
        ("\" 9.8 \"", 9.8),
        ("\"9.80\"", 9.8),
        ("9", 9.0),
        ("\"Critical\"", 9.5),
        ("\"HIGH\"", 8.0),
        ("\"moderate\"", 5.5),
        ("\"none\"", 0.0),
        ("\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"", 9.8),
        ("null", 5.5),
        ("\"\"", 5.5),
    ] {
        let driver =
            format!(r#","rules":[{{"id":"R1","properties":{{"security-severity":{written}}}}}]"#);
        let result = format!(r#""ruleId":"R1","level":"warning",{PLACE}"#);
        assert_eq!(
            score(&log(&driver, "", &result)),
            Some(expected),
            "{written}"
        );
    }
    for wrong in ["\"urgent\"", "11.5", "-1", "\"9,8\"", "true", "[9.8]"] {
        let result =
            format!(r#""ruleId":"R1","properties":{{"security-severity":{wrong}}},{PLACE}"#);
        let refused = refusal(&log("", "", &result));
        assert!(refused.contains("security-severity"), "{refused}");
    }
    // A level that is one of another ladder, and the word beside a level that cannot say it.
    for (result, expected) in [
        (r#""level":"Critical""#, Some(9.5)),
        (r#""level":"ERROR""#, Some(8.0)),
        (r#""level":"blocker""#, None),
        (
            r#""level":"error","properties":{"severity":"CRITICAL"}"#,
            Some(9.5),
        ),
        (
            r#""level":"error","properties":{"severity":"low"}"#,
            Some(8.0),
        ),
    ] {
        let reading = reading(&log("", "", &format!(r#""ruleId":"R1",{result},{PLACE}"#))).unwrap();
        let score = reading.findings[0].score.map(crate::model::Score::value);
        assert_eq!(score, expected, "{result}");
    }
}

#[test]
fn a_rule_is_found_however_it_is_named() {
    let rule = |id: &str, guid: &str, score: &str| {
        format!(r#"{{"id":"{id}","guid":"{guid}","properties":{{"security-severity":"{score}"}}}}"#)
    };
    let driver = format!(
        r#","guid":"D0","rules":[{},{}]"#,
        rule("OTHER", "a1", "1.0"),
        rule("R1", "A2", "9.1")
    );
    let extension = format!(
        r#""extensions":[{{"name":"none"}},{{"name":"pack","fullName":"pack 1.0","guid":"E1","rules":[{},{}]}}]"#,
        rule("X1", "b1", "9.8"),
        rule("R1", "b2", "2.0")
    );
    let log = |result: &str| {
        log(&driver, "", &format!("{result},{PLACE}")).replacen(
            "}},\"results\"",
            &format!("}},{extension}}},\"results\""),
            1,
        )
    };
    for (result, expected) in [
        (r#""ruleId":"R1""#, 9.1),
        (r#""ruleId":"R1","ruleIndex":1"#, 9.1),
        (r#""ruleId":"R1","ruleIndex":-1"#, 9.1),
        (r#""ruleId":"R1","ruleIndex":0"#, 9.1),
        (r#""ruleId":"R1","ruleIndex":77"#, 9.1),
        (r#""ruleId":"R1/sub""#, 9.1),
        (r#""ruleId":"R1/sub/more""#, 9.1),
        (r#""ruleId":"X1/sub""#, 9.8),
        (r#""rule":{"id":"R1/sub"}"#, 9.1),
        (r#""rule":{"guid":"B1"}"#, 9.8),
        (r#""rule":{"index":0,"toolComponent":{"name":"pack"}}"#, 9.8),
        (
            r#""rule":{"index":0,"toolComponent":{"name":"pack 1.0"}}"#,
            9.8,
        ),
        (r#""rule":{"index":0,"toolComponent":{"guid":"e1"}}"#, 9.8),
        (r#""rule":{"index":0,"toolComponent":{"index":1}}"#, 9.8),
        (r#""ruleIndex":0,"rule":{"toolComponent":{"index":1}}"#, 9.8),
        (r#""rule":{"id":"R1","toolComponent":{"index":1}}"#, 2.0),
        (
            r#""rule":{"id":"X1","index":0,"toolComponent":{"name":"unheard-of"}}"#,
            9.8,
        ),
    ] {
        assert_eq!(score(&log(result)), Some(expected), "{result}");
    }
    assert!(refusal(&log(r#""rule":{"index":9}"#)).contains("no rule"));
    // Of two with one id, the worse.
    let twice = format!(
        r#","rules":[{},{}]"#,
        rule("R1", "1", "2.0"),
        rule("R1", "2", "9.0")
    );
    assert_eq!(
        score(&super::tests::log(
            &twice,
            "",
            &format!(r#""ruleId":"R1",{PLACE}"#)
        )),
        Some(9.0)
    );
}

#[test]
fn what_the_run_was_configured_with_counts_before_the_rule() {
    let driver = r#","rules":[{"id":"R1","guid":"G","defaultConfiguration":{"level":"note"}}]"#;
    let result = format!(r#""ruleId":"R1",{PLACE}"#);
    let with = |descriptor: &str| {
        let run = format!(
            r#","invocations":[{{"executionSuccessful":true,"ruleConfigurationOverrides":[{{"descriptor":{descriptor},"configuration":{{"level":"error"}}}}]}}]"#
        );
        score(&log(driver, &run, &result))
    };
    for named in [r#"{"id":"R1"}"#, r#"{"index":0}"#, r#"{"guid":"g"}"#] {
        assert_eq!(with(named), Some(8.0), "{named}");
    }
    assert_eq!(with(r#"{"id":"R2"}"#), Some(3.0));
    let policy = r#","policies":[{"name":"p","rules":[{"id":"R1","defaultConfiguration":{"level":"error"}}]}]"#;
    assert_eq!(score(&log(driver, policy, &result)), Some(8.0));
}

#[test]
fn what_is_kept_elsewhere_or_of_another_version_is_refused_with_its_name() {
    let outside = r#","externalPropertyFileReferences":{"results":[{"location":{"uri":"r"}}]}"#;
    let result = format!(r#""ruleId":"R1",{PLACE}"#);
    assert!(refusal(&log("", outside, &result)).contains("externalPropertyFileReferences.results"));
    let harmless = outside.replace("results", "graphs");
    assert_eq!(score(&log("", &harmless, &result)), Some(5.5));
    let inline =
        log("", "", &result).replacen('{', r#"{"inlineExternalProperties":[{"results":[]}],"#, 1);
    assert!(refusal(&inline).contains("inlineExternalProperties"));
    for version in [
        "1.0.0",
        "2.0.0",
        "2.0.0-csd.2.beta.2019-01-09",
        "2.1.0-rtm.5",
        "2.2.0",
        "3",
    ] {
        let other = log("", "", &result).replacen("2.1.0", version, 1);
        assert!(
            refusal(&other).contains(&format!("SARIF {version},")),
            "{version}"
        );
    }
    let schema = r#"{"$schema":"https://json.schemastore.org/sarif-1.0.0.json","runs":[]}"#;
    assert!(refusal(schema).contains("SARIF 1.0.0"));
    assert!(refusal(r#"{"version":"2.1.0","runs":null}"#).contains("no `runs`"));
    assert_eq!(
        score(&log("", "", &result).replacen(
            '{',
            r#"{"$schema":"https://x/sarif-schema-2.1.0-rtm.5.json","#,
            1
        )),
        Some(5.5)
    );
}

#[test]
fn a_place_is_read_in_every_form_or_refused_with_its_name() {
    let place = |artifact: &str, region: &str| {
        format!(
            r#""ruleId":"R1","locations":[{{"physicalLocation":{{"artifactLocation":{artifact},"region":{region}}}}}]"#
        )
    };
    let bases = r#","originalUriBaseIds":{"ROOT":{"uri":"file:///repo/"},"SRC":{"uri":"x/","uriBaseId":"ROOT"}},
        "artifacts":[{"location":{"uri":"z.zip"}},{"location":{"uri":"in/it.py"},"parentIndex":0},{"location":{"uri":"a.py","uriBaseId":"ROOT"}}]"#;
    for (artifact, region, expected) in [
        (r#"{"uri":"a.py"}"#, r#"{"startLine":2}"#, ("a.py", 2)),
        (
            r#"{"uri":"a.py"}"#,
            r#"{"charOffset":4,"charLength":3}"#,
            ("a.py", 2),
        ),
        (r#"{"uri":"a.py"}"#, r#"{"byteOffset":8}"#, ("a.py", 3)),
        (
            r#"{"uri":"a.py"}"#,
            r#"{"startLine":0,"charOffset":0}"#,
            ("a.py", 1),
        ),
        (
            r#"{"uri":"../a.py","uriBaseId":"SRC"}"#,
            r#"{"startLine":2}"#,
            ("a.py", 2),
        ),
        (
            r#"{"uri":"a.py","uriBaseId":"UNKNOWN"}"#,
            r#"{"startLine":2}"#,
            ("a.py", 2),
        ),
        (r#"{"index":2}"#, r#"{"startLine":2}"#, ("a.py", 2)),
        (r#"{"index":1}"#, "null", ("z.zip", 0)),
        (r#"{"uri":"in/it.py","index":1}"#, "null", ("z.zip", 0)),
    ] {
        let log = log("", bases, &place(artifact, region));
        let reading = reading(&log).unwrap_or_else(|e| panic!("{log}: {e}"));
        let found = &reading.findings[0];
        assert_eq!(
            (found.path.to_string().as_str(), found.line()),
            expected,
            "{log}"
        );
    }
    let target = r#""ruleId":"R1","analysisTarget":{"uri":"a.py"}"#;
    assert_eq!(score(&log("", "", target)), Some(5.5));
    for (result, says) in [
        (r#""ruleId":"R1""#.to_owned(), "names no file"),
        (r#""ruleId":"R1","locations":[{"logicalLocations":[{"fullyQualifiedName":"com.acme.Cart.buy"}]}]"#.to_owned(), "com.acme.Cart.buy"),
        (place(r#"{"uri":"a.py"}"#, r#"{"charOffset":99}"#), "past the end"),
        (place(r#"{"uri":"b.py"}"#, "null"), "not in the tree"),
    ] {
        let refused = refusal(&log("", bases, &result));
        assert!(refused.contains(says), "{refused}");
    }
}

#[test]
fn messages_are_put_together_and_suppressions_must_all_be_in_force() {
    let driver = r#","rules":[{"id":"R1","messageStrings":{"call":{"text":"{0} reaches {1} {{x}}"}}}],"globalMessageStrings":{"g":{"markdown":"global {0}"}}"#;
    for (message, expected) in [
        (
            r#"{"id":"call","arguments":["input","eval"]}"#,
            "input reaches eval {x}",
        ),
        (r#"{"id":"g","arguments":["one"]}"#, "global one"),
        (
            r#"{"text":"{0} and {7}","arguments":["one"]}"#,
            "one and {7}",
        ),
        (r#"{"text":"a {0} {{b}}"}"#, "a {0} {{b}}"),
        (r#"{"id":"unheard-of"}"#, ""),
    ] {
        let log = log(driver, "", &format!(r#""ruleId":"R1",{PLACE}"#))
            .replace(r#"{"text":"x"}"#, message);
        assert_eq!(
            reading(&log).unwrap().findings[0].message,
            expected,
            "{message}"
        );
    }
    for (suppressions, expected) in [
        ("[{}]", true),
        (r#"[{"status":"Accepted"}]"#, true),
        ("[]", false),
        ("null", false),
        (r#"[{"status":"underReview"}]"#, false),
        (r#"[{"status":"accepted"},{"status":"rejected"}]"#, false),
    ] {
        let log = log(
            "",
            "",
            &format!(r#""ruleId":"R1","suppressions":{suppressions},{PLACE}"#),
        );
        assert_eq!(
            reading(&log).unwrap().findings[0].suppressed,
            expected,
            "{suppressions}"
        );
    }
}

#[test]
fn what_a_run_says_of_itself_is_heard() {
    let result = format!(r#""ruleId":"R1",{PLACE}"#);
    let at = |uri: &str| {
        format!(r#","locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"{uri}"}}}}}}]"#)
    };
    let with = |list: &str, level: &str, place: &str| {
        let run = format!(
            r#","invocations":[{{"executionSuccessful":true,"{list}":[{{"message":{{"text":"cannot parse"}}{level}{place}}}]}}]"#
        );
        reading(&log(
            r#","notifications":[{"id":"N","defaultConfiguration":{"level":"note"}}]"#,
            &run,
            &result,
        ))
    };
    let scan = "toolExecutionNotifications";
    for (level, unread) in [
        (r#","level":"error""#, 1),
        (r#","level":"Warning""#, 1),
        ("", 1),
        (r#","level":"note""#, 0),
        (r#","descriptor":{"id":"N"}"#, 0),
    ] {
        assert_eq!(
            with(scan, level, &at("a.py")).unwrap().unread.len(),
            unread,
            "{level}"
        );
    }
    assert!(
        with(scan, r#","level":"warning""#, &at("/usr/lib/x.py"))
            .unwrap()
            .unread
            .is_empty()
    );
    assert!(with(scan, r#","level":"error""#, &at("/usr/lib/x.py")).is_err());
    assert!(
        with(scan, r#","level":"error""#, "")
            .unwrap()
            .failed
            .is_some()
    );
    assert!(
        with(scan, r#","level":"warning","exception":{}"#, "")
            .unwrap()
            .failed
            .is_some()
    );
    assert!(
        with(
            "toolConfigurationNotifications",
            r#","level":"warning""#,
            &at("a.py")
        )
        .unwrap()
        .unread
        .is_empty()
    );
    for invocation in [
        r#"{"executionSuccessful":false}"#,
        r#"{"executionSuccessful":true,"exitSignalName":"SIGKILL"}"#,
        r#"{"executionSuccessful":true,"exitSignalNumber":11}"#,
        r#"{"executionSuccessful":true,"processStartFailureMessage":"no memory"}"#,
    ] {
        let run = format!(r#","invocations":[{invocation}]"#);
        assert!(
            reading(&log("", &run, &result)).unwrap().failed.is_some(),
            "{invocation}"
        );
    }
}

#[test]
fn every_encoding_is_read_by_all_that_looks_at_a_log() {
    let text = log(
        "",
        r#","versionControlProvenance":[{"revisionId":"abcdef0"}]"#,
        &format!(r#""ruleId":"R1",{PLACE}"#),
    );
    let text = text.replace("\"x\"", "\"Grüße\"");
    let mut latin: Vec<u8> = Vec::new();
    text.chars().for_each(|c| latin.push(u32::from(c) as u8));
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for report in [
        latin,
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        [b"\xff\xfe".as_slice(), &utf16].concat(),
        utf16,
    ] {
        assert_eq!(reading_of(&report).unwrap().findings.len(), 1);
        assert_eq!(crate::scan::read::tools_of(&report), [Some("t".to_owned())]);
        assert_eq!(crate::scan::read::revisions(&report), ["abcdef0"]);
    }
}

#[test]
fn a_severity_under_another_name_or_a_rank_counts_where_nothing_else_says_one() {
    for (result, expected) in [
        (r#""properties":{"securitySeverity":"9.1"}"#, 9.1),
        (r#""properties":{"cvssScore":8.8}"#, 8.8),
        (
            r#""properties":{"cvss":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}"#,
            9.8,
        ),
        (r#""properties":{"cvss":"see below"}"#, 5.5),
        (r#""rank":92.0"#, 9.2),
        (r#""rank":10"#, 5.5),
        (r#""rank":-1"#, 5.5),
        (r#""rank":92.0,"level":"note""#, 3.0),
    ] {
        let result = format!(r#""ruleId":"R1",{result},{PLACE}"#);
        assert_eq!(score(&log("", "", &result)), Some(expected), "{result}");
    }
    let driver = r#","rules":[{"id":"R1","defaultConfiguration":{"rank":80}}]"#;
    let result = format!(r#""ruleId":"R1",{PLACE}"#);
    assert_eq!(score(&log(driver, "", &result)), Some(8.0));
}

#[test]
fn each_place_of_a_result_is_a_finding() {
    let place = |uri: &str, line: u32| {
        format!(
            r#"{{"physicalLocation":{{"artifactLocation":{{"uri":"{uri}"}},"region":{{"startLine":{line}}}}}}}"#
        )
    };
    let places = [("a.py", 3), ("a.py", 1), ("z.zip", 2), ("a.py", 3)];
    let places: Vec<String> = places.map(|(uri, line)| place(uri, line)).into();
    let result = |places: &[String]| {
        let result = format!(r#""ruleId":"R1","locations":[{}]"#, places.join(","));
        reading(&log("", "", &result))
    };
    let findings = result(&places).unwrap().findings;
    let told: Vec<(String, u32)> = findings
        .iter()
        .map(|f| (f.path.to_string(), f.line()))
        .collect();
    let expected = [("a.py", 1), ("a.py", 3), ("z.zip", 2)];
    assert_eq!(told, expected.map(|(path, line)| (path.to_owned(), line)));
    // One of a system is none of the repository's; none of another commit may be passed over.
    let outside = [place("a.py", 3), place("/usr/include/x.h", 1)];
    assert_eq!(result(&outside).unwrap().findings.len(), 1);
    let gone = [place("a.py", 3), place("gone.py", 1)];
    assert!(result(&gone).is_err());
}
