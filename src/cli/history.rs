use clap::Args;
use serde_json::{Value, json};

use super::output::ListFormat;
use super::screen::{Resolved, Stream};
use super::session::Session;
use crate::error::Result;
use crate::model::{GateRun, Verdict, time_of_seconds};
use crate::report::history_lines;

#[derive(Debug, Args)]
pub(super) struct History {
    /// How many verdicts to list, the newest first
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 20)]
    number: usize,
    /// List only those against this target, such as origin/main
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// The output format
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    format: ListFormat,
}

impl History {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let session = Session::open()?;
        let mut runs = session.cache().history(usize::MAX >> 1);
        let any = !runs.is_empty();
        if let Some(target) = &self.target {
            runs.retain(|r| r.target == *target);
        }
        let runs = runs.split_off(runs.len().saturating_sub(self.number));
        match self.format {
            ListFormat::Terminal if runs.is_empty() => screen.note(match any {
                false => {
                    "nothing has been checked here yet: `newgate check` checks the current branch"
                }
                true => "no past check matches",
            }),
            ListFormat::Terminal => {
                screen.data(&history_lines(&runs, screen.look(Stream::Out)));
            }
            ListFormat::Json => {
                let list: Vec<Value> = runs.iter().rev().map(as_json).collect();
                let text = serde_json::to_string_pretty(&list).expect("plain data");
                screen.data(&(text + "\n"));
            }
        }
        Ok(Verdict::Pass)
    }
}

fn as_json(run: &GateRun) -> Value {
    json!({
        "time": time_of_seconds(run.time) + "Z",
        "verdict": run.verdict,
        "head": run.head,
        "target": run.target,
        "new": run.new,
        "grown": run.grown,
        "inherited": run.inherited,
        "fixed": run.fixed,
    })
}
