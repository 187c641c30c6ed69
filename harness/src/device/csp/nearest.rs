//! The name that was probably meant.

/// The candidate that is nearest to `name`, if it is near enough that a slip of
/// the pen explains the difference.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .map(|one| {
            let distance = strsim::damerau_levenshtein(&lower, &one.to_lowercase());
            (distance, one)
        })
        .filter(|(distance, one)| *distance <= one.len().div_ceil(4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, one)| one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let names = ["MaxUsers", "MaxBluetoothUsers", "Enabled"];
        for (written, meant) in [
            ("maxusers", Some("MaxUsers")),
            ("MaxUser", Some("MaxUsers")),
            ("Enabeld", Some("Enabled")),
            ("MaxBlueToothUser", Some("MaxBluetoothUsers")),
            ("Colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, names), meant, "{written}");
        }
    }
}
