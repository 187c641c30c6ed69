//! A row of numbers as a row of bars, each of one character.

use std::env;

/// From nothing to the most.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The same for terminals that show ASCII alone.
const ASCII: [char; 9] = [' ', '.', ':', '-', '=', '+', '*', '#', '@'];

/// The characters that bars are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bars(&'static [char; 9]);

impl Bars {
    /// Those that this terminal shows, as the user's locale says.
    pub(super) fn of_terminal() -> Self {
        let set = |name| {
            env::var(name)
                .ok()
                .filter(|value: &String| !value.is_empty())
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        Self::of(locale.as_deref())
    }

    fn of(locale: Option<&str>) -> Self {
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        // Windows has no such variables, and shows them.
        if cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8") {
            Self(&BLOCKS)
        } else {
            Self(&ASCII)
        }
    }

    /// The values as bars, of which one of `most` is the highest. What is not nothing can be seen.
    pub(super) fn draw(self, values: impl IntoIterator<Item = f64>, most: f64) -> String {
        let highest = self.0.len() - 1;
        let bar = |value: f64| {
            if value <= 0.0 || most <= 0.0 {
                return self.0[0];
            }
            // The conversion saturates.
            let level = (value / most * highest as f64).round() as usize;
            self.0[level.clamp(1, highest)]
        };
        values.into_iter().map(bar).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_values() {
        let draw = |locale| Bars::of(locale).draw([0.0, 0.1, 4.0, 8.0], 8.0);
        assert_eq!(draw(Some("de_DE.UTF-8")), " ▁▄█");
        assert_eq!(draw(Some("C.utf8")), " ▁▄█");
        if cfg!(not(windows)) {
            assert_eq!(draw(Some("C")), " .=@");
            assert_eq!(draw(None), " .=@");
        }
        assert_eq!(Bars(&ASCII).draw([0.0, 0.0], 0.0), "  ");
    }
}
