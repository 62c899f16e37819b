//! Findings in files that are not text.

use std::collections::BTreeMap;

use super::matcher::{Groups, Matcher};
use crate::model::{Finding, Stage};

impl<'a> Matcher<'a> {
    /// The base file that a finding is about a piece of, if the file is not compared as text.
    pub(super) fn binary_at_base(&self, finding: &Finding) -> Option<usize> {
        let files = &self.difference.files;
        let file = finding.region.and_then(|_| files.base_at(&finding.path))?;
        files.base_is_binary(file).then_some(file)
    }

    /// The same of the head.
    pub(super) fn binary_at_head(&self, finding: &Finding) -> Option<usize> {
        let files = &self.difference.files;
        let file = finding.region.and_then(|_| files.head_at(&finding.path))?;
        files.head_is_binary(file).then_some(file)
    }

    /// Findings in files that are not text: the same secret, or the same message of an equal piece.
    pub(super) fn binary(&mut self) {
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        enum About<'f> {
            Secret(&'f str),
            Piece(Option<u64>, &'f str),
        }
        let files = &self.difference.files;
        let about = |f: &'a Finding, file: &super::files::File| match &f.secret {
            Some(secret) => About::Secret(secret),
            None => About::Piece(file.line_hash(f.line()), &f.message),
        };
        let mut groups: Groups<(usize, &'a str, About<'a>)> = BTreeMap::new();
        for b in self.open_base() {
            let finding = &self.base.findings[b];
            if let Some(file) = self.binary_at_base(finding)
                && let Some(pair) = files.base[file].pair
            {
                let key = (pair, &*finding.rule, about(finding, &files.base[file]));
                groups.entry(key).or_default().0.push(b);
            }
        }
        for h in self.open_head() {
            let finding = &self.head.findings[h];
            if let Some(file) = self.binary_at_head(finding) {
                let key = (file, &*finding.rule, about(finding, &files.head[file]));
                groups.entry(key).or_default().1.push(h);
            }
        }
        for (bs, hs) in groups.into_values() {
            for (b, h) in bs.into_iter().zip(hs) {
                self.pair(b, h, Stage::File);
            }
        }
    }
}
