//! Parts put together to messages.

use super::header::{Concatenation, Ports, Reference};
use super::text::Part;
use crate::document::names::count;
use crate::document::{Diagnostic, Diagnostics};

/// A message whose parts are all there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The sender of a DELIVER, the receiver of a SUBMIT; none is known of user data alone.
    pub number: Option<String>,
    pub reference: Option<Reference>,
    pub parts: usize,
    /// A push, or the document itself where the text held no more.
    pub bytes: Vec<u8>,
}

/// What came of the parts.
#[derive(Clone, Debug, Default)]
pub struct Joined {
    /// The whole messages, in the order in which they begin in the sources.
    pub messages: Vec<Message>,
    /// For each source what is wrong in it.
    pub faults: Vec<Diagnostics>,
}

/// Joins the parts of several sources: parts of one message have the same number, reference and number of parts. Order
/// means nothing, and a part that comes twice counts once if both say the same.
pub fn join(sources: &[Vec<Part>]) -> Joined {
    let mut joined = Joined {
        messages: Vec::new(),
        faults: vec![Diagnostics::new(); sources.len()],
    };
    let all: Vec<_> = sources
        .iter()
        .enumerate()
        .flat_map(|(source, parts)| parts.iter().map(move |part| (source, part)))
        .collect();
    let mut taken = vec![false; all.len()];
    for (index, &(source, first)) in all.iter().enumerate() {
        if taken[index] {
            continue;
        }
        if let Some(fault) = wrong_port(first) {
            let refuses = fault.level == crate::document::Level::Error;
            joined.faults[source].push(fault);
            if refuses {
                continue;
            }
        }
        let Some(concatenation) = first.header.concatenation else {
            joined.messages.push(Message {
                number: first.number.clone(),
                reference: None,
                parts: 1,
                bytes: first.payload.clone(),
            });
            continue;
        };
        let mut slots = vec![None; usize::from(concatenation.parts)];
        let mut complete = true;
        for (later, &(source, part)) in all.iter().enumerate().skip(index) {
            let Some(of) = same_message(first, part) else {
                continue;
            };
            taken[later] = true;
            // A part is from 1 up to the number of parts: its header was read so.
            let slot: &mut Option<&Part> = &mut slots[usize::from(of.part) - 1];
            match slot {
                Some(known) if known.payload != part.payload => {
                    joined.faults[source].push(twice(of, part));
                    complete = false;
                }
                Some(_) => joined.faults[source].push(Diagnostic::note(
                    part.at,
                    format!("part {} of {} once more; it counts once", of.part, of.parts),
                )),
                None => *slot = Some(part),
            }
        }
        if slots.iter().any(Option::is_none) {
            joined.faults[source].push(missing(concatenation, &slots, first));
            complete = false;
        }
        if complete {
            let payloads = slots.iter().flatten().map(|part| part.payload.as_slice());
            joined.messages.push(Message {
                number: first.number.clone(),
                reference: Some(concatenation.reference),
                parts: slots.len(),
                bytes: payloads.collect::<Vec<_>>().concat(),
            });
        }
    }
    joined
}

/// The second one's place, if both are parts of one message.
fn same_message(first: &Part, part: &Part) -> Option<Concatenation> {
    let (one, other) = (first.header.concatenation?, part.header.concatenation?);
    let is_same =
        first.number == part.number && one.reference == other.reference && one.parts == other.parts;
    is_same.then_some(other)
}

fn twice(of: Concatenation, part: &Part) -> Diagnostic {
    let found = format!(
        "part {} of {} once more, with other content",
        of.part, of.parts
    );
    Diagnostic::error(part.at, found)
        .expected(format!("one part {} of the message with {}", of.part, of.reference))
        .help("leave out the one that belongs to another message: references come again after some time")
}

fn missing(of: Concatenation, slots: &[Option<&Part>], first: &Part) -> Diagnostic {
    let numbers: Vec<_> = (1..)
        .zip(slots)
        .filter(|(_, slot)| slot.is_none())
        .map(|(number, _): (u32, _)| number.to_string())
        .collect();
    let parts = if numbers.len() == 1 { "part" } else { "parts" };
    let found = format!(
        "{} of {} with {}; {parts} {} missing",
        slots.len() - numbers.len(),
        count(slots.len(), "part"),
        of.reference,
        match numbers.as_slice() {
            [only] => format!("{only} is"),
            many => format!("{} are", many.join(", ")),
        }
    );
    Diagnostic::error(first.at, found)
        .expected("all parts of the message")
        .help(
            "add the missing parts, in this file or in a further one; their order does not matter",
        )
}

/// What is wrong with the port, if something is.
fn wrong_port(part: &Part) -> Option<Diagnostic> {
    let Some(ports) = part.header.ports else {
        return part.header.concatenation.map(|_| {
            Diagnostic::warning(part.at, "no port in the user data header")
                .expected(format!("port {}, a push", Ports::PUSH.destination))
                .help("unless the gateway adds it: have it sent with 05040b8423f0 in the header")
        });
    };
    let port = ports.destination;
    if port == Ports::PUSH.destination {
        return None;
    }
    let what = match port {
        Ports::SECURE_PUSH => ", a push over WTLS, which is not read here",
        Ports::OTA_SETTINGS => {
            ", the older settings of Nokia and Ericsson, which are no OMA Client Provisioning"
        }
        _ => "",
    };
    Some(
        Diagnostic::error(part.at, format!("a message to port {port}{what}"))
            .expected(format!("port {}, a push", Ports::PUSH.destination)),
    )
}
