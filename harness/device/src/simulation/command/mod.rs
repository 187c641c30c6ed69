//! The commands that make something happen to a device, such as `join 3 wifi`:
//! one language for the events of a timeline and for the prompt of an
//! interactive device.

mod files;
mod split;
#[cfg(test)]
mod tests;

use self::files::{document, push};
use self::split::split;
use super::action::{Action, ClientCount, LinkChange};
use super::server::{ServerState, ServerStates};
use crate::csp::cellular::Whereabouts;
use crate::document::names::{nearest, one_of, quoted};
use crate::document::push::Imsi;
use crate::document::{Diagnostic, Located, Span};
use crate::service::{Restart, Via};

/// Every command, and what it does. Brackets mark what can be left out, capitals
/// what the author fills in.
pub const COMMANDS: [(&str, &str); 15] = [
    ("on", "the user turns Internet sharing on"),
    ("off", "the user turns Internet sharing off"),
    (
        "join [N] [wifi|bluetooth]",
        "N clients (1) connect, over Wi-Fi by default",
    ),
    (
        "leave [N|all] [wifi|bluetooth]",
        "N clients (1) disconnect, the longest connected first",
    ),
    (
        "server SCENARIO",
        "the operator's server changes, such as to deny or http/500",
    ),
    (
        "connection NAME up|down|gone",
        "a cellular connection comes up, goes down or is removed",
    ),
    (
        "roam home|domestic|abroad",
        "the device comes home, into another network of its country, or abroad",
    ),
    ("apply FILE", "the device receives a provisioning document"),
    (
        "push FILE [PIN]",
        "the device receives a push message, for which the user types a PIN",
    ),
    ("settings open|close", "the user opens or closes Settings"),
    (
        "wifi NAME KEY",
        "the user sets name and key of the shared Wi-Fi network",
    ),
    (
        "sim [IMSI]",
        "the user inserts another SIM, with this number if pushes are proven by it",
    ),
    ("operator", "the SIM changes to another operator"),
    ("reboot", "the device restarts"),
    ("restart", "the Internet Sharing service restarts"),
];

/// How many clients one command can move.
const COUNTS: std::ops::RangeInclusive<u32> = 1..=1000;

/// What commands refer to by name.
pub struct Resources<'a> {
    /// Loads a document by its path. An error of the kind `Other` says what is
    /// wrong with a file that was read.
    pub documents: &'a dyn Fn(&str) -> std::io::Result<Vec<u8>>,
    /// Loads a push message by its path, with the same errors.
    pub pushes: &'a dyn Fn(&str) -> std::io::Result<Vec<u8>>,
    /// The folder that paths are relative to, as messages call it.
    pub folder: &'a str,
    /// The states of the operator's server.
    pub servers: &'a dyn ServerStates,
}

/// A command that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    pub action: Action,
    /// Where its first argument stands, for a fault that shows only later.
    pub argument: Option<Span>,
}

/// Reads one command. Words are separated by spaces; quotes and backslashes work
/// as in a POSIX shell, and an unquoted `#` begins a comment.
///
/// # Errors
/// Every fault, with spans that count from the beginning of `text`.
pub fn parse(text: &str, resources: &Resources<'_>) -> Result<Command, Vec<Diagnostic>> {
    let words = split(text).map_err(|fault| vec![fault])?;
    let Some((verb, arguments)) = words.split_first() else {
        let all = Span::new(0, text.len());
        let fault = Diagnostic::error(all, "there is no command").expected(one_of(verbs()));
        return Err(vec![fault]);
    };
    let mut faults = Vec::new();
    let action = action(verb, arguments, resources, &mut faults);
    match action.filter(|_| faults.is_empty()) {
        Some(action) => Ok(Command {
            action,
            argument: arguments.first().map(|word| word.at),
        }),
        None => Err(faults),
    }
}

/// The first word of each command.
pub fn verbs() -> impl Iterator<Item = &'static str> + Clone {
    let first = |(usage, _): &(&'static str, _)| usage.split(' ').next().unwrap_or(usage);
    COMMANDS.iter().map(first)
}

/// A name of a connection that the device does not have.
pub fn unknown_connection<'a>(
    name: &str,
    at: Span,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let found = format!("no connection is called {}", quoted(name));
    or_nearest(Diagnostic::error(at, found), name, known)
}

/// Expects one of these names, and suggests the one that was probably meant.
fn or_nearest<'a>(
    fault: Diagnostic,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let fault = fault.expected(one_of(known.clone()));
    match nearest(name, known) {
        Some(meant) => fault.help(format!("write `{meant}`")),
        None => fault,
    }
}

