//! Comments that silence a scanner: which of them the change adds.
//!
//! A comment is an old one if the base has it for the same code: on the line that continues the base's, or
//! moved together with what it silences. One that stays while the code beside it is replaced is new, and so
//! is one that goes to other code. As with findings, each of the base answers for one of the head.

use std::collections::HashMap;

use super::Difference;
use super::comment::{Comment, Reach};
use super::lines::Fate;
use crate::model::RepoPath;

/// Lines (from 1) with comments that silence a scanner, by file.
pub type Silencing<'a> = [(&'a RepoPath, Vec<u32>)];

impl Difference {
    /// The comments of the head that none of the base continues: path and line of each.
    pub fn added_comments(
        &self,
        base: &Silencing<'_>,
        head: &Silencing<'_>,
    ) -> Vec<(RepoPath, u32)> {
        let mut added: Vec<(RepoPath, u32)> = Vec::new();
        let mut old: Vec<Comment> = Vec::new();
        for (path, lines) in base {
            let Some(file) = self.files.base_at(path) else {
                continue;
            };
            let text = &self.files.base[file].text;
            old.extend(lines.iter().filter_map(|l| Comment::read(file, text, *l)));
        }
        let mut new: Vec<Comment> = Vec::new();
        for (path, lines) in head {
            let file = self.files.head_at(path);
            for line in lines {
                match file.and_then(|f| Comment::read(f, &self.files.head[f].text, *line)) {
                    Some(comment) => new.push(comment),
                    // What cannot be compared is new.
                    None => added.push(((*path).clone(), *line)),
                }
            }
        }
        let mut used = vec![false; old.len()];
        let mut left: Vec<&Comment> = Vec::new();
        let places: HashMap<(usize, u32), usize> = old
            .iter()
            .enumerate()
            .map(|(at, c)| ((c.file, c.number), at))
            .collect();
        for comment in &new {
            match self.stays(comment, &places, &old) {
                Some((at, true)) if !used[at] => used[at] = true,
                _ => left.push(comment),
            }
        }
        // Then the comments that moved within their file. A comment counts as moved to another file
        // only together with its code.
        for comment in left {
            let pair = self.files.head[comment.file].pair;
            let stays = self.stays(comment, &places, &old).is_some();
            let same = |at: &usize| {
                let other = &old[*at];
                let fits = match (comment.reach, other.reach) {
                    (Reach::Statement, _) => true,
                    (Reach::Next, _) => Some(other.file) == pair,
                    // It did not move, and reaches further than it did.
                    (Reach::Rest { .. }, _) if stays => false,
                    (Reach::Rest { end, .. }, Reach::Rest { end: old_end, .. }) => {
                        Some(other.file) == pair && end.is_some() == old_end.is_some()
                    }
                    (Reach::Rest { .. }, _) => false,
                };
                !used[*at]
                    && fits
                    && other.silenced == comment.silenced
                    && other.scope == comment.scope
            };
            let here = (0..old.len()).find(|at| Some(old[*at].file) == pair && same(at));
            match here.or_else(|| (0..old.len()).find(same)) {
                Some(at) => used[at] = true,
                None => {
                    let path = &self.files.head[comment.file].path;
                    added.push((path.clone(), comment.number));
                }
            }
        }
        added.sort();
        added
    }

    /// The comment of the base whose line continues in a comment's line, and whether it suppresses the same findings.
    fn stays(
        &self,
        comment: &Comment,
        places: &HashMap<(usize, u32), usize>,
        old: &[Comment],
    ) -> Option<(usize, bool)> {
        let pair = self.files.head[comment.file].pair?;
        let before = &self.files.base[pair].text;
        let after = &self.files.head[comment.file].text;
        let Fate::Kept(line) = self.map.of_head(comment.file, comment.line) else {
            return None;
        };
        let at = *places.get(&(pair, before.number(line as usize)))?;
        let other = &old[at];
        // The scope may have been renamed, but the comment must still be in it.
        let same_scope = other.scope == comment.scope
            || other.scope.as_ref().is_some_and(|name| {
                (0..after.len()).all(|line| after.name(line) != Some(name.as_str()))
            });
        let fits = match (other.reach, comment.reach) {
            (
                Reach::Rest {
                    end: old_end,
                    on_top: was_on_top,
                },
                Reach::Rest { end, on_top },
            ) => {
                let ends = match (old_end, end) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some(old), Some(new)) => {
                        self.map.of_head(comment.file, new) == Fate::Kept(old as u32)
                    }
                };
                let same = other.silenced == comment.silenced;
                ends && (same || was_on_top && on_top && other.own == comment.own)
            }
            _ => other.silenced == comment.silenced,
        };
        Some((at, same_scope && fits))
    }
}

