use std::fmt::Write as _;
use std::str::FromStr;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::ListOutput;
use super::screen::{Label, Resolved};
use super::session::Session;
use crate::cache;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::shared::{self, Part, Shared};
use crate::gate::{Gate, Shard, build_baseline, build_built_in, known_of_baseline, read_tree};
use crate::git::{PushedRef, Target};
use crate::model::{Oid, Verdict};
use crate::report::plural;
use crate::trust::{Namespace, Signers, is_ssh, sign};

/// Where a baseline lies on a remote.
const REF: &str = "refs/newgate/baseline";
/// How often a publication is tried again when others publish too.
const TRIES: u32 = 20;
/// How many publications are one history, before it begins anew.
const HISTORY: u32 = 50;

/// Most bytes of a shared baseline that are read.
const LARGEST: u64 = 1 << 30;

#[derive(Debug, Subcommand)]
pub(super) enum Baseline {
    /// Scan every file of the target's tip that has no result yet; goes on where it was stopped
    Build(Build),
    /// Show what is known of the target's tip, here and in the shared baseline
    Show(Show),
    /// Take over the baseline that a remote shares
    Fetch(Where),
    /// Share what is known of the target's tip with all clones, through the remote
    Publish(Publish),
    /// Drop results that no recent tip has and that were not made recently
    Prune(Prune),
}

#[derive(Debug, Args)]
pub(super) struct Build {
    /// The branch, instead of the remote's default branch
    #[arg(long, value_name = "REF")]
    target: Option<String>,
    /// Only one of several parts, such as 2/4, for machines that share the work
    #[arg(long, value_name = "I/N")]
    shard: Option<ShardArgument>,
}

#[derive(Debug, Args)]
pub(super) struct Where {
    /// The remote
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    /// The branch, instead of the remote's default branch
    #[arg(long, value_name = "REF")]
    target: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    output: ListOutput,
}

#[derive(Debug, Args)]
pub(super) struct Publish {
    #[command(flatten)]
    place: Where,
    /// Sign it with git's SSH signing key (`user.signingkey`)
    #[arg(long)]
    sign: bool,
}

#[derive(Debug, Args)]
pub(super) struct Prune {
    /// Results that are younger than this stay
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    days: u32,
    /// The branch, instead of the remote's default branch
    #[arg(long, value_name = "REF")]
    target: Option<String>,
}

#[derive(Clone, Copy, Debug)]
struct ShardArgument(Shard);

impl FromStr for ShardArgument {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<ShardArgument, String> {
        let read = || {
            let (part, of) = text.split_once('/')?;
            let shard = Shard {
                part: part.parse().ok()?,
                of: of.parse().ok()?,
            };
            (1..=shard.of).contains(&shard.part).then_some(shard)
        };
        read()
            .map(ShardArgument)
            .ok_or_else(|| "write I/N with I from 1 to N, such as 2/4".into())
    }
}

/// A repository with its cache, and the target that is meant.
struct Site {
    session: Session,
    remote: Option<String>,
    target: Target,
}

impl Site {
    fn open(remote: Option<&str>, target: Option<&str>) -> Result<Site> {
        let session = Session::open()?;
        let (found, choice) = session.target(remote, target)?;
        let target = choice.target.ok_or_else(|| {
            Error::new(ErrorKind::Usage, "no target branch was found")
                .hint("name one with `--target`")
        })?;
        Ok(Site {
            session,
            remote: remote.map(str::to_owned).or(found),
            target,
        })
    }

