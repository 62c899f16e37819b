//! What is written where: data to standard output, all else to standard error; the only place that
//! prints.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use owo_colors::{OwoColorize, Style};

use crate::environment;
use crate::mask::masked;
use crate::model::harmless;
use crate::platform;
use crate::report::{Look, fit, plural};
use crate::scan::{Advance, redact};

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub(super) struct Screen {
    /// When to use colours; `auto` is on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    color: Color,
    /// Also list inherited and fixed issues, and the reason for each status
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Print only the verdict and what blocks
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Error,
}

/// What a line on standard error begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Error,
    Hint,
}

/// The screen as it is.
#[derive(Debug)]
pub(super) struct Resolved {
    color: Color,
    pub verbose: bool,
    pub quiet: bool,
}

impl Screen {
    #[cfg(test)]
    pub(super) fn plain() -> Screen {
        Screen {
            color: Color::Never,
            verbose: false,
            quiet: false,
        }
    }

    pub(super) fn resolve(&self) -> Resolved {
        Resolved {
            color: self.color,
            verbose: self.verbose,
            quiet: self.quiet,
        }
    }
}

impl Resolved {
    fn color(&self, stream: Stream) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => !environment::no_color() && is_terminal(stream),
        }
    }

    /// How a report looks on a stream.
    pub(super) fn look(&self, stream: Stream) -> Look {
        Look {
            color: self.color(stream),
            width: width(),
            verbose: self.verbose,
            quiet: self.quiet,
        }
    }

    /// The width of the terminal that a stream is; none if it is none.
    pub(super) fn columns(&self, stream: Stream) -> Option<usize> {
        is_terminal(stream).then(width)
    }

    /// Writes data.
    pub(super) fn data(&self, text: &str) {
        write(Stream::Out, text);
    }

    /// Writes data as it goes. A reader may close the pipe early (`newgate check | head`), which is not an error.
    pub(super) fn written(&self, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) {
        let _ = write(&mut std::io::stdout().lock());
    }

    /// Writes to a stream.
    pub(super) fn text(&self, stream: Stream, text: &str) {
        write(stream, text);
    }

    /// Writes a line about the run.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            write(Stream::Error, &format!("{}\n", harmless(text)));
        }
    }

    /// Writes a question, and leaves the cursor behind it.
    pub(super) fn ask(&self, text: &str) {
        write(Stream::Error, &harmless(text));
    }

    /// Writes an error or a hint after its label. Text that it quotes cannot steer the terminal, and credentials are
    /// removed, because an error may come before anything was scanned.
    pub(super) fn error(&self, label: Label, text: &str) {
        let label = match label {
            Label::Error => self.paint("error:", Style::new().red().bold()),
            Label::Hint => self.paint("hint:", Style::new().cyan().bold()),
        };
        write(
            Stream::Error,
            &format!("{label} {}\n", harmless(&redact(text))),
        );
    }

    fn paint(&self, text: &str, style: Style) -> String {
        if self.color(Stream::Error) {
            text.style(style).to_string()
        } else {
            text.to_owned()
        }
    }

    /// A progress bar on standard error, if that is a terminal and a scanner is started.
    pub(super) fn progress(&self) -> Progress {
        let wanted = !self.quiet && is_terminal(Stream::Error);
        Progress {
            wanted,
            bar: Mutex::new(None),
        }
    }
}

/// The progress has no bar where there are fewer columns.
const NARROW: usize = 80;

/// Progress of a scan.
pub(super) struct Progress {
    wanted: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Progress {
    /// Shows how far a scan is.
    pub(super) fn tell(&self, advance: &Advance<'_>, total: usize) {
        if !self.wanted {
            return;
        }
        let mut bar = self
            .bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let width = width();
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            // The names of scanners are worth more than the bar.
            let style = ProgressStyle::with_template(match width < NARROW {
                true => "newgate: {elapsed} {msg}",
                false => "newgate: {bar:16} {elapsed} {msg}",
            });
            if let Ok(style) = style {
                bar.set_style(style);
            }
            // It moves while a scanner takes its time.
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        bar.set_length(total as u64);
        bar.set_position(advance.done as u64);
        bar.set_message(message(advance, width));
    }
}

/// What a progress bar says, cut to fit in a line of so many columns, which never wraps.
fn message(advance: &Advance<'_>, width: usize) -> String {
    /// The columns of the time, with up to four characters, and of the `…` after the message.
    const TIME: usize = "newgate: 123m ".len() + 2;
    let before = match width < NARROW {
        true => TIME,
        false => TIME + "################ ".len(),
    };
    let files = plural(advance.files as u64, "file");
    let text = match advance.waits_for.as_slice() {
        [] => format!("scanning {files}"),
        names => format!("{files}, waiting for {}", names.join(", ")),
    };
    fit(&text, width.saturating_sub(before))
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self
            .bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take()
        {
            bar.finish_and_clear();
        }
    }
}

/// Writes a line about the run, where there is no [`Resolved`].
pub(super) fn line(text: &str) {
    write(Stream::Error, &format!("{}\n", harmless(text)));
}

/// Writes an error and its hints in a process that ends at once.
pub(super) fn last_words(words: &[String]) {
    for (number, text) in words.iter().enumerate() {
        let label = if number == 0 { "error:" } else { "hint:" };
        write(Stream::Error, &format!("{label} {}\n", harmless(text)));
    }
}

fn is_terminal(stream: Stream) -> bool {
    match stream {
        Stream::Out => std::io::stdout().is_terminal(),
        Stream::Error => std::io::stderr().is_terminal(),
    }
}

/// The width of the terminal, or a fixed width if there is none.
fn width() -> usize {
    const PAGE: usize = 100;
    environment::columns()
        .or_else(|| platform::columns().filter(|w| *w > 0))
        .unwrap_or(PAGE)
}

fn write(stream: Stream, text: &str) {
    let masked = masked(text);
    let text = masked.as_deref().unwrap_or(text);
    // A reader may close the pipe early (`newgate check | head`), which is not an error.
    let _ = match stream {
        Stream::Out => std::io::stdout().lock().write_all(text.as_bytes()),
        Stream::Error => std::io::stderr().lock().write_all(text.as_bytes()),
    };
}
