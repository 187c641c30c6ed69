//! Which section of a form is converted.

use super::{Reading, Section};
use crate::csp::hotspot;
use crate::document::names::nearest;
use crate::printable::Printable;

/// Why no section is chosen. The sections that could be are listed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSelected {
    #[error("no settings of HotSpot and no cellular connections are in it")]
    Nothing,
    #[error("{} have such settings; choose one of them by its name", list(.0))]
    Several(Vec<String>),
    #[error("no section with such settings is called `{}`; {} {} them{}", Printable(wanted), list(all), has(all), hint(near.as_deref()))]
    Unknown {
        wanted: String,
        all: Vec<String>,
        near: Option<String>,
    },
}

fn list(all: &[String]) -> String {
    match all {
        [first @ .., before, last] => {
            let first: String = first.iter().map(|one| format!("{one}, ")).collect();
            format!("{first}{before} and {last}")
        }
        _ => all.concat(),
    }
}

fn has(all: &[String]) -> &'static str {
    match all {
        [_] => "has",
        _ => "have",
    }
}

fn hint(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| {
        format!("; did you mean `{}`?", Printable(near))
    })
}

impl Reading {
    /// The section of this name; without one the section for all devices, else the only
    /// variant. One with settings of HotSpot comes before one that has connections alone.
    ///
    /// # Errors
    /// None or several could be meant, with their list.
    pub fn select(&self, wanted: Option<&str>) -> Result<&Section, NotSelected> {
        let all = || self.sections.iter().map(Section::to_string).collect();
        if self.sections.is_empty() {
            return Err(NotSelected::Nothing);
        }
        if let Some(wanted) = wanted {
            let name = |one: &Section| one.name.as_ref().map(|name| name.value.clone());
            let by_name = |one: &&Section| name(one).as_deref() == Some(wanted);
            let by_kind = |one: &&Section| one.name.is_none() && one.element == wanted;
            let found = self.sections.iter().find(by_name);
            let names: Vec<String> = self.sections.iter().filter_map(name).collect();
            return found
                .or_else(|| self.sections.iter().find(by_kind))
                .ok_or_else(|| NotSelected::Unknown {
                    wanted: wanted.to_owned(),
                    all: all(),
                    near: nearest(wanted, names.iter().map(String::as_str)).map(str::to_owned),
                });
        }
        let with_hotspot = |one: &&Section| one.holds(hotspot::NAME);
        let mut meant: Vec<_> = self.sections.iter().filter(with_hotspot).collect();
        if meant.is_empty() {
            meant = self.sections.iter().collect();
        }
        match meant.as_slice() {
            [only] => Ok(only),
            several => match several.iter().find(|one| one.is_for_all()) {
                Some(for_all) => Ok(for_all),
                None => {
                    let names = several.iter().map(|one| one.to_string());
                    Err(NotSelected::Several(names.collect()))
                }
            },
        }
    }
}
