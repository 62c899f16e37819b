use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;

use crate::cli::screen::Resolved;
use crate::error::{Error, ErrorKind, Result};
use crate::mask;
use crate::model::Verdict;
use crate::report::plural;
use crate::scan::read::{Paths, Reading, read};
use crate::scan::{Descriptor, SecretKey};

#[derive(Debug, Args)]
pub(super) struct Read {
    /// A scanner's name, or a descriptor's file (`.toml`)
    #[arg(value_name = "SCANNER")]
    scanner: String,
    /// The report
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// The folder that absolute paths in the report start with
    #[arg(long, value_name = "FOLDER", default_value = "/repo")]
    root: String,
    /// The file to use for results that name none
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
}

impl Read {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let descriptor = match self.scanner.ends_with(".toml") {
            true => {
                let text = fs::read_to_string(&self.scanner)
                    .map_err(|e| Error::io(format!("`{}` cannot be read", self.scanner), e))?;
                Descriptor::parse(&text, &self.scanner)?
            }
            false => super::named(&super::catalog()?, &self.scanner)?,
        };
        let shown = self.report.display();
        let report = fs::read(&self.report)
            .map_err(|e| Error::io(format!("`{shown}` cannot be read"), e))?;
        let paths = Paths {
            default: self.file.as_deref().map(Into::into),
            ..Paths::in_root(&self.root)
        };
        let reading =
            read(&descriptor, &report, &paths, &SecretKey::new([0; 32])).map_err(|e| {
                let text = format!("`{shown}` cannot be read by {}: {e}", descriptor.title());
                Error::new(ErrorKind::Usage, text).hint(format!(
                    "check that it is a complete report; `newgate scanners show {}` shows what the scanner writes",
                    descriptor.name()
                ))
            })?;
        let mut reading = reading;
        for finding in &mut reading.findings {
            finding.rewrite(&mask::shown);
        }
        screen.written(|out| write_listing(&reading, out));
        Ok(Verdict::Pass)
    }
}

/// What a report says, a line for each thing.
pub(crate) fn write_listing(reading: &Reading, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    for f in &reading.findings {
        let place = match f.region {
            Some(r) => format!(
                "{}:{}-{}:{}",
                r.line,
                r.column.unwrap_or(0),
                r.end_line,
                r.end_column.unwrap_or(0)
            ),
            None => "-".to_owned(),
        };
        let score = f.score.map_or("-".to_owned(), |s| s.to_string());
        write!(
            out,
            "{}:{place} {} {} {score} {}/{}",
            f.path,
            f.scanner,
            f.rule,
            f.kind.name(),
            f.level.as_deref().unwrap_or("-")
        )?;
        if let Some(confidence) = f.confidence {
            write!(out, "/{}", format!("{confidence:?}").to_lowercase())?;
        }
        for cwe in &f.cwe {
            write!(out, " CWE-{cwe}")?;
        }
        for advisory in &f.advisories {
            write!(out, " {advisory}")?;
        }
        if let Some(p) = &f.package {
            let fixed = p.fixed.join(",");
            write!(
                out,
                " {}:{}@{} fixed:{fixed}",
                p.ecosystem, p.name, p.version
            )?;
        }
        if let Some(day) = f.published {
            write!(out, " published:{}", crate::model::date_of_days(day))?;
        }
        if let Some(epss) = f.epss {
            write!(out, " epss:{:.4}", f64::from(epss) / 10_000.0)?;
        }
        if f.kev {
            out.write_all(b" kev")?;
        }
        if f.secret.is_some() {
            out.write_all(b" secret")?;
        }
        if f.suppressed {
            out.write_all(b" suppressed")?;
        }
        writeln!(out, "\n    {} | {}", f.title, f.message)?;
    }
    for unread in &reading.unread {
        writeln!(out, "unread {}: {}", unread.path, unread.why)?;
    }
    if let Some(why) = &reading.failed {
        writeln!(out, "failed: {why}")?;
    }
    let findings = plural(reading.findings.len() as u64, "finding");
    write!(out, "{findings}")?;
    if let Some(scanned) = &reading.scanned {
        let files = plural(scanned.len() as u64, "file");
        write!(out, ", {files} scanned")?;
    }
    writeln!(out)?;
    out.flush()
}