    fn gate(&self) -> Gate<'_> {
        self.session.gate()
    }

    fn remote(&self) -> Result<&str> {
        self.remote.as_deref().ok_or_else(|| {
            Error::new(
                ErrorKind::Usage,
                "there is no remote to share a baseline through",
            )
            .hint("`git remote add origin URL` adds one")
        })
    }

    /// The ref here that holds what a remote shares.
    fn local_ref(&self) -> String {
        let remote = self.remote.as_deref().unwrap_or("none");
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let name: String = remote
            .chars()
            .map(|c| if plain(c) { c } else { '-' })
            .collect();
        // Names that only differ in what a ref cannot have are told apart by a hash.
        match name == remote && !name.starts_with('-') {
            true => format!("{REF}s/{name}"),
            false => format!("{REF}s/{:.16}", blake3::hash(remote.as_bytes()).to_hex()),
        }
    }

    /// Reads what a commit shares, and its signature.
    fn read(&self, commit: &Oid) -> Result<Option<(Shared, Option<String>)>> {
        let (_, tree) = self.session.commit_and_tree(commit.as_str())?;
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        let mut signature = None;
        let mut total = 0;
        for file in self
            .session
            .repo
            .list(&tree, usize::MAX)?
            .unwrap_or_default()
        {
            total += self.session.repo.blob_size(&file.blob)?;
            if total > LARGEST {
                let text = format!("the shared baseline is larger than {LARGEST} bytes");
                return Err(Error::new(ErrorKind::Usage, text)
                    .hint("`newgate baseline publish` puts a new one in its place"));
            }
            let content = self.session.repo.blob(&file.blob)?;
            match file.path.as_str() {
                Some("signature") => {
                    signature = Some(String::from_utf8_lossy(&content).into_owned());
                }
                Some(name) => files.push((name.to_owned(), content)),
                None => {}
            }
        }
        let files = files.iter().map(|(n, c)| (n.as_str(), c.as_slice()));
        Ok(Shared::from_files(files).map(|s| (s, signature)))
    }

    /// The file of allowed signers, and whether a signature is asked for: as the default branch of the
    /// default remote says, whatever remote and target are meant, so that neither names its own.
    fn signers(&self) -> Result<(std::result::Result<Signers, String>, bool)> {
        let Some(target) = self.session.target(None, None)?.1.target else {
            return Ok((
                Err("there is no target that could name signers".into()),
                false,
            ));
        };
        let (config, _) = read_tree(&self.session.repo, &target.tree)?;
        let required = config.baseline.require_signed;
        let Some(path) = config.baseline.signers else {
            return Ok((Err("the project names no allowed signers".into()), required));
        };
        let file = Signers::of_tree(&self.session.repo, &target.tree, &path)?;
        let missing = || format!("{} has no file `{path}`", target.name);
        Ok((file.ok_or_else(missing), required))
    }

    /// Who of the allowed signers signed; why nobody did, if nobody did.
    fn signer(
        &self,
        shared: &Shared,
        signature: Option<&str>,
    ) -> Result<std::result::Result<String, String>> {
        let allowed = match self.signers()?.0 {
            Ok(allowed) => allowed,
            Err(why) => return Ok(Err(why)),
        };
        match signature.filter(|s| is_ssh(s)) {
            None => Ok(Err("it is not signed".into())),
            Some(signature) => {
                let text = shared.statement();
                allowed.who_signed(Namespace::Texts, text.as_bytes(), signature)
            }
        }
    }
}

impl Baseline {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        match self {
            Baseline::Build(build) => build.run(screen),
            Baseline::Show(show) => show.run(screen),
            Baseline::Fetch(place) => place.fetch(screen),
            Baseline::Publish(publish) => publish.run(screen),
            Baseline::Prune(prune) => prune.run(screen),
        }
    }
}

impl Build {
    fn run(self, screen: &Resolved) -> Result<Verdict> {
        let site = Site::open(None, self.target.as_deref())?;
        let shard = self.shard.map_or(Shard::WHOLE, |s| s.0);
        let progress = screen.progress();
        let gate = Gate {
            progress: &|done, total| progress.tell(done, total),
            ..site.gate()
        };
        let built = build_baseline(&gate, &site.target, shard)?;
        drop(progress);
        let mut failed = false;
        for (name, scanned, known, trouble) in &built.scanners {
            screen.note(&format!(
                "{name}: {} scanned, {known} known before",
                plural(*scanned, "file")
            ));
            if !trouble.is_empty() {
                failed = true;
                screen.error(Label::Error, &format!("{name} failed: {trouble}"));
            }
        }
        let what = match shard.of {
            1 => "the baseline".to_owned(),
            of => format!("part {} of {of} of the baseline", shard.part),
        };
        site.session.cache().settle();
        screen.note(&format!("{what} of {} is in the cache", site.target.name));
        Ok(if failed {
            Verdict::Incomplete
        } else {
            Verdict::Pass
        })
    }
}

fn tell(screen: &Resolved, parts: &[Part]) {
    for part in parts {
        screen.data(&format!(
            "  {}: {} of {} units have a result\n",
            part.scanner, part.known, part.units
        ));
    }
}

impl Where {
    fn site(&self) -> Result<Site> {
        Site::open(self.remote.as_deref(), self.target.as_deref())
    }

