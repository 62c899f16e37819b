//! The history of checks.

use rusqlite::params;

use super::Cache;
use crate::model::{GateRun, Verdict, harmless};

/// How many checks the history keeps.
const HISTORY: i64 = 10_000;

impl Cache {
    /// Adds a check to the history.
    pub fn record(&self, run: &GateRun) {
        if let Some(db) = self.lock() {
            let put = "INSERT INTO gate (time, head, target, verdict, new, grown, inherited, fixed, base, at_base)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
            let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            let row = params![
                run.time,
                run.head,
                run.target,
                run.verdict.name(),
                number(run.new),
                number(run.grown),
                number(run.inherited),
                number(run.fixed),
                run.base,
                run.at_base.map(number)
            ];
            self.wrote(&db, db.execute(put, row).map(drop));
            // SQLite gives rows rising numbers, so this keeps the newest.
            let prune = "DELETE FROM gate WHERE rowid <= (SELECT max(rowid) FROM gate) - ?1";
            let _ = db.execute(prune, [HISTORY]);
        }
    }

    /// The newest checks, the oldest of them first.
    pub fn history(&self, most: usize) -> Vec<GateRun> {
        let read = || -> Option<Vec<GateRun>> {
            let db = self.lock()?;
            let ask =
                "SELECT time, head, target, verdict, new, grown, inherited, fixed, base, at_base
                       FROM gate ORDER BY rowid DESC LIMIT ?1";
            let mut ask = db.prepare_cached(ask).ok()?;
            let rows = ask.query_map([i64::try_from(most).ok()?], |row| {
                let number = |column| -> rusqlite::Result<u64> {
                    let number: i64 = row.get(column)?;
                    Ok(u64::try_from(number).unwrap_or_default())
                };
                let verdict: String = row.get(3)?;
                Ok(GateRun {
                    time: row.get(0)?,
                    head: harmless(&row.get::<_, String>(1)?),
                    target: harmless(&row.get::<_, String>(2)?),
                    verdict: Verdict::of_name(&verdict).unwrap_or(Verdict::Incomplete),
                    new: number(4)?,
                    grown: number(5)?,
                    inherited: number(6)?,
                    fixed: number(7)?,
                    base: row.get::<_, Option<String>>(8)?.map(|b| harmless(&b)),
                    at_base: row
                        .get::<_, Option<i64>>(9)?
                        .and_then(|n| u64::try_from(n).ok()),
                })
            });
            let mut runs: Vec<GateRun> = rows.ok()?.filter_map(Result::ok).collect();
            runs.reverse();
            Some(runs)
        };
        read().unwrap_or_default()
    }
}
