//! What a person types, read into what is to be done.

use std::path::PathBuf;
use std::time::Duration;

use ics_device::document::names::{nearest, quoted};
use ics_device::service::{Restart, Via};
use ics_device::simulation::{Action, Crowd, LinkChange};
use ics_device::units::parse_duration;

use crate::ask::NamedScenarios;

/// What a line asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Order {
    /// Something happens to the device.
    Act(Action),
    /// A document arrives, from this file.
    Apply(PathBuf),
    /// Say how things are.
    Status,
    /// Say what time it is.
    Time,
    /// Let that much time pass at once.
    Skip(Duration),
    /// Say what can be typed.
    Help,
    /// Turn the device off and end.
    Quit,
    /// An empty line or a comment.
    Nothing,
}

/// What can be typed, and what it does.
pub(super) const HELP: [(&str, &str); 18] = [
    ("on", "the user turns Internet sharing on"),
    ("off", "the user turns it off"),
    ("join [N] [wifi|bluetooth]", "clients come"),
    (
        "leave [N|all] [wifi|bluetooth]",
        "clients go, the first to come first",
    ),
    ("cut", "the operator's server cannot be reached any more"),
    (
        "server SCENARIO",
        "the server is like this: allow, deny, http/500, dns/silent, …",
    ),
    (
        "connection NAME up|down|gone",
        "a cellular connection changes",
    ),
    ("apply FILE", "a provisioning document arrives"),
    ("settings open|close", "the user opens or closes Settings"),
    (
        "wifi NAME KEY",
        "the user names the Wi-Fi network to share over",
    ),
    ("sim", "the user puts another SIM in"),
    ("operator", "the SIM belongs to another operator"),
    ("reboot", "the device starts anew"),
    ("restart", "the service starts anew"),
    ("status", "how things are"),
    ("time", "what time it is, and what comes next"),
    ("skip SPAN", "let time pass at once: skip 5m"),
    ("quit", "turn the device off; its state stays in the folder"),
];

/// Reads one line.
///
/// # Errors
/// What to type instead.
pub(super) fn read(line: &str) -> Result<Order, String> {
    if line.trim_start().starts_with('#') {
        return Ok(Order::Nothing);
    }
    // In quotes a name may be empty or have spaces.
    let words = shlex::split(line).ok_or("a quote is not closed")?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok(match words.as_slice() {
        [] => Order::Nothing,
        ["on"] | ["turn", "on"] => Order::Act(Action::TurnOn),
        ["off"] | ["turn", "off"] => Order::Act(Action::TurnOff),
        ["join", rest @ ..] => {
            let (count, via) = crowd(rest, "a number from 1 to 1000")?;
            let count = match count {
                Some(Crowd::Some(count)) => count,
                None => 1,
                Some(Crowd::All) => return Err("how many? write `join 3`".to_owned()),
            };
            let via = via.unwrap_or(Via::WiFi);
            Order::Act(Action::Join { count, via })
        }
        ["leave", rest @ ..] => {
            let (count, via) = crowd(rest, "a number from 1 to 1000, all")?;
            let count = count.unwrap_or(Crowd::Some(1));
            Order::Act(Action::Leave { count, via })
        }
        ["cut"] => server("connect/refused")?,
        ["server", name] => server(name)?,
        ["connection", name, change] => {
            let name = (*name).to_owned();
            let change = match *change {
                "up" => LinkChange::Up,
                "down" => LinkChange::Down,
                "gone" => LinkChange::Gone,
                _ => return Err(usage("connection")),
            };
            Order::Act(Action::Connection { name, change })
        }
        ["apply", file] if !file.is_empty() => Order::Apply(PathBuf::from(file)),
        ["settings", "open"] => Order::Act(Action::OpenSettings),
        ["settings", "close"] => Order::Act(Action::CloseSettings),
        ["wifi", ssid, key] => Order::Act(Action::Configure {
            ssid: (*ssid).to_owned(),
            key: (*key).to_owned(),
        }),
        ["apply" | "connection" | "wifi", _, _, ..] => {
            let put = "put what has spaces into quotes";
            return Err(format!("{}, and {put}", usage(words[0])));
        }
        ["sim"] => Order::Act(Action::NewSim),
        ["operator"] => Order::Act(Action::NewOperator),
        ["reboot"] => Order::Act(Action::Restart(Restart::Device)),
        ["restart"] => Order::Act(Action::Restart(Restart::Service)),
        ["status"] => Order::Status,
        ["time"] => Order::Time,
        ["skip", span] => Order::Skip(
            parse_duration(span)
                .map_err(|expected| format!("{} is no time; write {expected}", quoted(span)))?,
        ),
        ["help"] | ["?"] => Order::Help,
        ["quit"] | ["exit"] => Order::Quit,
        [first, ..] => return Err(usage(first)),
    })
}

