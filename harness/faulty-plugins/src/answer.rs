//! Faults of the answer in worlds where everything works, or nothing does.

use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use ics_entitlement::{Context, Decision, Unavailable};

use crate::lenient::{self, Failure, Manner};
use crate::{Checked, carrier, entry};

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "entitled" => other_words(context),
        "not-entitled" => every_403_is_an_error(context),
        "asks-server" => keep_a_no(context),
        "asks-every-time" => answer_and_look_later(context),
        "recovers" => keep_an_error(context),
        "in-range" => a_value_of_its_own(context),
        "offline" => no_network_is_a_no(context),
        _ => return None,
    })
}

/// It waits for a word that the server never says.
fn other_words(context: &Context) -> Checked {
    match carrier::ask(context)? {
        Decision::Entitled => Err(Unavailable::because("`allowed` is not `granted`")),
        no => Ok(no),
    }
}

/// It asks for the status before it looks at the code.
fn every_403_is_an_error(context: &Context) -> Checked {
    match carrier::ask(context)? {
        Decision::NotEntitled => Err(Unavailable::because("status 403")),
        yes => Ok(yes),
    }
}

/// Who was refused once is not asked for again.
fn keep_a_no(context: &Context) -> Checked {
    static REFUSED: AtomicBool = AtomicBool::new(false);
    if REFUSED.load(Ordering::Relaxed) {
        return Ok(Decision::NotEntitled);
    }
    let checked = carrier::ask(context);
    REFUSED.store(
        matches!(checked, Ok(Decision::NotEntitled)),
        Ordering::Relaxed,
    );
    checked
}

/// It gives the last answer and asks for the next, as caches do that "revalidate".
fn answer_and_look_later(context: &Context) -> Checked {
    const NONE: u8 = 0;
    const YES: u8 = 1;
    const NO: u8 = 2;
    static LAST: AtomicU8 = AtomicU8::new(NONE);
    let checked = carrier::ask(context);
    let now = match checked {
        Ok(Decision::Entitled) => YES,
        Ok(Decision::NotEntitled) => NO,
        Err(_) => NONE,
    };
    match LAST.swap(now, Ordering::Relaxed) {
        YES => Ok(Decision::Entitled),
        NO => Ok(Decision::NotEntitled),
        _ => checked,
    }
}

/// A server that refused a connection stays marked as dead.
fn keep_an_error(context: &Context) -> Checked {
    static DEAD: AtomicBool = AtomicBool::new(false);
    if DEAD.load(Ordering::Relaxed) {
        return Err(Unavailable::because("the server was dead before"));
    }
    let asked = lenient::ask(context, &Manner::default());
    if let Err(Failure::Connect(std::io::ErrorKind::ConnectionRefused)) = asked {
        DEAD.store(true, Ordering::Relaxed);
    }
    carrier::meaning_of(&asked?)
}

/// "Try again later" has a number of its own.
fn a_value_of_its_own(context: &Context) -> Checked {
    const LATER: c_int = 3;
    static IS_LATER: AtomicBool = AtomicBool::new(false);
    entry::afterwards(|answer| {
        if IS_LATER.swap(false, Ordering::Relaxed) {
            LATER
        } else {
            answer
        }
    });
    carrier::ask_and(context, &[503], async |response| {
        IS_LATER.store(response.status() == 503, Ordering::Relaxed);
        match response.status() {
            503 => Err(Unavailable::because("later")),
            _ => carrier::meaning(response).await,
        }
    })
}

/// Without a network there is nothing to be shared, so the answer is no.
fn no_network_is_a_no(context: &Context) -> Checked {
    if is_any_interface_up()? {
        carrier::ask(context)
    } else {
        Ok(Decision::NotEntitled)
    }
}

fn is_any_interface_up() -> Result<bool, std::io::Error> {
    let mut first = ptr::null_mut();
    // SAFETY: the list is walked while it is ours, and given back once.
    unsafe {
        if libc::getifaddrs(&raw mut first) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        let mut up = false;
        let mut next = first;
        while let Some(interface) = next.as_ref() {
            up |= interface.ifa_flags & libc::IFF_UP as u32 != 0;
            next = interface.ifa_next;
        }
        libc::freeifaddrs(first);
        Ok(up)
    }
}
