use clap::Args;

use super::site::REF;
use super::{Site, Where, tell};
use crate::cli::screen::Resolved;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::shared::{self, Shared};
use crate::git::PushedRef;
use crate::model::Verdict;
use crate::report::plural;
use crate::trust::sign;

/// How often publishing is tried when others publish at the same time.
const TRIES: u32 = 20;
/// After this many publications, the ref starts a new history.
const HISTORY: u32 = 50;

#[derive(Debug, Args)]
pub(in crate::cli) struct Publish {
    #[command(flatten)]
    place: Where,
    /// Sign the baseline with git's SSH signing key (`user.signingkey`)
    #[arg(long)]
    sign: bool,
}

impl Publish {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let site = self.place.site()?;
        let remote = site.remote()?;
        if site.signers()?.0.is_ok() && !self.sign {
            let text =
                "`baseline.signers` is set, so an unsigned baseline must not replace a signed one";
            return Err(Error::new(ErrorKind::Usage, text)
                .hint("sign it: `newgate baseline publish --sign`"));
        }
        // Some hosts accept only fast-forward pushes of a ref; the history is then continued.
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
        Err(Error::new(ErrorKind::Git, text).hint(
            "others may have published at the same time; run `newgate baseline publish` again",
        ))
    }

    /// Adds the results in this cache to the remote's baseline, and pushes it.
    fn try_once(
        &self,
        site: &Site,
        remote: &str,
        forward_only: bool,
        screen: &Resolved,
    ) -> Result<Tried> {
        let repo = &site.session.repo;
        let there = repo.fetch_ref(remote, REF, &site.local_ref())?;
        // A baseline that cannot be read is replaced, because nobody can use it.
        let read = there.as_ref().and_then(|c| site.read(c).ok().flatten());
        let readable = read.is_some();
        let (mut shared, signature) = read.unwrap_or_default();
        // A signature covers only results that an allowed signer signed, or that this clone has
        // itself.
        if self.sign && site.signer(&shared, signature.as_deref())?.is_err() {
            shared = Shared::default();
        }
        let before = shared.clone();
        let parts = shared::add_own(&site.gate(), &site.target, &mut shared)?;
        if parts.is_empty() {
            screen.note(
                "there is nothing to share: only scanners that are installed, enabled and read file by file share \
                 results, and the built-in scanners need no sharing because they are fast",
            );
            return Ok(Tried::Done);
        }
        if shared == before && (!self.sign || signature.is_some()) {
            screen.note(&format!("{remote} has all these results already"));
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
                    "published the baseline of {} to {remote}: {}",
                    site.target.name,
                    plural(shared.len() as u64, "unit")
                ));
                tell(screen, &parts);
                Ok(Tried::Done)
            }
            PushedRef::Moved(why) => Ok(Tried::Moved(why)),
            PushedRef::Refused(_) if there.is_some() && parent.is_none() => Ok(Tried::ForwardOnly),
            PushedRef::Refused(why) => {
                let text = format!("{remote} refused `{REF}`: {why}");
                Err(Error::new(ErrorKind::Git, text)
                    .hint("allow pushes of refs that begin with `refs/newgate/` on the host, then run `newgate \
                        baseline publish` again"))
            }
        }
    }
}

/// The outcome of one try to publish.
enum Tried {
    /// The remote has all results.
    Done,
    /// Somebody else published first, in the remote's words.
    Moved(String),
    /// The remote accepts only fast-forward pushes of the ref.
    ForwardOnly,
}

/// Waits for a different time in each process, so that they do not collide again.
fn pause(attempt: u32) {
    let pause = u64::from(std::process::id() % 97 + 20 * attempt);
    std::thread::sleep(std::time::Duration::from_millis(pause));
}
