//! One line of the prompt: a command that makes something happen, as in a
//! timeline, or one for the prompt itself.

use std::path::Path;
use std::time::Duration;

use ics_device::document::Diagnostic;
use ics_device::document::names::{nearest, quoted};
use ics_device::simulation::Action;
use ics_device::simulation::command::{self, COMMANDS, Resources};
use ics_device::units::parse_duration;

use super::super::document;
use crate::ask::NamedScenarios;

/// What a line asks for.
#[derive(Debug, PartialEq)]
pub(super) enum PromptCommand {
    /// Something happens to the device.
    Act(Action),
    /// Print the state of the device.
    Status,
    /// Print the time.
    Time,
    /// Let that much time pass at once.
    Skip(Duration),
    /// Print the commands.
    Help,
    /// Turn the device off and end.
    Quit,
    /// An empty line or a comment.
    Nothing,
}

/// The commands of the prompt alone, and what they do.
const OWN: [(&str, &str); 5] = [
    ("status", "print the state of the device"),
    ("time", "print the time, and when the service acts next"),
    ("skip SPAN", "let time pass at once, such as `skip 5m`"),
    ("help", "list the commands"),
    ("quit", "turn the device off; its state stays in the folder"),
];

/// Every command, and what it does.
pub(super) fn commands() -> impl Iterator<Item = (&'static str, &'static str)> {
    COMMANDS.into_iter().chain(OWN)
}

/// Reads one line.
///
/// # Errors
/// What to type instead.
pub(super) fn read(line: &str) -> Result<PromptCommand, String> {
    let mut words = line.split_whitespace();
    let Some(first) = words.next().filter(|first| !first.starts_with('#')) else {
        return Ok(PromptCommand::Nothing);
    };
    let rest: Vec<_> = words.collect();
    Ok(match (first, rest.as_slice()) {
        ("status", []) => PromptCommand::Status,
        ("time", []) => PromptCommand::Time,
        ("skip", [span]) => PromptCommand::Skip(
            parse_duration(span)
                .map_err(|expected| format!("{} is no time; write {expected}", quoted(span)))?,
        ),
        ("help" | "?", []) => PromptCommand::Help,
        ("quit" | "exit", []) => PromptCommand::Quit,
        _ if let Some((usage, _)) = OWN.iter().find(|(usage, _)| verb(usage) == first) => {
            return Err(format!("write `{usage}`"));
        }
        _ if command::verbs().any(|one| one == first) => act(line)?,
        // A quoted verb is a verb as well; the device's own reader knows quotes.
        _ if first.starts_with(['\'', '"', '\\']) => act(line)?,
        _ => return Err(unknown(first)),
    })
}

fn verb(usage: &str) -> &str {
    usage.split(' ').next().unwrap_or(usage)
}

fn act(line: &str) -> Result<PromptCommand, String> {
    let resources = Resources {
        documents: &|name| document::load(Path::new(name)),
        pushes: &|name| document::load_push(Path::new(name)),
        folder: "the current folder",
        servers: &NamedScenarios,
    };
    match command::parse(line, &resources) {
        Ok(command) => Ok(PromptCommand::Act(command.action)),
        Err(faults) => {
            let faults: Vec<_> = faults.into_iter().map(in_line).collect();
            Err(faults.join("; "))
        }
    }
}

/// A fault in one line: what is wrong, and what to write instead.
pub(super) fn in_line(fault: Diagnostic) -> String {
    match (fault.help, fault.expected) {
        (Some(help), _) => format!("{}; {help}", fault.found),
        (None, Some(expected)) => format!("{}; expected {expected}", fault.found),
        (None, None) => fault.found,
    }
}

fn unknown(first: &str) -> String {
    let found = format!("no command is called {}", quoted(first));
    match nearest(first, commands().map(|(usage, _)| verb(usage))) {
        Some(meant) => format!("{found}; write `{meant}`"),
        None => format!("{found}; `help` lists the commands"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ics_device::service::Via;

    #[test]
    fn the_prompt_takes_its_own_commands_and_those_of_a_timeline() {
        let join = Action::Join {
            count: 3,
            via: Via::Bluetooth,
        };
        for (line, command) in [
            ("", PromptCommand::Nothing),
            ("  # a comment", PromptCommand::Nothing),
            ("status", PromptCommand::Status),
            ("time", PromptCommand::Time),
            ("skip 5m", PromptCommand::Skip(Duration::from_secs(300))),
            ("?", PromptCommand::Help),
            ("exit", PromptCommand::Quit),
            ("join 3 bluetooth # a comment", PromptCommand::Act(join)),
            ("'on'", PromptCommand::Act(Action::TurnOn)),
        ] {
            assert_eq!(read(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn a_mistake_is_answered_with_what_to_type() {
        for (line, words) in [
            ("jion 3", "no command is called `jion`; write `join`"),
            ("stauts", "no command is called `stauts`; write `status`"),
            ("status now", "write `status`"),
            (
                "join three",
                "`join` does not take `three`; expected a number from 1 to 1000, `wifi` or `bluetooth`",
            ),
            (
                "join 0 blue",
                "`join` does not take `0`; expected a number from 1 to 1000, `wifi` or `bluetooth`; \
                 `join` does not take `blue`; expected a number from 1 to 1000, `wifi` or `bluetooth`",
            ),
            (
                "server http/50",
                "no scenario is called `http/50`; write `http/500`; `ics-harness rules` lists them",
            ),
            (
                "skip 5",
                "`5` is no time; write a number and a unit, such as `30s`, `1500ms`, `5m`, `2h` or `1d`",
            ),
            (
                "dance",
                "no command is called `dance`; `help` lists the commands",
            ),
        ] {
            assert_eq!(read(line), Err(words.to_owned()));
        }
    }
}