/// How many, and over what; each at most once.
fn crowd(words: &[&str], many: &str) -> Result<(Option<Crowd>, Option<Via>), String> {
    let (mut count, mut via) = (None, None);
    for word in words {
        let twice = match *word {
            "wifi" => via.replace(Via::WiFi).is_some(),
            "bluetooth" => via.replace(Via::Bluetooth).is_some(),
            "all" => count.replace(Crowd::All).is_some(),
            number => {
                let number: u32 = number
                    .parse()
                    .ok()
                    .filter(|number| (1..=1000).contains(number))
                    .ok_or_else(|| {
                        format!("{} is neither {many} nor wifi or bluetooth", quoted(number))
                    })?;
                count.replace(Crowd::Some(number)).is_some()
            }
        };
        if twice {
            return Err(format!("{} is one too many", quoted(word)));
        }
    }
    Ok((count, via))
}

fn server(name: &str) -> Result<Order, String> {
    if let Some(server) = NamedScenarios::named(name) {
        return Ok(Order::Act(Action::Server(server)));
    }
    let words = format!("no scenario is called {}", quoted(name));
    Err(match nearest(name, NamedScenarios::names()) {
        Some(meant) => format!("{words}; write `server {meant}`"),
        None => format!("{words}; write allow, deny, or a rule such as http/500"),
    })
}

/// What to type instead of a line that begins so.
fn usage(first: &str) -> String {
    let verbs = || {
        HELP.iter()
            .map(|(usage, _)| usage.split(' ').next().unwrap_or(usage))
    };
    let found = HELP.iter().zip(verbs()).find(|(_, verb)| *verb == first);
    match found {
        Some(((usage, _), _)) => format!("write `{usage}`"),
        None => match nearest(first, verbs()) {
            Some(meant) => format!("nothing is called {}; write `{meant}`", quoted(first)),
            None => format!(
                "nothing is called {}; `help` lists what there is",
                quoted(first)
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_help_lists_can_be_typed() {
        for (usage, _) in HELP {
            // The first word of each choice, and something for each blank.
            let line = usage
                .replace(['[', ']'], "")
                .replace("N|all", "2")
                .replace("SCENARIO", "deny")
                .replace("SPAN", "5m")
                .replace(" N ", " 2 ");
            let words: Vec<_> = line
                .split(' ')
                .map(|word| word.split('|').next().unwrap_or(word))
                .collect();
            let line = words.join(" ");
            assert!(read(&line).is_ok(), "{line}: {:?}", read(&line));
        }
    }

    #[test]
    fn slips_are_told_with_what_to_type() {
        for (line, words) in [
            ("jion 3", "nothing is called `jion`; write `join`"),
            (
                "join three",
                "`three` is neither a number from 1 to 1000 nor wifi or bluetooth",
            ),
            (
                "leave al",
                "`al` is neither a number from 1 to 1000, all nor wifi or bluetooth",
            ),
            (
                "wifi My network 12345678",
                "write `wifi NAME KEY`, and put what has spaces into quotes",
            ),
            (
                "join 0",
                "`0` is neither a number from 1 to 1000 nor wifi or bluetooth",
            ),
            ("join 1 2", "`2` is one too many"),
            ("leave wifi bluetooth", "`bluetooth` is one too many"),
            ("wifi 'My network 12345678", "a quote is not closed"),
            (
                "server http/50",
                "no scenario is called `http/50`; write `server http/500`",
            ),
            (
                "connection Internet",
                "write `connection NAME up|down|gone`",
            ),
            (
                "skip 5",
                "`5` is no time; write a number and a unit, such as `30s`, `1500ms`, `5m`, `2h` or `1d`",
            ),
            (
                "dance",
                "nothing is called `dance`; `help` lists what there is",
            ),
        ] {
            assert_eq!(read(line), Err(words.to_owned()));
        }
    }

    #[test]
    fn a_wifi_network_in_quotes_may_have_spaces_or_no_name() {
        for (line, name) in [
            ("wifi P 12345678", "P"),
            ("wifi \"My network\" 12345678", "My network"),
            ("wifi 'Bob\"s' '12345678'", "Bob\"s"),
            ("wifi '' 12345678", ""),
        ] {
            let expected = Order::Act(Action::Configure {
                ssid: name.to_owned(),
                key: "12345678".to_owned(),
            });
            assert_eq!(read(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn a_crowd_can_be_said_in_any_order() {
        let expected = Order::Act(Action::Join {
            count: 3,
            via: Via::Bluetooth,
        });
        assert_eq!(read("join 3 bluetooth"), Ok(expected));
        assert_eq!(
            read("  leave all"),
            Ok(Order::Act(Action::Leave {
                count: Crowd::All,
                via: None
            }))
        );
    }
}
