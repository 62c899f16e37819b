//! A file's syntax tree, made within limits that depend on the content alone: the same file always has the
//! same answer.

use std::cell::RefCell;
use std::ops::ControlFlow;

use ast_grep_core::AstGrep;
use ast_grep_core::tree_sitter::{LanguageExt, StrDoc};
use tree_sitter::{Node, ParseOptions, Parser, Tree};

use super::dialect::Dialect;
use super::kinds::Role;

/// A file that is parsed.
pub(super) type Parsed = AstGrep<StrDoc<Dialect>>;
/// A node of such a file, as ast-grep has it.
pub(super) type Found<'t> = ast_grep_core::Node<'t, StrDoc<Dialect>>;

/// Longest file that is parsed, in bytes.
pub(super) const LONGEST: usize = 4 * 1024 * 1024;
/// Most words and signs in one: its tree takes some 300 bytes of memory for each at worst.
const TOKENS: usize = 1_000_000;
/// Deepest tree that is searched. Code that people write is less than 200 deep.
const DEEPEST: usize = 1_500;
/// How often the parser may report that it is at work, once in about a hundred steps: for a file, and for each
/// ten bytes of it. Real code needs a quarter of the latter (2,500 files in eight languages).
const REPORTS: usize = 2_000;
const BYTES_PER_REPORT: usize = 10;
/// Most `<` in a file of a language with types in angle brackets: where they are not closed, the parser keeps all
/// that they may mean, which takes memory by the square of their number (4,000 take 400 MB; a file of 200 kB
/// took all there was).
const ANGLES: usize = 4_000;

thread_local! {
    static PARSERS: RefCell<[Option<Parser>; Dialect::ALL.len()]> = const { RefCell::new([const { None }; 8]) };
}

/// Parses a file. The scripts of a page may be `broken`, because templates stand in the middle of them: what can be
/// parsed of them is searched.
///
/// # Errors
/// It is beyond a limit, or broken; says what, to follow the name of the file.
pub(super) fn parse(text: String, dialect: Dialect, may_be_broken: bool) -> Result<Parsed, String> {
    if text.len() > LONGEST {
        return Err(too_long());
    }
    if text.len() > TOKENS && tokens(text.as_bytes()) > TOKENS {
        return Err(format!(
            "it has more than {TOKENS} tokens, the limit of this scanner"
        ));
    }
    // The parser needs stack, and memory by the square, for what is open: 60,000 brackets ended the process.
    if text.len() > DEEPEST && most_open(text.as_bytes()) > DEEPEST {
        return Err(too_deep());
    }
    let has_types = matches!(dialect, Dialect::Java | Dialect::TypeScript | Dialect::Tsx);
    if has_types && memchr::memchr_iter(b'<', text.as_bytes()).count() > ANGLES {
        return Err(format!(
            "it contains more than {ANGLES} `<` characters, the limit of this scanner"
        ));
    }
    let tree = tree(&text, dialect).ok_or("it takes too long to parse")?;
    // Where the parser gave up, what stands before the fault is lost too.
    if tree.root_node().is_error() && !may_be_broken {
        return Err("it cannot be parsed".into());
    }
    Ok(AstGrep::doc(StrDoc {
        src: text,
        lang: dialect,
        tree,
    }))
}

fn too_deep() -> String {
    format!("its code is nested more than {DEEPEST} levels deep")
}

/// How many brackets are open at most at one place, those in texts too: 613 in the worst of 60,000 files.
fn most_open(text: &[u8]) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for b in text {
        match b {
            b'(' | b'[' | b'{' => {
                open += 1;
                most = most.max(open);
            }
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Why a file that is too long has no answer.
pub(super) fn too_long() -> String {
    format!(
        "it is larger than {} MiB, the limit of this scanner",
        LONGEST / 1024 / 1024
    )
}

/// How many words and signs a text has, roughly.
fn tokens(text: &[u8]) -> usize {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let mut count = 0;
    let mut in_word = false;
    for b in text.iter().copied() {
        let word = is_word(b);
        count += usize::from(!(b.is_ascii_whitespace() || word && in_word));
        in_word = word;
    }
    count
}

fn tree(text: &str, dialect: Dialect) -> Option<Tree> {
    PARSERS.with_borrow_mut(|parsers| {
        let parser = parsers.get_mut(dialect as usize)?.get_or_insert_default();
        parser.set_language(&dialect.get_ts_language()).ok()?;
        // Nothing of a parse that was stopped may stay.
        parser.reset();
        let mut left = REPORTS + text.len() / BYTES_PER_REPORT;
        let mut progress = |_: &tree_sitter::ParseState| {
            left = left.saturating_sub(1);
            match left {
                0 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        };
        let options = ParseOptions::new().progress_callback(&mut progress);
        let bytes = text.as_bytes();
        let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
        parser.parse_with_options(&mut read, None, Some(options))
    })
}

/// The nodes of a file that count, each list in the order of the text.
#[derive(Default)]
pub(super) struct Nodes<'t> {
    /// Those of a kind that is wanted.
    pub(super) wanted: Vec<Node<'t>>,
    /// Those that say where values come from.
    pub(super) telling: Vec<Telling<'t>>,
}

/// A node that has a role in where values come from, such as an assignment.
pub(super) struct Telling<'t> {
    pub(super) node: Node<'t>,
    pub(super) role: Role,
    /// What it stands in. To ask the node takes a search from the root of the tree on.
    pub(super) parent: Node<'t>,
}

/// The nodes whose kind is wanted, and, if roles are given, those that tell something.
///
/// # Errors
/// The tree is too deep. The text follows the name of the file.
pub(super) fn nodes<'t>(
    parsed: &'t Parsed,
    wanted: impl Fn(u16) -> bool,
    roles: &[Role],
) -> Result<Nodes<'t>, String> {
    let root = parsed.root().get_inner_node();
    let mut cursor = root.walk();
    let mut around = Vec::new();
    let mut all = Nodes::default();
    loop {
        let node = cursor.node();
        let kind = node.kind_id();
        if wanted(kind) {
            all.wanted.push(node);
        }
        let role = roles.get(usize::from(kind));
        if let (Some(&role), Some(&parent)) = (role, around.last())
            && role.tells()
        {
            let telling = Telling { node, role, parent };
            all.telling.push(telling);
        }
        if cursor.goto_first_child() {
            around.push(node);
            if around.len() > DEEPEST {
                return Err(too_deep());
            }
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Ok(all);
            }
            around.pop();
        }
    }
}
