//! The scanners of a check: found, refused or installed, and whose results from elsewhere count.

use super::{ConfigSource, Gate, Settings, shared};
use crate::error::Result;
use crate::model::{Change, Note};
use crate::scan::tools;
use crate::scan::{Descriptor, Plan, Scanner, State, prepare};

impl Gate<'_> {
    /// The configuration that counts for a change.
    ///
    /// # Errors
    /// As [`Settings::read`].
    pub fn settings(&self, change: &Change, source: ConfigSource) -> Result<Settings> {
        Settings::read(self.repo, change, source)
    }

    /// The scanners that are on, ready to run or known to be missing.
    ///
    /// # Errors
    /// The configuration names one that does not exist, or git could not answer.
    pub fn scanners(&self, settings: &Settings) -> Result<Vec<Scanner>> {
        let names = settings.config.scanners.iter();
        names.map(|name| self.scanner(settings, name)).collect()
    }

    /// A scanner, whether it is on or not, ready to run or known to be missing.
    ///
    /// # Errors
    /// It does not exist, or git could not answer.
    pub fn scanner(&self, settings: &Settings, name: &str) -> Result<Scanner> {
        let descriptor = settings.descriptor(name)?;
        let mut scanner = prepare(descriptor, &settings.wish(name), self.cache, &|file| {
            settings.files(self.repo, file)
        })?;
        if self.refuses(settings, &scanner.descriptor) {
            let why = format!(
                "it executes code of the repository, which an enforcing gate refuses unless \
                 `trust.run-repository-code` names `{name}`"
            );
            scanner.state = State::Missing(why.into());
        }
        // Results that were given are the same, whatever the configuration is read from.
        if self.config_from == ConfigSource::Head && !scanner.given {
            scanner.key = scanner.key.of_head();
        }
        Ok(scanner)
    }

    /// Whether a scanner would execute code of the repository where that is not allowed.
    fn refuses(&self, settings: &Settings, descriptor: &Descriptor) -> bool {
        let runs_code = descriptor.program().is_some_and(|p| p.runs_repository_code);
        let allowed = &settings.config.trust.run_repository_code;
        self.enforce && runs_code && !allowed.iter().any(|a| a == descriptor.name())
    }

    /// Lets what trusted signers signed count, where the target names them.
    pub(super) fn trust(&self, settings: &Settings) -> Result<()> {
        let signers = match (&settings.config.baseline.signers, settings.is_of_head()) {
            (Some(path), false) => settings.file(self.repo, path)?,
            _ => None,
        };
        let hash = signers.map(|content| shared::hash_of_signers(&content));
        self.cache.trust_fetched(hash);
        Ok(())
    }

    /// Installs scanners that are needed and missing; returns what was done.
    pub(super) fn install_missing(
        &self,
        settings: &Settings,
        scanners: &mut [Scanner],
        plans: &[Plan],
    ) -> Result<Vec<Note>> {
        let mut notes = Vec::new();
        for (scanner, plan) in scanners.iter_mut().zip(plans) {
            let name = scanner.descriptor.name().to_owned();
            let wish = settings.wish(&name);
            let missing = scanner.state != State::Ready && !plan.head.is_empty();
            let locked = settings.lock.scanners.get(&name);
            let version = locked.map(|l| l.version.as_str());
            let there = tools::record_of(&scanner.descriptor, version).is_some();
            let managed = scanner.descriptor.install().is_managed() && wish.path.is_none();
            if !missing || there || !managed || self.refuses(settings, &scanner.descriptor) {
                continue;
            }
            match tools::install(&scanner.descriptor, locked, None) {
                Ok(done) => notes.push(Note::Installed {
                    scanner: name.clone(),
                    version: done.version,
                }),
                Err(why) => notes.push(Note::NotInstalled {
                    scanner: name.clone(),
                    why: why.to_string(),
                }),
            }
            *scanner = self.scanner(settings, &name)?;
        }
        Ok(notes)
    }
}
