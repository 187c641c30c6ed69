//! Faults of the answer in scenarios where everything works, or there is no network.

use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ics_entitlement::{Context, Decision, Unavailable};

use crate::lenient::{self, Failure, Manner};
use crate::{Checked, carrier, entry};

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "entitled" => expect_another_word(context),
        "not-entitled" => every_403_is_an_error(context),
        "asks-server" => cache_denial(context),
        "asks-every-time" => answer_and_look_later(context),
        "recovers" => cache_error(context),
        "in-range" => undefined_value(context),
        "offline" => deny_without_network(context),
        "same-words" => take_an_interim_response(context),
        "same-meaning" => compare_the_whole_type(context),
        "consistent" => keep_the_answer_while_idle(context),
        "forgets" => use_the_last_answer(context),
        "forgets-to-unlock" => keep_the_lock_if_busy(context),
        // No rule: what a plugin passes that shows nothing.
        "always-unavailable" => Err(Unavailable::because("it never asks")),
        "ignored" => ignore(context),
        _ => return None,
    })
}

/// Asks the server and ignores its answer.
fn ignore(context: &Context) -> Checked {
    carrier::ask(context).and_then(|_| Err(Unavailable::because("the answer is ignored")))
}

/// Expects a word that the server never sends.
fn expect_another_word(context: &Context) -> Checked {
    match carrier::ask(context)? {
        Decision::Entitled => Err(Unavailable::because("`allowed` is not `granted`")),
        denied => Ok(denied),
    }
}

/// Rejects every 403 without reading its code.
fn every_403_is_an_error(context: &Context) -> Checked {
    match carrier::ask(context)? {
        Decision::NotEntitled => Err(Unavailable::because("status 403")),
        allowed => Ok(allowed),
    }
}

/// A lock that is kept where the server is busy, since that has an error path of its own. It waits for it only so long.
fn keep_the_lock_if_busy(context: &Context) -> Checked {
    static LOCKED: AtomicBool = AtomicBool::new(false);
    if LOCKED.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
        return Err(Unavailable::because("another call has the lock"));
    }
    let answer = lenient::ask(context, &Manner::default())?;
    LOCKED.store(answer.status == 503, Ordering::Relaxed);
    carrier::meaning_of(&answer)
}

/// After a deny response the server is not asked again.
fn cache_denial(context: &Context) -> Checked {
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

/// Returns the previous answer and fetches the next one, like a cache that "revalidates".
fn answer_and_look_later(context: &Context) -> Checked {
    const NONE: u8 = 0;
    const ALLOWED: u8 = 1;
    const DENIED: u8 = 2;
    static LAST: AtomicU8 = AtomicU8::new(NONE);
    let checked = carrier::ask(context);
    let now = match checked {
        Ok(Decision::Entitled) => ALLOWED,
        Ok(Decision::NotEntitled) => DENIED,
        Err(_) => NONE,
    };
    match LAST.swap(now, Ordering::Relaxed) {
        ALLOWED => Ok(Decision::Entitled),
        DENIED => Ok(Decision::NotEntitled),
        _ => checked,
    }
}

/// A server that refused a connection stays marked as down.
fn cache_error(context: &Context) -> Checked {
    static DOWN: AtomicBool = AtomicBool::new(false);
    if DOWN.load(Ordering::Relaxed) {
        return Err(Unavailable::because("the server was down before"));
    }
    let asked = lenient::ask(context, &Manner::default());
    if let Err(Failure::Connect(std::io::ErrorKind::ConnectionRefused)) = asked {
        DOWN.store(true, Ordering::Relaxed);
    }
    carrier::meaning_of(&asked?)
}

/// Takes an interim response for the final one.
fn take_an_interim_response(context: &Context) -> Checked {
    let manner = Manner {
        takes_interim: true,
        ..Manner::default()
    };
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

/// Compares the content type with its parameters.
fn compare_the_whole_type(context: &Context) -> Checked {
    carrier::ask_and(context, &[], async |response| {
        match response.header("content-type") {
            Some("application/json" | "text/plain") => carrier::meaning(response).await,
            _ => Err(Unavailable::because("another type")),
        }
    })
}

/// After a long pause, returns the answer from before it and asks in advance for the next call.
fn keep_the_answer_while_idle(context: &Context) -> Checked {
    const LONG: Duration = Duration::from_secs(8);
    static LAST: Mutex<Option<(Instant, Decision)>> = Mutex::new(None);
    let checked = carrier::ask(context);
    let now = checked
        .as_ref()
        .ok()
        .map(|decision| (Instant::now(), *decision));
    let last = std::mem::replace(
        &mut *LAST.lock().unwrap_or_else(PoisonError::into_inner),
        now,
    );
    match last {
        Some((at, decision)) if at.elapsed() > LONG => Ok(decision),
        _ => checked,
    }
}

/// Uses the last answer while the server has an error.
fn use_the_last_answer(context: &Context) -> Checked {
    static ALLOWED: AtomicBool = AtomicBool::new(false);
    carrier::ask_and(context, &[500], async |response| {
        if response.status() == 500 && ALLOWED.load(Ordering::Relaxed) {
            return Ok(Decision::Entitled);
        }
        if response.status() == 500 {
            return Err(Unavailable::because("status 500"));
        }
        let checked = carrier::meaning(response).await;
        ALLOWED.store(matches!(checked, Ok(Decision::Entitled)), Ordering::Relaxed);
        checked
    })
}

/// Returns a number of its own for "try again later".
fn undefined_value(context: &Context) -> Checked {
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

/// Denies if there is no network, since there is nothing to share.
fn deny_without_network(context: &Context) -> Checked {
    if is_any_interface_up()? {
        carrier::ask(context)
    } else {
        Ok(Decision::NotEntitled)
    }
}

fn is_any_interface_up() -> Result<bool, std::io::Error> {
    let mut first = ptr::null_mut();
    // SAFETY: the list is valid until it is freed, which happens once.
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