    fn fetch(&self, screen: &Resolved) -> Result<Verdict> {
        let site = self.site()?;
        let remote = site.remote()?;
        let Some(commit) = site
            .session
            .repo
            .fetch_ref(remote, REF, &site.local_ref())?
        else {
            screen.note(&format!(
                "{remote} shares no baseline yet: `newgate baseline build` and `newgate baseline publish`, best in \
                 the pipeline of the target, make one"
            ));
            return Ok(Verdict::Pass);
        };
        let Some((shared, signature)) = site.read(&commit).unwrap_or(None) else {
            let text = format!("what {remote} has under `{REF}` is no baseline of this version");
            return Err(Error::new(ErrorKind::Usage, text).hint(
                "update newgate, or put a new one in its place: `newgate baseline publish`",
            ));
        };
        let signer = site.signer(&shared, signature.as_deref())?;
        let (signers, required) = site.signers()?;
        if let (Err(why), true) = (&signer, required) {
            let text = format!("the baseline of {remote} is refused: {why}");
            return Err(Error::new(ErrorKind::Usage, text).hint(
                "`baseline.require-signed` asks for a signature; `newgate baseline build` scans instead",
            ));
        }
        // What no baseline shares.
        build_built_in(&site.gate(), &site.target)?;
        let signers = signers.ok().filter(|_| signer.is_ok());
        let signers = signers.and_then(|s| s.digest());
        let parts = shared::take_over(&site.gate(), &site.target, &shared, signers)?;
        site.session.cache().settle();
        screen.note(&match &signer {
            Ok(who) => format!(
                "the baseline of {remote}, signed by {who}, counts as if it had been scanned here"
            ),
            Err(why) => format!(
                "the baseline of {remote} is used to count inherited issues, and not to decide: {why} \
                 (`baseline.signers`)"
            ),
        });
        tell(screen, &parts);
        Ok(Verdict::Pass)
    }
}

/// What is known of a target's tip.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct KnownOut {
    target: String,
    tip: String,
    scanners: Vec<KnownOf>,
    /// The shared baseline, where one was fetched and can be read.
    shared: Option<SharedOut>,
    #[serde(skip)]
    fetched: bool,
}

#[derive(Serialize)]
struct KnownOf {
    name: String,
    /// The files that it reads, and how many of them have a result.
    files: u64,
    known: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct SharedOut {
    units: usize,
    generation: u32,
    newest_tip: Option<String>,
    signed_by: Option<String>,
    /// Why it only counts inherited issues, where nobody who may has signed it.
    counted_only: Option<String>,
}

impl Show {
    fn run(self, screen: &Resolved) -> Result<Verdict> {
        let site = self.place.site()?;
        let known = known_of_baseline(&site.gate(), &site.target)?;
        let commit = site.session.repo.reference(&site.local_ref())?;
        let read = commit.as_ref().and_then(|c| site.read(c).ok().flatten());
        let shared = match read {
            None => None,
            Some((shared, signature)) => {
                let signer = site.signer(&shared, signature.as_deref())?;
                Some(SharedOut {
                    units: shared.len(),
                    generation: shared.generation,
                    newest_tip: shared.tips.first().map(Oid::to_string),
                    signed_by: signer.as_ref().ok().cloned(),
                    counted_only: signer.err(),
                })
            }
        };
        let known = known.into_iter();
        let out = KnownOut {
            target: site.target.name.clone(),
            tip: site.target.tip.to_string(),
            scanners: known
                .map(|(name, files, known)| KnownOf { name, files, known })
                .collect(),
            shared,
            fetched: commit.is_some(),
        };
        let words = || out.words(site.target.tip.short());
        self.output.format.write(screen, &out, words);
        Ok(Verdict::Pass)
    }
}

impl KnownOut {
    fn words(&self, tip: &str) -> String {
        let mut out = format!("known here of {} ({tip}):\n", self.target);
        for KnownOf { name, files, known } in &self.scanners {
            let files = plural(*files, "file");
            let _ = writeln!(out, "  {name}: {known} of {files} scanned");
        }
        out.push_str(&match &self.shared {
            None if self.fetched => "what was fetched is no baseline of this version\n".to_owned(),
            None => "no shared baseline was fetched (`newgate baseline fetch`)\n".to_owned(),
            Some(shared) => {
                let signed = match (&shared.signed_by, &shared.counted_only) {
                    (Some(who), _) => format!("signed by {who}"),
                    (None, why) => {
                        format!("counted only: {}", why.as_deref().unwrap_or_default())
                    }
                };
                let newest = shared.newest_tip.as_deref().and_then(|t| t.get(..10));
                format!(
                    "shared baseline: {}, generation {}, newest tip {}, {signed}\n",
                    plural(shared.units as u64, "unit"),
                    shared.generation,
                    newest.unwrap_or("nothing")
                )
            }
        });
        out
    }
}

impl Publish {
    fn run(self, screen: &Resolved) -> Result<Verdict> {
        let site = self.place.site()?;
        let remote = site.remote()?;
        if site.signers()?.0.is_ok() && !self.sign {
            let text = "the project names allowed signers: an unsigned baseline would take the place of a signed one";
            return Err(Error::new(ErrorKind::Usage, text).hint("publish with `--sign`"));
        }
        // Some hosts let a ref only go forward: then its history goes on.
        let mut forward_only = false;
        let mut said = String::new();
        for attempt in 0..TRIES {
            match self.try_once(&site, remote, forward_only, screen)? {
                Tried::Done => return Ok(Verdict::Pass),
                Tried::Moved(why) => {
                    said = why;
                    pause(attempt);
                }
                Tried::ForwardOnly => forward_only = true,
            }
        }
        let text =
            format!("`{REF}` of {remote} changed during each of {TRIES} tries to publish: {said}");
        Err(Error::new(ErrorKind::Git, text)
            .hint("others may publish at the same time: publish again; otherwise, see what the remote says"))
    }

