//! A part of the plugins for each of several machines.

use std::str::FromStr;

use crate::report;

/// Which part of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Partition {
    /// From 1.
    part: usize,
    of: usize,
}

impl FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let variable = |name: &str| std::env::var(name).ok();
        match text.split_once('/') {
            None if text == "auto" => Self::found(None, variable),
            Some(("auto", of)) => Self::found(Some(number(of)?), variable),
            Some((part, of)) => Self::new(number(part)?, number(of)?),
            None => Err("expected K/N, such as 2/4, or auto or auto/N".to_owned()),
        }
    }
}

/// A variable that says which part a job is, counted from `first`, and those that say how many there are.
struct System {
    name: &'static str,
    part: &'static str,
    first: First,
    of: &'static str,
}

/// Which number the first job has.
enum First {
    Number(usize),
    /// The value of a variable.
    Variable(&'static str),
}

const SYSTEMS: &[System] = &[
    System {
        name: "Slurm",
        part: "SLURM_ARRAY_TASK_ID",
        first: First::Variable("SLURM_ARRAY_TASK_MIN"),
        of: "SLURM_ARRAY_TASK_COUNT",
    },
    System {
        name: "GitLab",
        part: "CI_NODE_INDEX",
        first: First::Number(1),
        of: "CI_NODE_TOTAL",
    },
    System {
        name: "CircleCI",
        part: "CIRCLE_NODE_INDEX",
        first: First::Number(0),
        of: "CIRCLE_NODE_TOTAL",
    },
    // Kubernetes does not say how many there are.
    System {
        name: "Kubernetes",
        part: "JOB_COMPLETION_INDEX",
        first: First::Number(0),
        of: "JOB_COMPLETIONS",
    },
];

impl Partition {
    fn new(part: usize, of: usize) -> Result<Self, String> {
        if part == 0 || part > of {
            return Err(format!(
                "there is no part {part} of {of}; the first part is 1/{of}"
            ));
        }
        Ok(Self { part, of })
    }

    /// The part that the environment of a job names.
    fn found(of: Option<usize>, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let found = SYSTEMS
            .iter()
            .find_map(|system| Some((system, variable(system.part)?)));
        let Some((system, part)) = found else {
            let names: Vec<&str> = SYSTEMS.iter().map(|system| system.part).collect();
            return Err(format!(
                "none of {} is set; write K/N, such as 2/4",
                names.join(", ")
            ));
        };
        let value = |name: &str, text: String| {
            number(&text).map_err(|error| format!("{name} of {}: {error}", system.name))
        };
        let first = match system.first {
            First::Number(first) => first,
            First::Variable(name) => variable(name).map_or(Ok(0), |text| value(name, text))?,
        };
        let part = (value(system.part, part)? + 1)
            .checked_sub(first)
            .ok_or_else(|| format!("{} is less than {first}", system.part))?;
        let of = match (of, variable(system.of)) {
            (Some(of), _) => of,
            (None, Some(text)) => value(system.of, text)?,
            (None, None) => {
                return Err(format!(
                    "{} is not set, which says how many parts there are; write auto/N",
                    system.of
                ));
            }
        };
        Self::new(part, of)
    }

    /// As the report has it.
    pub(super) fn recorded(self) -> report::Partition {
        let Self { part, of } = self;
        report::Partition { part, of }
    }

    /// Every N-th of the items, so that each part has as many as another one, or one more.
    pub(super) fn of<T>(self, items: Vec<T>) -> Vec<T> {
        let mine = |index: usize| index % self.of == self.part - 1;
        let items = items.into_iter().enumerate();
        items
            .filter(|(index, _)| mine(*index))
            .map(|(_, item)| item)
            .collect()
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(of: Option<usize>, variables: &[(&str, &str)]) -> Result<Partition, String> {
        Partition::found(of, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn each_item_is_in_one_part() {
        let parts = [1, 2, 3].map(|part| Partition::new(part, 3).unwrap().of(vec![0, 1, 2, 3, 4]));
        assert_eq!(parts, [vec![0, 3], vec![1, 4], vec![2]]);
    }

    #[test]
    fn the_environment_of_a_job_names_the_part() {
        let part = |part, of| Ok(Partition { part, of });
        let slurm = [
            ("SLURM_ARRAY_TASK_ID", "12"),
            ("SLURM_ARRAY_TASK_MIN", "10"),
            ("SLURM_ARRAY_TASK_COUNT", "4"),
        ];
        assert_eq!(found(None, &slurm), part(3, 4));
        let gitlab = [("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")];
        assert_eq!(found(None, &gitlab), part(1, 2));
        let circle = [("CIRCLE_NODE_INDEX", "1"), ("CIRCLE_NODE_TOTAL", "2")];
        assert_eq!(found(None, &circle), part(2, 2));
        let kubernetes = [("JOB_COMPLETION_INDEX", "0")];
        assert_eq!(found(Some(5), &kubernetes), part(1, 5));
    }

    #[test]
    fn what_does_not_fit_says_why() {
        let kubernetes = [("JOB_COMPLETION_INDEX", "0")];
        let without = found(None, &kubernetes).unwrap_err();
        assert!(without.contains("write auto/N"), "{without}");
        assert!(
            found(None, &[])
                .unwrap_err()
                .contains("none of SLURM_ARRAY_TASK_ID")
        );
        let word = found(Some(2), &[("CI_NODE_INDEX", "x")]).unwrap_err();
        assert_eq!(word, "CI_NODE_INDEX of GitLab: `x` is not a number");
        for text in ["0/2", "3/2", "1", "x/2", ""] {
            assert!(Partition::from_str(text).is_err(), "{text}");
        }
    }
}
