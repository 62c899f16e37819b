use super::*;
use crate::scan::parts::SIZE;

fn scan(content: &[u8]) -> Vec<Finding> {
    Secrets::get().scan(&RepoPath::from("a.py"), content, &SecretKey::new([7; 32]))
}

/// A token in two pieces, so that this file holds none.
fn token() -> String {
    format!("ghp_{}", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx")
}

#[test]
fn a_finding_has_the_place_and_not_the_secret() {
    let text = format!("import os\n\ntoken = '{}'\n", token());
    let found = scan(text.as_bytes());
    let [finding] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!((finding.line(), finding.column()), (3, 10));
    assert_eq!(finding.rule, "github-pat");
    let shown = serde_json::to_string(finding).unwrap();
    assert!(!shown.contains(&token()[8..]), "{shown}");
    assert!(!redact(&text).contains(&token()[4..]));
}

#[test]
fn the_same_secret_has_the_same_identity_under_one_key_only() {
    let a = scan(format!("x = '{}'", token()).as_bytes())
        .remove(0)
        .secret;
    let b = scan(format!("\n\nother: {}", token()).as_bytes())
        .remove(0)
        .secret;
    assert_eq!(a, b);
    let other = SecretKey::new([8; 32]).identity(token().as_bytes());
    assert_ne!(a, Some(other.into()));
}

fn wide(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn no_encoding_and_no_nul_byte_hides_a_token() {
    let text = format!("# \u{4e0a}\ntoken = '{}'\n", token());
    let le = wide(&text, u16::to_le_bytes);
    let be = wide(&text, u16::to_be_bytes);
    let le32: Vec<u8> = text
        .chars()
        .flat_map(|c| u32::from(c).to_le_bytes())
        .collect();
    let ascii = format!("token = '{}'\n", token()).into_bytes();
    let noise = wide(&"\u{4e0a}".repeat(600), u16::to_le_bytes);
    for content in [
        // UTF-16 and UTF-32, with a mark and without.
        [b"\xff\xfe", &le[..]].concat(),
        [b"\xfe\xff", &be[..]].concat(),
        le.clone(),
        be.clone(),
        le32.clone(),
        [b"\xff\xfe\0\0", &le32[..]].concat(),
        // Bytes that only begin as if they were.
        [b"\xff\xfe", &ascii[..]].concat(),
        [b"\xff\xfe\0", &ascii[..]].concat(),
        [b"a\0b\0".repeat(200), ascii.clone()].concat(),
        [b"\xff\xfe", &le[..10], &ascii[..]].concat(),
        // And some that begin as if they were not.
        [b"\xef\xbb\xbf", &ascii[..]].concat(),
        [b"x\n", &le[..]].concat(),
        [b"\xff\xfe", &noise[..], b"x", &le[..]].concat(),
        [b"\xff\xfe", &noise[..], &be[..]].concat(),
        // NUL bytes around the token.
        [b"\0", &ascii[..]].concat(),
        [&ascii[..], b"\0"].concat(),
        format!("k\0{}\0", token()).into_bytes(),
    ] {
        let found = scan(&content);
        let rules: Vec<&str> = found.iter().map(|f| f.rule.as_str()).collect();
        assert_eq!(rules, ["github-pat"], "{}", content.escape_ascii());
    }
    let marked = [b"\xff\xfe", &le[..]].concat();
    assert_eq!(scan(&marked)[0].line(), 2);
}

#[test]
fn a_nul_byte_turns_no_rule_off() {
    let text = format!("t = '{}'\npassword = 'q8Zr2LmX0vKp4TnY'", token());
    for content in [format!("\0\n{text}"), format!("{text}\0"), text] {
        assert_eq!(scan(content.as_bytes()).len(), 2, "{content:?}");
    }
}

#[test]
fn a_keyword_before_it_does_not_hide_a_secret_far_along_a_line() {
    let text = format!("var p='ghp_';{}k='{}';", "a=1;".repeat(1_015), token());
    assert_eq!(scan(text.as_bytes()).len(), 1);
    let beside = format!("token = '{}' # sha256:{}", token(), "0".repeat(64));
    assert_eq!(scan(beside.as_bytes()).len(), 1);
}

#[test]
fn a_secret_in_a_minified_line_is_found() {
    let filler = "var a=1;".repeat(20_000);
    let text = format!("{filler}k='{}';{filler}", token());
    assert_eq!(scan(text.as_bytes()).len(), 1);
}

#[test]
fn a_large_file_is_read_in_pieces_that_lose_nothing() {
    for line in ["a line of text\n", "a longer line without an end; "] {
        let filler = line.repeat(SIZE / line.len() + 1);
        let secret = format!("k='{}';", token());
        let mut text = filler.clone();
        // One lies across the end of the first piece.
        text.truncate(SIZE - 20);
        text.push_str(&secret);
        text.push_str(&filler);
        text.push_str(&secret);
        text.push_str(&filler);
        let places: Vec<u32> = scan(text.as_bytes()).iter().map(Finding::line).collect();
        let line_of = |at: usize| text[..at].matches('\n').count() as u32 + 1;
        let expected: Vec<u32> = text
            .match_indices(&secret)
            .map(|(at, _)| line_of(at))
            .collect();
        assert_eq!(places, expected);
    }
}

#[test]
fn an_inline_comment_marks_a_finding_and_hides_nothing() {
    let text = format!("x = '{}'  # newgate:allow-secret", token());
    let found = scan(text.as_bytes());
    assert!(found.len() == 1 && found[0].suppressed);
}

/// The kinds of the samples that are not as they should be.
fn wrong(planted: bool) -> (usize, Vec<String>) {
    let samples = corpus::samples();
    let of_kind = samples.iter().filter(|s| s.planted == planted);
    let mut count = 0;
    let mut wrong = Vec::new();
    for sample in of_kind {
        count += 1;
        let found = Secrets::get().scan(
            &sample.path.as_str().into(),
            &sample.content,
            &SecretKey::new([7; 32]),
        );
        if found.is_empty() == planted {
            let rules: Vec<&str> = found.iter().map(|f| f.rule.as_str()).collect();
            let text = String::from_utf8_lossy(&sample.content);
            let text: String = text.chars().take(200).collect();
            wrong.push(format!(
                "{}: {} {rules:?} {text:?}",
                sample.kind, sample.path
            ));
        }
    }
    (count, wrong)
}

#[test]
fn credentials_of_all_kinds_are_found() {
    let (planted, missed) = wrong(true);
    assert!(planted >= 200, "{planted}");
    assert!(missed.len() * 50 <= planted, "{missed:#?}");
}

#[test]
fn what_only_looks_like_a_credential_is_not_reported() {
    let (clean, alarms) = wrong(false);
    assert!(clean >= 90, "{clean}");
    assert!(alarms.len() <= 1, "{alarms:#?}");
}

#[test]
fn a_stream_has_the_findings_of_the_whole_wherever_it_is_cut() {
    let (key, path) = (SecretKey::new([7; 32]), RepoPath::from("a.env"));
    let mut text = String::new();
    for number in 0..40 {
        text.push_str(&"x = 1\r\n".repeat(number % 7));
        text.push_str(&format!("k{number} = '{}'; a\\n{}\r", token(), token()));
        text.push_str(&format!("DB_PASSWORD={}\n", "q8Zr2LmX0vKp4TnYw7Bs"));
        text.push_str("machine git.acme.io\n  login ci\n");
        text.push_str(&format!("  password q8Zr2LmX0vKp4TnYw7B{number}\n"));
        let token = token();
        let (begin, end) = token.split_at(20);
        text.push_str(&format!("t = \"{begin}\" +\n  \"{end}\"\n"));
        text.push_str(&format!(
            "{};{}\n",
            "y".repeat(700 * (number % 5)),
            "newgate:allow-secret"
        ));
    }
    let whole = scan_in(&path, text.as_bytes(), text.len(), &key);
    assert!(whole.len() > 100, "{}", whole.len());
    for size in [512, 1_000, 1_777, 5_000, 20_000] {
        assert_eq!(scan_in(&path, text.as_bytes(), size, &key), whole, "{size}");
    }
}

/// Line, column, rule and secret of all findings in a stream that is read in parts of a size.
fn scan_in(
    path: &RepoPath,
    content: &[u8],
    size: usize,
    key: &SecretKey,
) -> Vec<(u32, u32, u32, Text, Option<Text>, bool)> {
    let mut parts = Stream::with_size(content, size);
    let found = Secrets::get().scan_parts(path, &mut parts, 2, key, &|_| true);
    let findings = found.unwrap().unwrap().into_iter();
    let facts = findings.map(|f| {
        let region = f.region.unwrap();
        (
            f.line(),
            f.column(),
            region.end_line,
            f.rule.clone(),
            f.secret.clone(),
            f.suppressed,
        )
    });
    facts.collect()
}