/// The lines (from 1) of a text on which places (in bytes, rising) lie, each once.
pub fn lines_of(text: &str, places: &[usize]) -> Vec<u32> {
    let bytes = text.as_bytes();
    let mut lines = Vec::new();
    let (mut number, mut from) = (1_u32, 0);
    for place in places {
        for at in from..*place {
            let ends = match bytes.get(at) {
                Some(b'\n') => true,
                Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            number = number.saturating_add(u32::from(ends));
        }
        from = *place;
        if lines.last() != Some(&number) {
            lines.push(number);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::{ComparedFile, Content};
    use super::*;

    type Files<'a> = &'a [(&'a str, &'a str)];

    /// The comments with `MUTE` that are new, as `path:line`.
    fn added(old: Files<'_>, new: Files<'_>) -> Vec<String> {
        let mut changed = Vec::new();
        for (files, is_old) in [(old, true), (new, false)] {
            for (path, text) in files {
                let side = Some((RepoPath::from(*path), Content::Text((*text).to_owned())));
                changed.push(match is_old {
                    true => ComparedFile {
                        old: side,
                        new: None,
                    },
                    false => ComparedFile {
                        old: None,
                        new: side,
                    },
                });
            }
        }
        let paths = |files: Files<'_>| -> Vec<(RepoPath, Vec<u32>)> {
            let lines = |text: &str| {
                let places: Vec<usize> = text.match_indices("MUTE").map(|(at, _)| at).collect();
                lines_of(text, &places)
            };
            let all = files
                .iter()
                .map(|(p, text)| (RepoPath::from(*p), lines(text)));
            all.collect()
        };
        let (old, new) = (paths(old), paths(new));
        fn refs(all: &[(RepoPath, Vec<u32>)]) -> Vec<(&RepoPath, Vec<u32>)> {
            all.iter().map(|(p, l)| (p, l.clone())).collect()
        }
        let found = Difference::new(changed).added_comments(&refs(&old), &refs(&new));
        found
            .iter()
            .map(|(path, line)| format!("{path}:{line}"))
            .collect()
    }

    #[track_caller]
    fn none(old: Files<'_>, new: Files<'_>) {
        assert_eq!(added(old, new), Vec::<String>::new());
    }

    #[track_caller]
    fn one(old: Files<'_>, new: Files<'_>, place: &str) {
        assert_eq!(added(old, new), [place]);
    }

    #[test]
    fn a_comment_that_stays_with_its_code_is_old() {
        let old = "import a\ndef f(x):\n    run(x)  # MUTE\n";
        for new in [
            // Lines around it, its own white space, what its function is called.
            "import a\nimport b\ndef f(x):\n    y = 1\n    run(x)  # MUTE\n    z = 1\n",
            "import a\ndef f(x):\n        run(x)    # MUTE\n",
            "import a\ndef g(x, y):\n    run(x)  # MUTE\n",
        ] {
            none(&[("a.py", old)], &[("a.py", new)]);
        }
        // Its file is renamed, its function moves.
        none(&[("a.py", old)], &[("b.py", old)]);
        let rest = "import a\n\ndef other():\n    return 2\n";
        none(
            &[("a.py", old), ("b.py", "X = 1\n")],
            &[
                ("a.py", rest),
                ("b.py", "X = 1\n\ndef f(x):\n    run(x)  # MUTE\n"),
            ],
        );
        // A formatter breaks its statement.
        none(
            &[("a.py", "run(\n    a, b)  # MUTE\n")],
            &[("a.py", "run(\n    a,\n    b,\n)  # MUTE\n")],
        );
    }

    #[test]
    fn a_comment_whose_code_is_replaced_is_new() {
        for (old, new, line) in [
            ("run(x)  # MUTE\n", "run(y)  # MUTE\n", 1),
            (
                "run(  # keep\n  'ls'\n)  # MUTE\n",
                "run(\n  argv[1]\n)  # MUTE\n",
                3,
            ),
            (
                "run(\n  'ls',\n  shell=1,  # MUTE\n)\n",
                "run(\n  argv[1],\n  shell=1,  # MUTE\n)\n",
                3,
            ),
            ("# MUTE\nrun('ls')\n", "# MUTE\nrun(argv[1])\n", 1),
            (
                "# MUTE\n# why\nrun('ls')\n",
                "# MUTE\n# why\nrun(argv[1])\n",
                1,
            ),
            (
                "run('ls')  # MUTE next-line\ny()\n",
                "run('ls')  # MUTE next-line\nz()\n",
                1,
            ),
        ] {
            one(&[("a.py", old)], &[("a.py", new)], &format!("a.py:{line}"));
        }
        let old = "/* eslint MUTE\n  a: error,\n  b: error\n*/\nf();\n";
        let new = "/* eslint MUTE\n  a: error,\n  b: off\n*/\nf();\n";
        one(&[("a.js", old)], &[("a.js", new)], "a.js:1");
        let old = "Metadata:\n  tool MUTE:\n    - A\nType: x\n";
        let new = "Metadata:\n  tool MUTE:\n    - A\n    - B\nType: x\n";
        one(&[("a.yml", old)], &[("a.yml", new)], "a.yml:2");
    }

    #[test]
    fn a_comment_that_goes_to_other_code_is_new() {
        let safe = "def f():\n    x = 'ls'\n    run(x)  # MUTE\n";
        // Down into another function, with the same words on its line; below a new header.
        one(
            &[("a.py", &format!("{safe}def g(x):\n    run(x)\n"))],
            &[(
                "a.py",
                "def f():\n    x = 'ls'\n    run(x)\ndef g(x):\n    run(x)  # MUTE\n",
            )],
            "a.py:5",
        );
        one(
            &[("a.py", safe)],
            &[(
                "a.py",
                "def f():\n    x = 'ls'\ndef g(x):\n    run(x)  # MUTE\n",
            )],
            "a.py:4",
        );
        // To another file.
        one(
            &[("a.py", safe), ("b.py", "X = 1\n")],
            &[
                ("a.py", "def f():\n    x = 'ls'\n"),
                ("b.py", "X = 1\ndef g(y):\n    run(y)  # MUTE\n"),
            ],
            "b.py:3",
        );
        one(
            &[("a.py", "# MUTE\nrun(1)\n"), ("b.py", "X = 1\n")],
            &[("a.py", "run(2)\n"), ("b.py", "X = 1\n# MUTE\nrun(1)\n")],
            "b.py:2",
        );
        // A copy beside the old one.
        one(
            &[("a.py", safe)],
            &[("a.py", &format!("{safe}{safe}"))],
            "a.py:6",
        );
    }

    #[test]
    fn a_comment_for_the_rest_of_a_file_is_old_until_it_reaches_further() {
        let old = "# disable MUTE\nimport a\nrun(1)\n# enable\nrun(2)\n";
        none(
            &[("a.py", old)],
            &[(
                "a.py",
                "# disable MUTE\nimport b\nimport a\nrun(1)\n# enable\nrun(3)\n",
            )],
        );
        for new in [
            "# disable MUTE\nimport a\nrun(1)\nrun(2)\n",
            "import a\n# disable MUTE\nrun(1)\n# enable\nrun(2)\n# enable\n",
            "# disable MUTE\nimport a\nrun(1)\nrun(2)\n# enable\n",
        ] {
            assert_eq!(added(&[("a.py", old)], &[("a.py", new)]).len(), 1, "{new}");
        }
        // In the middle of a file, up over more code.
        one(
            &[("a.py", "run(1)\nrun(2)\n# disable MUTE\nrun(3)\n")],
            &[("a.py", "run(1)\n# disable MUTE\nrun(2)\nrun(3)\n")],
            "a.py:2",
        );
    }
}
