//! Which numbers of the CWE list name one weakness: scanners choose the general or the special one.

/// Numbers that scanners give to one weakness.
const SAME: [&[u32]; 20] = [
    // What is injected into a shell or an interpreter. Bandit and Semgrep give some commands the number of code.
    &[77, 78, 88, 94, 95, 96, 917, 1336],
    &[89, 564, 943],
    &[79, 80, 83, 87, 116],
    &[22, 23, 36, 73, 98],
    &[326, 327, 328, 759, 760, 916],
    &[330, 331, 335, 337, 338],
    &[256, 259, 321, 522, 547, 798],
    &[614, 1004, 1275],
    &[185, 730, 1333],
    &[11, 215, 489],
    &[915, 1321],
    &[287, 345, 347],
    &[183, 346, 942],
    &[611, 776, 827],
    &[295, 297, 322],
    &[276, 277, 279, 732],
    &[605, 668, 1327],
    &[377, 378, 379],
    &[93, 117],
    &[384, 613],
];

/// How far two findings are from being about one weakness: 0 if they share a number, 1 if they have two that are
/// used for one; nothing if they have neither.
pub(super) fn distance(one: &[u32], other: &[u32]) -> Option<u8> {
    let both = |w: &[u32]| one.iter().any(|c| w.contains(c)) && other.iter().any(|c| w.contains(c));
    match one.iter().any(|c| other.contains(c)) {
        true => Some(0),
        false => SAME.iter().any(|w| both(w)).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_one_weakness_are_one() {
        assert_eq!(distance(&[78], &[20, 78]), Some(0));
        assert_eq!(distance(&[732], &[276]), Some(1));
        assert_eq!(distance(&[89], &[78]), None);
        assert_eq!(distance(&[], &[]), None);
        // No number is in two rows.
        let mut all: Vec<u32> = SAME.concat();
        all.sort_unstable();
        let length = all.len();
        all.dedup();
        assert_eq!(all.len(), length);
    }
}
