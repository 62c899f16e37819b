use super::site::REF;
use super::{Where, tell};
use crate::cli::screen::Resolved;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::{build_built_in, shared};
use crate::model::Verdict;

/// Fetches a remote's baseline, and takes its results over.
pub(super) fn run(place: &Where, screen: &Resolved) -> Result<Verdict> {
    let site = place.site()?;
    let remote = site.remote()?;
    let Some(commit) = site
        .session
        .repo
        .fetch_ref(remote, REF, &site.local_ref())?
    else {
        screen.note(&format!(
                "{remote} has no shared baseline yet; to share one, run `newgate baseline build` and `newgate \
                 baseline publish`, best in the target's pipeline"
            ));
        return Ok(Verdict::Pass);
    };
    let Some((shared, signature)) = site.read(&commit).unwrap_or(None) else {
        let text =
            format!("this version of newgate cannot read the baseline of {remote} (`{REF}`)");
        return Err(Error::new(ErrorKind::Usage, text).hint(
                "update newgate (`newgate upgrade`), or replace the baseline: `newgate baseline publish`",
            ));
    };
    let signer = site.signer(&shared, signature.as_deref())?;
    let (signers, required) = site.signers()?;
    if let (Err(why), true) = (&signer, required) {
        let text = format!("the baseline of {remote} was refused: {why}");
        return Err(Error::new(ErrorKind::Usage, text).hint(
                "`baseline.require-signed` is set; to scan the target here instead: `newgate baseline build`",
            ));
    }
    // A baseline does not have the results of built-in scanners.
    build_built_in(&site.gate(), &site.target)?;
    let signers = signers.ok().filter(|_| signer.is_ok());
    let signers = signers.and_then(|s| s.digest());
    let parts = shared::take_over(&site.gate(), &site.target, &shared, signers)?;
    site.session.cache().settle();
    screen.note(&match &signer {
            Ok(who) => format!(
                "fetched the baseline of {remote}, signed by {who}: its results are used like your own"
            ),
            Err(why) => format!(
                "fetched the baseline of {remote}: it is used to count inherited issues, but not for the verdict, \
                 because {why}"
            ),
        });
    tell(screen, &parts);
    Ok(Verdict::Pass)
}
