/// The items of a list in their order. The list's memory is given back on the way, so that what is made of a
/// hundred thousand items takes the place of the items.
pub fn drained<T>(mut list: Vec<T>) -> impl Iterator<Item = T> {
    const STEP: usize = 4_096;
    list.reverse();
    std::iter::from_fn(move || {
        let item = list.pop()?;
        if list.len().is_multiple_of(STEP) {
            list.shrink_to_fit();
        }
        Some(item)
    })
}