    /// Adds what is known here to what the remote shares, and pushes that.
    fn try_once(
        &self,
        site: &Site,
        remote: &str,
        forward_only: bool,
        screen: &Resolved,
    ) -> Result<Tried> {
        let repo = &site.session.repo;
        let there = repo.fetch_ref(remote, REF, &site.local_ref())?;
        // What is there and cannot be read is replaced: it can serve nobody.
        let read = there.as_ref().and_then(|c| site.read(c).ok().flatten());
        let readable = read.is_some();
        let (mut shared, signature) = read.unwrap_or_default();
        // What this signs shall be what somebody allowed signed, or what is known here.
        if self.sign && site.signer(&shared, signature.as_deref())?.is_err() {
            shared = Shared::default();
        }
        let before = shared.clone();
        let parts = shared::add_own(&site.gate(), &site.target, &mut shared)?;
        if parts.is_empty() {
            screen.note(
                "there is nothing to share: no scanner is on and ready that reads file by file, but the \
                 built-in one, which is as fast as reading its results",
            );
            return Ok(Tried::Done);
        }
        if shared == before && (!self.sign || signature.is_some()) {
            screen.note(&format!("{remote} has all of it already"));
            return Ok(Tried::Done);
        }
        let mut files = shared.to_files();
        if self.sign {
            let signature = sign(repo, &shared.statement())?;
            files.push(("signature".into(), signature.into_bytes()));
        }
        let goes_on = readable && (forward_only || !shared.generation.is_multiple_of(HISTORY));
        let parent = there.as_ref().filter(|_| goes_on);
        let message = format!("Baseline of {}", site.target.name);
        let commit = repo.write_files(&files, parent, &message)?;
        match repo.push_ref(remote, &commit, REF, there.as_ref())? {
            PushedRef::Done => {
                let args = ["update-ref", &site.local_ref(), commit.as_str()];
                repo.git().run(args)?.must("update-ref")?;
                screen.note(&format!(
                    "{remote} now has the baseline of {}: {}",
                    site.target.name,
                    plural(shared.len() as u64, "unit")
                ));
                tell(screen, &parts);
                Ok(Tried::Done)
            }
            PushedRef::Moved(why) => Ok(Tried::Moved(why)),
            PushedRef::Refused(_) if there.is_some() && parent.is_none() => Ok(Tried::ForwardOnly),
            PushedRef::Refused(why) => {
                let text = format!("{remote} refuses `{REF}`: {why}");
                Err(Error::new(ErrorKind::Git, text)
                    .hint("the host must let you push refs below `refs/newgate/`"))
            }
        }
    }
}

/// What became of one try to publish.
enum Tried {
    /// The remote has all of it.
    Done,
    /// Somebody else was faster, in the remote's words.
    Moved(String),
    /// The remote lets the ref only go forward.
    ForwardOnly,
}

/// Waits, so that those who meet part ways.
fn pause(attempt: u32) {
    let pause = u64::from(std::process::id() % 97 + 20 * attempt);
    std::thread::sleep(std::time::Duration::from_millis(pause));
}

impl Prune {
    fn run(self, screen: &Resolved) -> Result<Verdict> {
        const DAY: i64 = 24 * 60 * 60;
        let site = Site::open(None, self.target.as_deref())?;
        let keep = shared::units_of_tip(&site.gate(), &site.target)?;
        let before = cache::now() - i64::from(self.days) * DAY;
        let (dropped, left) = site.session.cache().prune(before, &keep).map_err(|why| {
            Error::new(ErrorKind::Io, format!("the cache cannot be pruned: {why}"))
                .hint("another gate may be at work: try again; `newgate doctor` tells where the cache lies")
        })?;
        screen.note(&format!(
            "removed {}, {left} left",
            plural(dropped, "result")
        ));
        Ok(Verdict::Pass)
    }
}