fn action(
    verb: &Located<String>,
    arguments: &[Located<String>],
    resources: &Resources<'_>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Action> {
    let settings = [
        ("open", Action::OpenSettings),
        ("close", Action::CloseSettings),
    ];
    let changes = [
        ("up", LinkChange::Up),
        ("down", LinkChange::Down),
        ("gone", LinkChange::Gone),
    ];
    Some(match (verb.value.as_str(), arguments) {
        ("on", []) => Action::TurnOn,
        ("off", []) => Action::TurnOff,
        ("join", _) => {
            let (count, via) = clients(verb, arguments, false, faults);
            Action::Join {
                count: match count {
                    Some(ClientCount::Some(count)) => count,
                    Some(ClientCount::All) | None => 1,
                },
                via: via.unwrap_or(Via::WiFi),
            }
        }
        ("leave", _) => {
            let (count, via) = clients(verb, arguments, true, faults);
            Action::Leave {
                count: count.unwrap_or(ClientCount::Some(1)),
                via,
            }
        }
        ("server", [name]) => Action::Server(server(name.as_deref(), resources.servers, faults)?),
        ("connection", [name, change]) => Action::Connection {
            name: name.value.clone(),
            change: choice(verb, change, &changes, faults)?,
        },
        ("roam", [place]) => {
            let places = [
                ("home", Whereabouts::Home),
                ("domestic", Whereabouts::Domestic),
                ("abroad", Whereabouts::Abroad),
            ];
            Action::Roam(choice(verb, place, &places, faults)?)
        }
        ("apply", [file]) => Action::Apply(document(file, resources, faults)?),
        ("push", [file]) => push(file, None, resources, faults)?,
        ("push", [file, pin]) => push(file, Some(pin), resources, faults)?,
        ("settings", [change]) => choice(verb, change, &settings, faults)?,
        ("wifi", [ssid, key]) => Action::Configure {
            ssid: ssid.value.clone(),
            key: key.value.clone(),
        },
        ("sim", []) => Action::NewSim(None),
        ("sim", [digits]) => {
            let imsi = Imsi::new(&digits.value);
            if imsi.is_none() {
                faults.push(not_taken(verb, digits).expected("an IMSI, which has 6 to 15 digits"));
            }
            Action::NewSim(imsi)
        }
        ("operator", []) => Action::NewOperator,
        ("reboot", []) => Action::Restart(Restart::Device),
        ("restart", []) => Action::Restart(Restart::Service),
        _ => {
            faults.push(misused(verb, arguments));
            return None;
        }
    })
}

/// An unknown verb, or a known one with the wrong number of arguments.
fn misused(verb: &Located<String>, arguments: &[Located<String>]) -> Diagnostic {
    let known = COMMANDS
        .iter()
        .zip(verbs())
        .find(|(_, one)| *one == verb.value);
    let Some(((usage, _), verb_name)) = known else {
        let found = format!("no command is called {}", quoted(&verb.value));
        return or_nearest(Diagnostic::error(verb.at, found), &verb.value, verbs());
    };
    let wanted = usage.split(' ').count() - 1;
    if let Some(first) = arguments.get(wanted) {
        let end = arguments
            .last()
            .map_or(first.at.end(), |last| last.at.end());
        let found = match wanted {
            0 => format!("`{verb_name}` takes no argument"),
            1 => format!("`{verb_name}` takes 1 argument, not {}", arguments.len()),
            _ => format!(
                "`{verb_name}` takes {wanted} arguments, not {}",
                arguments.len()
            ),
        };
        let at = Span::new(first.at.start as usize, end as usize);
        let fault = Diagnostic::error(at, found).expected(format!("`{usage}`"));
        return match usage.contains(|one: char| one.is_ascii_uppercase()) {
            true => fault.help(format!("write `{usage}`, with quotes around spaces")),
            false => fault.help(format!("write `{usage}`")),
        };
    }
    Diagnostic::error(verb.at, format!("`{verb_name}` lacks an argument"))
        .expected(format!("`{usage}`"))
        .help(format!("write `{usage}`"))
}

/// One of a few fixed words.
fn choice<T: Clone>(
    verb: &Located<String>,
    word: &Located<String>,
    choices: &[(&str, T)],
    faults: &mut Vec<Diagnostic>,
) -> Option<T> {
    let found = choices.iter().find(|(name, _)| *name == word.value);
    if found.is_none() {
        let names = choices.iter().map(|(name, _)| *name);
        faults.push(or_nearest(not_taken(verb, word), &word.value, names));
    }
    found.map(|(_, value)| value.clone())
}

fn not_taken(verb: &Located<String>, word: &Located<String>) -> Diagnostic {
    let found = format!("`{}` does not take {}", verb.value, quoted(&word.value));
    Diagnostic::error(word.at, found)
}

/// How many clients, and over what; each at most once, in any order.
fn clients(
    verb: &Located<String>,
    words: &[Located<String>],
    or_all: bool,
    faults: &mut Vec<Diagnostic>,
) -> (Option<ClientCount>, Option<Via>) {
    let (mut count, mut via) = (None, None);
    let count_of = |word: &str| match word {
        "all" if or_all => Some(ClientCount::All),
        number => {
            let number = number.parse().ok().filter(|number| COUNTS.contains(number));
            number.map(ClientCount::Some)
        }
    };
    for word in words {
        let again = match word.value.as_str() {
            "wifi" => via.replace(Via::WiFi).map(|_| "Wi-Fi or Bluetooth"),
            "bluetooth" => via.replace(Via::Bluetooth).map(|_| "Wi-Fi or Bluetooth"),
            other => match count_of(other) {
                Some(found) => count.replace(found).map(|_| "the number of clients"),
                None => {
                    let names = ["wifi", "bluetooth", "all"];
                    let names = &names[..if or_all { 3 } else { 2 }];
                    let expected = format!(
                        "a number from {} to {}, {}",
                        COUNTS.start(),
                        COUNTS.end(),
                        one_of(names.iter().copied())
                    );
                    let fault = or_nearest(not_taken(verb, word), other, names.iter().copied());
                    faults.push(fault.expected(expected));
                    None
                }
            },
        };
        if let Some(what) = again {
            let found = format!("{} says {what} a second time", quoted(&word.value));
            faults.push(Diagnostic::error(word.at, found).expected("each at most once"));
        }
    }
    (count, via)
}

/// The server's state with this name.
pub(super) fn server(
    name: Located<&str>,
    servers: &dyn ServerStates,
    faults: &mut Vec<Diagnostic>,
) -> Option<ServerState> {
    match servers.find(name.value) {
        Ok(state) => Some(state),
        Err(unknown) => {
            let found = format!("no scenario is called {}", quoted(name.value));
            let mut fault = Diagnostic::error(name.at, found).expected(unknown.expected);
            fault.help = unknown.help;
            faults.push(fault);
            None
        }
    }
}
