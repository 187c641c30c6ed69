//! A profile as a sequence, for people.

use ics_device::printable::Printable;

use super::{Profile, Response, Step, Text};

/// The longest body that is shown, in characters.
const MAX_BODY: usize = 60;

/// The requests and responses of a check, in order.
pub fn sequence(profile: &Profile) -> String {
    let mut text = format!("{}\n", Printable(&profile.name));
    let ports = |ports: &[u16]| {
        ports
            .iter()
            .map(u16::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    text += &format!(
        "  ports     https {}, http {}\n",
        ports(&profile.https_ports),
        ports(&profile.http_ports)
    );
    if let Some(deadline) = profile.deadline {
        text += &format!("  deadline  {} s\n", deadline.as_secs_f64());
    }
    for (number, step) in profile.steps.iter().enumerate() {
        let decides = if number == profile.deciding {
            ", which decides"
        } else {
            ""
        };
        text += &format!("\n  {}. {}{decides}\n", number + 1, step.name);
        text += &format!("     plugin → server   {}\n", request(step));
        for (kind, name, pattern) in step
            .matcher
            .patterns()
            .filter(|(kind, _, _)| *kind != "host")
        {
            text += &format!(
                "                         {kind} {}: {}\n",
                Printable(&name),
                Printable(pattern)
            );
        }
        text += &format!(
            "     server → plugin   allow        {}\n",
            response(&step.allow)
        );
        if number == profile.deciding
            && let Some(member) = &profile.member
        {
            text += &format!(
                "                                    decided by {}\n",
                Printable(member)
            );
        }
        for deny in &step.deny {
            text += &format!("                       deny         {}\n", response(deny));
        }
        for named in &step.named {
            text += &format!(
                "                       {:<12} {}, the plugin returns {}\n",
                named.name,
                response(&named.response),
                named.answer.name()
            );
        }
    }
    text
}

/// The request of a step in one line.
fn request(step: &Step) -> String {
    let matcher = &step.matcher;
    let method = if matcher.methods.is_empty() {
        "any method".to_owned()
    } else {
        matcher.methods.join("|")
    };
    let path = matcher.path.as_deref().unwrap_or("any path");
    let host = matcher
        .host
        .as_ref()
        .map(|host| format!(" to {host}"))
        .unwrap_or_default();
    let port = matcher
        .port
        .map(|port| format!(", port {port}"))
        .unwrap_or_default();
    Printable(format!("{method} {path}{host}{port}")).to_string()
}

fn response(response: &Response) -> String {
    let body = match &response.body {
        Text::Fixed(bytes) => {
            let line = String::from_utf8_lossy(bytes)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            let shown: String = line.chars().take(MAX_BODY).collect();
            if shown.len() < line.len() {
                format!("{shown}…")
            } else {
                shown
            }
        }
        Text::Template(_) => "a template".to_owned(),
    };
    match body.as_str() {
        "" => format!("{} without a body", response.status),
        body => Printable(format!(
            "{} {}: {body}",
            response.status, response.content_type
        ))
        .to_string(),
    }
}
