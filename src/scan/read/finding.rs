//! An item of a report, made into a finding.

use super::Unreadable;
use super::item::Item;
use super::words::{confidence_of, is_advisory, normal_package, own_rule, score_of_level};
use crate::mask::{learn, learn_likely, without};
use crate::model::{Finding, Kind, Region, RepoPath, Score, Step, days_of_date};
use crate::scan::builtin::{SecretKey, redact};
use crate::scan::{Descriptor, scanner_name};

/// Makes a finding of an item at a path, with the way that data takes to it. `of_tool` is what the catalogue knows of the tool, in
/// a format of many.
pub(super) fn finding(
    format: &Descriptor,
    of_tool: Option<(&str, &Descriptor)>,
    mut item: Item,
    (path, mut flow): (RepoPath, Vec<Step>),
    key: &SecretKey,
) -> Result<Finding, Unreadable> {
    let descriptor = of_tool.map_or(format, |(_, d)| d);
    let rule = own_rule(descriptor, item.rule.take().unwrap_or_default());
    let message = item.message.take().unwrap_or_default();
    let secrets = secrets_in(descriptor, &rule, &message, &mut item);
    let of_hash = item.secret_sha1.take().filter(|hash| !hash.is_empty());
    let secret = secrets.first().map(|s| key.identity(s.as_bytes()));
    let secret = secret.or_else(|| of_hash.map(|hash| key.identity_of_sha1(&hash)));
    let kind = if item.package.is_some() {
        Kind::Dependency
    } else {
        item.kind.unwrap_or_else(|| descriptor.kind())
    };
    for value in &secrets {
        match kind {
            Kind::Secret => learn(value),
            // What a scanner of code takes for a credential may be a name.
            _ => learn_likely(value),
        }
    }
    // No text of a report keeps a secret, whichever field it stands in.
    let clean = |text: &str| {
        let cut = secrets.iter().fold(text.to_owned(), |t, s| without(&t, s));
        redact(&cut)
    };
    let message = clean(&message);
    for step in &mut flow {
        step.message = clean(&step.message).into();
    }
    let data = descriptor.rule(&rule);
    let other = descriptor.other_rules();
    let mut advisories = std::mem::take(&mut item.advisories);
    if is_advisory(&rule) {
        advisories.push(rule.clone());
    }
    let mut cwe = std::mem::take(&mut item.cwe);
    cwe.extend(data.iter().flat_map(|d| &d.cwe));
    if cwe.is_empty() {
        cwe.extend(other.iter().flat_map(|o| &o.cwe));
    }
    let tool = item.tool.as_deref().map(scanner_name);
    let canonical = match (&tool, of_tool) {
        (Some(tool), None) => format!("{tool}:{rule}"),
        _ => descriptor.canonical(&rule),
    };
    let score = score_of(&item, (format, descriptor), &rule, &message);
    let title = title_of(item.title.take(), descriptor, &rule, of_tool.is_some());
    Finding::build(
        tool.as_deref().unwrap_or(descriptor.name()),
        &clean(&rule),
        path,
    )
    .canonical(canonical)
    .kind(kind)
    .region(region_of(&item))
    .title(capitalised(&clean(&title)))
    .message(message)
    .score(score)
    .confidence(item.confidence.as_deref().and_then(confidence_of))
    .level(
        item.level
            .or(item.assumed.map(str::to_owned))
            .map(|l| clean(&l)),
    )
    .cwe(cwe)
    .advisories(advisories.into_iter().map(Into::into).collect())
    .package(item.package.map(normal_package))
    .secret(secret)
    .fix(
        data.and_then(|d| d.fix.clone())
            .or(item.fix.map(|f| clean(&f)))
            .or_else(|| other?.fix.clone()),
    )
    .url(item.url.map(|u| clean(&u)))
    .fingerprint(item.fingerprint.map(|f| clean(&f)))
    .suppressed(item.suppressed)
    .published(item.published.as_deref().and_then(days_of_date))
    .epss(
        item.epss
            .filter(|e| (0.0..=1.0).contains(e))
            .map(|e| (e * 10_000.0).round() as u16),
    )
    .kev(item.kev)
    .flow(flow)
    .finish()
    .map_err(|e| Unreadable(e.to_string()))
}

/// The secrets that an item tells, the one that it is about first.
fn secrets_in(descriptor: &Descriptor, rule: &str, message: &str, item: &mut Item) -> Vec<String> {
    let snippet = item.snippet.take();
    let snippet = snippet.filter(|s| descriptor.snippet_is_secret() && !is_cut(s));
    let secret = item.secret.take().or(snippet);
    let mut secrets: Vec<String> = secret.into_iter().filter(|s| !s.is_empty()).collect();
    if let Some(pattern) = descriptor.secret_in_message(rule)
        && let Some(found) = pattern.captures(message).and_then(|c| c.get(1))
        && !found.is_empty()
    {
        secrets.insert(0, found.as_str().to_owned());
    }
    secrets
}

/// How severe an item is: by what is stated of it, what is known of its rule, and its level, in this order.
fn score_of(
    item: &Item,
    (format, descriptor): (&Descriptor, &Descriptor),
    rule: &str,
    message: &str,
) -> Option<Score> {
    let confidence = item.confidence.as_deref();
    let of_vectors = item.cvss.iter().filter_map(|v| Score::of_vector(v)).max();
    of_vectors
        .or_else(|| descriptor.score_of_rule(rule, message))
        .or_else(|| item.score.and_then(Score::new))
        .or_else(|| descriptor.score(item.level.as_deref()?, confidence))
        .or_else(|| format.score(item.level.as_deref()?, confidence))
        .or_else(|| {
            let title = item.title.as_deref().filter(|t| !t.is_empty());
            descriptor.score_of_others(title.unwrap_or(message))
        })
        .or_else(|| score_of_level(item.level.as_deref()?))
        .or_else(|| score_of_level(item.assumed?))
}

/// The title of a rule: what is known of it, or else what the report says.
fn title_of(
    stated: Option<String>,
    descriptor: &Descriptor,
    rule: &str,
    is_of_tool: bool,
) -> String {
    let known = descriptor.rule(rule).and_then(|d| d.title.clone());
    let of_others = || descriptor.title_of_others(rule);
    known
        // A format of many tools may have a title of its own.
        .or_else(|| of_others().filter(|_| !is_of_tool))
        .or(stated)
        .or_else(of_others)
        .unwrap_or_default()
}

fn region_of(item: &Item) -> Option<Region> {
    item.line.filter(|l| *l > 0).map(|line| Region {
        line,
        column: item.column.filter(|c| *c > 0),
        end_line: item.end_line.unwrap_or(line).max(line),
        end_column: item.end_column.filter(|c| *c > 0),
    })
}

/// Whether a scanner shows only a part of a secret, or nothing of it.
fn is_cut(snippet: &str) -> bool {
    snippet.contains("REDACTED") || snippet.ends_with("...")
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
