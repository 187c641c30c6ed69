//! The placeholders of templates, `{{name}}`.

/// The template with each placeholder replaced. What is inserted is not searched again.
///
/// # Panics
/// If a placeholder has no value: a test makes each kind of project.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (key, after) = after.split_once("}}").expect("a placeholder is closed");
        let mut known = values.iter();
        let value = known.find(|(name, _)| *name == key);
        let (_, value) = value.unwrap_or_else(|| panic!("the placeholder {key} has no value"));
        text.push_str(before);
        text.push_str(value);
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn what_is_inserted_is_not_searched_again() {
        let values = [("a", "{{b}}"), ("b", "x")];
        assert_eq!(fill("{{a}} {{b}}{{b}}.", &values), "{{b}} xx.");
        assert_eq!(fill("{ } $(a)", &values), "{ } $(a)");
    }
}
