//! JSON that is written as it goes: a report may have very many entries.

use std::io::{self, BufWriter, Write};

use serde::{Serialize, Serializer};

/// A list whose entries are made when they are written, one at a time.
pub(super) struct Each<F>(pub F);

impl<F, I> Serialize for Each<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// Writes a document in lines, with a line feed at its end.
///
/// # Errors
/// It cannot be written.
pub fn write_json(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, document)?;
    out.write_all(b"\n")?;
    out.flush()
}
