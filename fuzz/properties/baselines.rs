//! What other clones and other machines hand over.

use newgate::gate::shared::Shared;
use newgate::scan::UnitResult;

use super::draw::Draw;
use super::is_harmless;

/// A receipt that is read is written the same: nothing else can stand in it.
pub fn receipt(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Some(again) = newgate::trust::Said::parse(&text).map(|said| said.to_text()) {
        assert_eq!(again, text);
    }
}

/// The files of a shared baseline, each a name and its content.
pub fn shared(input: &[u8]) {
    let mut draw = Draw::new(input);
    let mut files = Vec::new();
    while !draw.is_empty() && files.len() < 64 {
        files.push((draw.text(), draw.text()));
    }
    let given = files
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_bytes()));
    if let Some(shared) = Shared::from_files(given) {
        let written = shared.to_files();
        let again = written
            .iter()
            .map(|(name, content)| (name.as_str(), content.as_slice()));
        let again = Shared::from_files(again).expect("what was written can be read");
        assert_eq!(again.to_files(), written);
        assert_eq!(again.len(), shared.len());
        assert_eq!(again.statement(), shared.statement());
    }
    for (_, content) in &files {
        let Some(result) = UnitResult::checked(content.as_bytes()) else {
            continue;
        };
        assert_eq!(
            UnitResult::checked(&result),
            Some(result.clone()),
            "checked twice"
        );
        let read = UnitResult::from_bytes(&result, &"a.py".into()).expect("it was checked");
        for finding in &read.findings {
            assert!(finding.secret.is_none(), "a secret of another clone");
            is_harmless("a shared finding", &finding.title);
            is_harmless("a shared finding", &finding.message);
        }
    }
}
