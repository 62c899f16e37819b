//! What the commits of a change bring and take away again: a secret that was ever pushed has leaked.

use std::collections::{BTreeMap, HashSet};

use super::{Judging, all_findings};
use crate::compare::Located;
use crate::error::Result;
use crate::git::Peeled;
use crate::model::{FileVersion, Reason, Stage, Status, Text};
use crate::scan::{Need, Plan, Resolved, reads, resolve};

/// Findings of scanners of history in file versions that are not in the head tree. A secret that
/// stands at head or at base is judged there.
pub(super) fn brought(judging: &Judging<'_>, resolved: &mut [Resolved]) -> Result<Vec<Located>> {
    let gate = judging.gate;
    let any = judging.scanners.iter().any(|s| s.descriptor.history());
    let is_commit = matches!(
        gate.repo.peel(&judging.change.head)?,
        Some(Peeled::Commit { .. })
    );
    if !any || !is_commit || judging.change.base.as_ref() == Some(&judging.change.head) {
        return Ok(Vec::new());
    }
    let mut commits: BTreeMap<FileVersion, String> = BTreeMap::new();
    // What stands in one of the two trees is judged there.
    let trees: Vec<_> = judging
        .change
        .base_tree
        .iter()
        .chain([&judging.change.head_tree])
        .collect();
    for brought in gate
        .repo
        .introduced(&judging.change.head, &judging.change.known, &|| {
            judging.clock.check()
        })?
    {
        judging.clock.check()?;
        let mut stands = false;
        for tree in &trees {
            stands = stands
                || gate.repo.entry(tree, &brought.file.path)?.as_ref() == Some(&brought.file);
        }
        if !stands {
            commits
                .entry(brought.file)
                .or_insert(brought.commit.to_string());
        }
    }
    if commits.is_empty() {
        return Ok(Vec::new());
    }
    let mut plans: Vec<Plan> = Vec::new();
    for scanner in &judging.scanners {
        let mut plan = Plan::default();
        for file in commits.keys().filter(|_| scanner.descriptor.history()) {
            judging.clock.check()?;
            if reads(&scanner.descriptor, file, &|f| gate.repo.blob(&f.blob))? {
                plan.head.push(file.clone());
            }
        }
        plans.push(plan);
    }
    let with = gate.resolver(&judging.key, judging.clock.scans_end());
    let found = resolve(with, &judging.scanners, &plans, Need::Comparison)?;
    let mut located = Vec::new();
    for (index, one) in found.into_iter().enumerate() {
        resolved[index].scanned += one.scanned;
        resolved[index].cached += one.cached;
        resolved[index].milliseconds += one.milliseconds;
        resolved[index].take_faults_of(&one);
        if one.head.values().all(|r| r.findings.is_empty()) {
            continue;
        }
        // Now the base counts, whatever the head has.
        let scanner = std::slice::from_ref(&judging.scanners[index]);
        let base_plan = Plan {
            base: judging.plans[index].base.clone(),
            ..Plan::default()
        };
        let base = resolve(with, scanner, &[base_plan], Need::Always)?;
        for mut known in base {
            resolved[index].scanned += known.scanned;
            resolved[index].base.append(&mut known.base);
            resolved[index].take_faults_of(&known);
        }
        let mut known: HashSet<Text> = HashSet::new();
        for side in [&resolved[index].head, &resolved[index].base] {
            known.extend(all_findings(side).into_iter().filter_map(|f| f.secret));
        }
        for (file, result) in one.head {
            for finding in result.findings {
                // The same secret in several versions is told once, of the first commit.
                let fresh = finding.secret.clone().is_none_or(|s| known.insert(s));
                if !fresh {
                    continue;
                }
                let commit = commits.get(&file).cloned().unwrap_or_default();
                located.push(Located {
                    finding,
                    status: Status::New,
                    stage: Stage::History,
                    touched: false,
                    from: None,
                    reason: Reason::InHistory {
                        commit: commit.clone(),
                    },
                    commit: Some(commit.into()),
                });
            }
        }
    }
    Ok(located)
}
