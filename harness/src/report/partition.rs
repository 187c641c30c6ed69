//! The parts that several machines examine, as the report records them.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most missing parts that are named one by one.
const NAMED: usize = 8;

/// Which part of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Partition {
    /// From 1.
    pub part: usize,
    pub of: usize,
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "part {} of {}", self.part, self.of)
    }
}

/// The parts that are missing of a report that was merged of parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MissingParts {
    /// Their numbers, from 1.
    pub parts: Vec<usize>,
    pub of: usize,
}

impl MissingParts {
    /// Those that are not among the `given` ones; none if all are there.
    pub(super) fn of(of: usize, given: &BTreeSet<usize>) -> Option<Self> {
        let parts: Vec<usize> = (1..=of).filter(|part| !given.contains(part)).collect();
        (!parts.is_empty()).then_some(Self { parts, of })
    }
}

impl fmt::Display for MissingParts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.of;
        if let [only] = self.parts.as_slice() {
            return write!(formatter, "part {only} of {of} is missing");
        }
        let named: Vec<String> = self
            .parts
            .iter()
            .take(NAMED)
            .map(usize::to_string)
            .collect();
        let named = named.join(", ");
        match self.parts.len().saturating_sub(NAMED) {
            0 => write!(formatter, "parts {named} of {of} are missing"),
            more => write!(
                formatter,
                "parts {named} and {more} more of {of} are missing"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_parts_are_named() {
        let missing = |of, given: &[usize]| {
            let given = given.iter().copied().collect();
            MissingParts::of(of, &given).map(|missing| missing.to_string())
        };
        assert_eq!(missing(2, &[1, 2]), None);
        assert_eq!(missing(4, &[1, 2, 3]).unwrap(), "part 4 of 4 is missing");
        assert_eq!(missing(4, &[2, 3]).unwrap(), "parts 1, 4 of 4 are missing");
        assert_eq!(
            missing(12, &[1]).unwrap(),
            "parts 2, 3, 4, 5, 6, 7, 8, 9 and 3 more of 12 are missing"
        );
    }
}
