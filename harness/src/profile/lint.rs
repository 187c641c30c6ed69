//! What in a profile is allowed and probably not meant.

use ics_device::document::names::quoted;

use super::{Profile, Step, Text};

/// What is probably not meant, as sentences.
pub fn lint(profile: &Profile) -> Vec<String> {
    let mut found = Vec::new();
    let issued = issued_names(profile);
    for (number, step) in profile.steps.iter().enumerate() {
        for (kind, name, pattern) in step.matcher.patterns() {
            for wanted in pattern
                .issued()
                .filter(|wanted| !issued.iter().any(|one| one == wanted))
            {
                let place = if name.is_empty() {
                    kind.to_owned()
                } else {
                    format!("{kind} {}", quoted(&name))
                };
                found.push(format!(
                    "the step {} wants an issued value {} in its {place}, and no template issues it; write \
                     {{{{ issue('{wanted}') }}}} in an earlier response",
                    quoted(&step.name),
                    quoted(wanted),
                ));
            }
        }
        let same = profile.steps[..number]
            .iter()
            .find(|other| other.matcher == step.matcher);
        if let Some(other) = same {
            found.push(format!(
                "the steps {} and {} have the same conditions, so that every request belongs to the second one; add a \
                 condition in which they differ",
                quoted(&other.name),
                quoted(&step.name),
            ));
        }
        if profile.steps.len() > 1 && step.matcher.is_empty() {
            found.push(format!(
                "the step {} has no condition, so that it takes every request that fits no other step",
                quoted(&step.name)
            ));
        }
    }
    if profile.member.is_none() {
        found.push(
            "no `deciding` member is named, so that the rules about a wrong value of it do not apply".to_owned(),
        );
    }
    found
}

/// The names of the values that templates issue.
fn issued_names(profile: &Profile) -> Vec<String> {
    let named = |step: &'_ Step| {
        step.named
            .iter()
            .map(|one| one.response.clone())
            .collect::<Vec<_>>()
    };
    let mut names = Vec::new();
    for step in &profile.steps {
        let responses = [step.allow.clone()]
            .into_iter()
            .chain(step.deny.clone())
            .chain(named(step));
        for response in responses {
            let headers = response.headers.into_iter().map(|(_, value)| value);
            for text in [response.body].into_iter().chain(headers) {
                if let Text::Template(name) = text {
                    names.extend(profile.templates.issues(&name));
                }
            }
        }
    }
    names
}
