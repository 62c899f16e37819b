//! A corpus of made-up credentials, and of files that only look as if they held some.
//!
//! `corpus.toml` has the forms; every value is made here, by a generator with a fixed seed, so no file of
//! the repository holds one. A broken bar in a form is taken out: it keeps scanners of secrets, the ones
//! of forges too, from taking a form for a leak.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

const WRITTEN: &str = include_str!("corpus.toml");
/// How many of the tokens stand in each wrapping.
const EACH: usize = 2;

/// A file, and whether it holds a credential.
#[derive(Debug)]
pub(crate) struct Sample {
    /// What is special about it.
    pub(crate) kind: String,
    /// Its path.
    pub(crate) path: String,
    /// Its bytes.
    pub(crate) content: Vec<u8>,
    /// Whether a credential was put into it.
    pub(crate) planted: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The forms of tokens.
    tokens: Vec<String>,
    /// Texts around a token.
    wrapping: Vec<Form>,
    planted: Vec<Form>,
    clean: Vec<Form>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    kind: String,
    path: String,
    /// The form of the value that stands where `{V}` does.
    #[serde(default)]
    value: String,
    text: String,
    /// How the text is written: `utf-16le`, `utf-32be`, `gzip`, `zip`, `tar.gz`, ...
    #[serde(default)]
    encoding: String,
}

/// All files of the corpus.
pub(crate) fn samples() -> Vec<Sample> {
    let written: Written = toml::from_str(WRITTEN).expect("the corpus can be read");
    let mut random = Random(20_261_127);
    let mut all = Vec::new();
    let mut tokens = written.tokens.iter().cycle();
    for form in &written.wrapping {
        for token in tokens.by_ref().take(EACH) {
            all.push(sample(form, token, true, &mut random));
        }
    }
    for form in &written.planted {
        all.push(sample(form, &form.value, true, &mut random));
    }
    for form in &written.clean {
        all.push(sample(form, &form.value, false, &mut random));
    }
    all
}

fn sample(form: &Form, value: &str, planted: bool, random: &mut Random) -> Sample {
    let value = filled(value, random);
    let middle = value.len() / 2;
    let (first, last) = value.split_at(middle);
    let text = form.text.replace('¦', "");
    let mut text = filled(&text, random);
    for (name, with) in [
        ("{V1}", first.to_owned()),
        ("{V2}", last.to_owned()),
        ("{V64}", BASE64_STANDARD.encode(&value)),
        ("{CI64}", BASE64_STANDARD.encode(format!("ci:{value}"))),
        (
            "{U64}",
            BASE64_STANDARD.encode(format!("postgres://app:{value}@db.acme.io/x")),
        ),
        ("{V}", value.clone()),
    ] {
        text = text.replace(name, &with);
    }
    Sample {
        kind: form.kind.clone(),
        path: form.path.clone(),
        content: encoded(&text, &form.encoding),
        planted,
    }
}

/// A form with a random text in each place like `{b62:20}`.
fn filled(form: &str, random: &mut Random) -> String {
    let form = form.replace('¦', "");
    let mut out = String::new();
    let mut rest = form.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let place = after.split_once('}');
        let named = place.and_then(|(name, behind)| Some((name.split_once(':')?, behind)));
        let made = named.and_then(|((class, count), behind)| {
            let text = random.text(class, count.parse().ok()?)?;
            Some((text, behind))
        });
        match made {
            Some((text, behind)) => {
                out.push_str(&text);
                rest = behind;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}

fn encoded(text: &str, encoding: &str) -> Vec<u8> {
    match encoding {
        "" => text.as_bytes().to_vec(),
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be-mark" => {
            let units = format!("\u{feff}{text}");
            units.encode_utf16().flat_map(u16::to_be_bytes).collect()
        }
        "utf-32le-mark" => {
            let units = format!("\u{feff}{text}");
            units
                .chars()
                .flat_map(|c| u32::from(c).to_le_bytes())
                .collect()
        }
        "utf-32be" => text
            .chars()
            .flat_map(|c| u32::from(c).to_be_bytes())
            .collect(),
        "gzip" => gzip(text.as_bytes()),
        "zip" => zip("app/.env", text.as_bytes()),
        "tar" => tar("app/.env", text.as_bytes()),
        "tar.gz" => gzip(&tar("app/.env", text.as_bytes())),
        "zip in zip" => zip(
            "lib/inner.jar",
            &zip("application.properties", text.as_bytes()),
        ),
        other => unreachable!("{other} is no encoding of the corpus"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).expect("memory takes everything");
    writer.finish().expect("memory takes everything")
}

/// A zip archive with one deflated file.
fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).expect("memory takes everything");
    let packed = writer.finish().expect("memory takes everything");
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    let two = |n: usize| u16::try_from(n).expect("small").to_le_bytes();
    let four = |n: usize| u32::try_from(n).expect("small").to_le_bytes();
    // What the local and the central header have in common: version, flags, method, time, sums, lengths.
    let common = [
        &two(20)[..],
        &two(0),
        &two(8),
        &four(0x21_0000),
        &crc.sum().to_le_bytes(),
        &four(packed.len()),
        &four(bytes.len()),
        &two(name.len()),
        &two(0),
    ]
    .concat();
    let local = [&b"PK\x03\x04"[..], &common, name.as_bytes(), &packed].concat();
    let central = [
        &b"PK\x01\x02"[..],
        &two(20),
        &common,
        &[0; 14],
        name.as_bytes(),
    ]
    .concat();
    let end = [
        &b"PK\x05\x06"[..],
        &[0; 4],
        &two(1),
        &two(1),
        &four(central.len()),
        &four(local.len()),
        &two(0),
    ]
    .concat();
    [local, central, end].concat()
}

/// A tar archive (ustar) with one file.
fn tar(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    header[148..156].copy_from_slice(b"        ");
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let padding = vec![0; bytes.len().next_multiple_of(512) - bytes.len() + 1_024];
    [&header[..], bytes, &padding].concat()
}

/// SplitMix64, as its author describes it.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn text(&mut self, class: &str, count: usize) -> Option<String> {
        const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
        const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        const DIGITS: &str = "0123456789";
        let alphabet = match class {
            "b62" => [DIGITS, UPPER, LOWER].concat(),
            "b64" => [DIGITS, UPPER, LOWER, "+/"].concat(),
            "b64u" => [DIGITS, UPPER, LOWER, "-_"].concat(),
            "b58" => "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".to_owned(),
            "letters" => [UPPER, LOWER].concat(),
            "lower" => [DIGITS, LOWER].concat(),
            "upper" => [DIGITS, UPPER].concat(),
            "aws" => ["234567", UPPER].concat(),
            "hex" => "0123456789abcdef".to_owned(),
            "HEX" => "0123456789ABCDEF".to_owned(),
            "dec" => DIGITS.to_owned(),
            "any" => [DIGITS, UPPER, LOWER, "!#%*+-.=?^_~"].concat(),
            _ => return None,
        };
        let alphabet = alphabet.as_bytes();
        let made = (0..count).map(|_| {
            let at = self.next() % alphabet.len() as u64;
            char::from(alphabet[usize::try_from(at).expect("small")])
        });
        Some(made.collect())
    }
}
