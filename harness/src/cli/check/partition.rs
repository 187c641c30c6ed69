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

/// A variable that says which part a job is, and those that say how many there are and how they are numbered.
struct System {
    name: &'static str,
    part: &'static str,
    /// The number of the first job, unless a variable says otherwise.
    usual_first: usize,
    /// The number of the first job.
    first: Option<&'static str>,
    /// How far the numbers of two jobs are apart.
    step: Option<&'static str>,
    of: &'static str,
}

const SYSTEMS: &[System] = &[
    System {
        name: "Slurm",
        part: "SLURM_ARRAY_TASK_ID",
        usual_first: 1,
        first: Some("SLURM_ARRAY_TASK_MIN"),
        step: Some("SLURM_ARRAY_TASK_STEP"),
        of: "SLURM_ARRAY_TASK_COUNT",
    },
    System {
        name: "GitLab",
        part: "CI_NODE_INDEX",
        usual_first: 1,
        first: None,
        step: None,
        of: "CI_NODE_TOTAL",
    },
    System {
        name: "CircleCI",
        part: "CIRCLE_NODE_INDEX",
        usual_first: 0,
        first: None,
        step: None,
        of: "CIRCLE_NODE_TOTAL",
    },
    // Kubernetes does not say how many there are.
    System {
        name: "Kubernetes",
        part: "JOB_COMPLETION_INDEX",
        usual_first: 0,
        first: None,
        step: None,
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
            let help = match variable("GITHUB_ACTIONS") {
                Some(_) => {
                    "GitHub tells a job of a matrix nothing: write ${{ matrix.part }}/${{ strategy.job-total }}"
                }
                None => "write K/N, such as 2/4",
            };
            return Err(format!("none of {} is set; {help}", names.join(", ")));
        };
        let value = |name: &str, text: String| {
            number(&text).map_err(|error| format!("{name} of {}: {error}", system.name))
        };
        let optional = |name: Option<&str>| {
            let found = name.and_then(|name| Some((name, variable(name)?)));
            found.map(|(name, text)| value(name, text)).transpose()
        };
        let index = value(system.part, part)?;
        let (index_of_part, of) = match (of, optional(Some(system.of))?) {
            // One task that is made again has an array of its own: its number still means what it did.
            (Some(of), _) => (index.checked_sub(system.usual_first), of),
            (None, Some(of)) => {
                let first = optional(system.first)?.unwrap_or(system.usual_first);
                if of == 1 && index > system.usual_first {
                    return Err(format!(
                        "{} is {index}, and {} is 1: if this is one of several tasks that is made again, write auto/N with the number of all",
                        system.part, system.of
                    ));
                }
                let step = optional(system.step)?.unwrap_or(1).max(1);
                (index.checked_sub(first).map(|index| index / step), of)
            }
            (None, None) => {
                return Err(format!(
                    "{} is not set, which says how many parts there are; write auto/N",
                    system.of
                ));
            }
        };
        let index = index_of_part.ok_or_else(|| {
            format!(
                "{} is {index}; the first part is {}",
                system.part, system.usual_first
            )
        })?;
        Self::new(index.saturating_add(1), of)
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
        // sbatch --array=1-7:2
        let steps = [
            ("SLURM_ARRAY_TASK_ID", "5"),
            ("SLURM_ARRAY_TASK_MIN", "1"),
            ("SLURM_ARRAY_TASK_STEP", "2"),
            ("SLURM_ARRAY_TASK_COUNT", "4"),
        ];
        assert_eq!(found(None, &steps), part(3, 4));
    }

    #[test]
    fn a_task_that_is_made_again_is_the_part_that_it_was() {
        // sbatch --array=3
        let again = [
            ("SLURM_ARRAY_TASK_ID", "3"),
            ("SLURM_ARRAY_TASK_MIN", "3"),
            ("SLURM_ARRAY_TASK_COUNT", "1"),
        ];
        assert_eq!(found(Some(4), &again), Ok(Partition { part: 3, of: 4 }));
        let all = found(None, &again).unwrap_err();
        assert!(all.contains("write auto/N"), "{all}");
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
        let github = found(None, &[("GITHUB_ACTIONS", "true")]).unwrap_err();
        assert!(github.contains("strategy.job-total"), "{github}");
        let word = found(Some(2), &[("CI_NODE_INDEX", "x")]).unwrap_err();
        assert_eq!(word, "CI_NODE_INDEX of GitLab: `x` is not a number");
        let none = found(Some(2), &[("SLURM_ARRAY_TASK_ID", "0")]).unwrap_err();
        assert_eq!(none, "SLURM_ARRAY_TASK_ID is 0; the first part is 1");
        let large = [("JOB_COMPLETION_INDEX", "18446744073709551615")];
        assert!(found(Some(2), &large).is_err());
        for text in ["0/2", "3/2", "1", "x/2", ""] {
            assert!(Partition::from_str(text).is_err(), "{text}");
        }
    }
}
