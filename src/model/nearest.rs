/// The known name that is closest to a mistyped one: the one that differs in the fewest letters, if these are few.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let scored = known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(name, k), k));
    let (distance, key) = scored.min()?;
    // In a short word, two letters more are another word.
    (distance <= (name.len() / 3).max(1)).then_some(key)
}
