//! Loading and unloading.

use super::answer::{judge_yes, tell};
use super::fault::broke_off_in_call;
use super::rule::{Examination, Examined, Judgement, Level, Place, Rule, Run};
use super::scripts::ONE_CALL;
use crate::worker::script::{On, Step};
use crate::world::transcript::Event;
use crate::world::{Dns, Link, Tcp, World};

/// How many load–call–unload rounds a host must survive.
const WEAR: u32 = 2200;
/// Thread-local keys that may be gone after all of them: what one image may keep.
const KEYS_ROOM: u32 = 16;
/// How much private memory may grow over some rounds, in KiB.
const MEMORY_ROOM: u64 = 1024;
/// How much private memory may grow over 2,200 rounds, in KiB.
const WEAR_ROOM: u64 = 4096;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "load/succeeds",
        level: Level::Must,
        title: "It loads with every symbol bound, within the deadline, with no network at all.",
        clause: "During an entitlement check the Internet Sharing service loads the specified DLL.",
        expected: "Loaded and unloaded without an error.",
        cure: "Link every library that it needs, and do nothing that can fail in constructors or DllMain.",
        examination: Examination::Run(Run {
            world: World {
                link: Link::Down,
                ..World::ALLOW
            },
            script: &[Step::Load { on: On::Main }, Step::Unload { on: On::Main }],
            place: Place::Usual,
            judge: succeeds,
        }),
    },
    Rule {
        id: "load/quiet",
        level: Level::Should,
        title: "Loading prints nothing, starts no thread or process, opens no connection.",
        clause: "The loader's lock is held while constructors run, and the service has not asked for anything yet.",
        expected: "Nothing printed, started or opened by loading.",
        cure: "Move the work from constructors or DllMain into the call.",
        examination: Examination::Run(Run {
            world: World::ALLOW,
            script: &[
                Step::Snapshot,
                Step::Load { on: On::Main },
                Step::Snapshot,
                Step::Unload { on: On::Main },
            ],
            place: Place::Usual,
            judge: quiet,
        }),
    },
    Rule {
        id: "load/anywhere",
        level: Level::Should,
        title: "It loads from a read-only folder whose name has spaces and non-ASCII letters, with another current folder.",
        clause: "EntitlementDll is a string that represents a valid file system path to the entitlement DLL.",
        expected: "Loaded, and the same answer as from its usual place.",
        cure: "Find files from the library's own place, not from the current folder, and write none beside it.",
        examination: Examination::Run(Run {
            world: World::ALLOW,
            script: ONE_CALL,
            place: Place::Elsewhere,
            judge: anywhere,
        }),
    },
    Rule {
        id: "load/unload",
        level: Level::Must,
        title: "After call and unload the process lives on for a second, other threads working, and exits cleanly.",
        clause: "The service goes on after it has unloaded the DLL; what the DLL left running runs into nothing.",
        expected: "Alive a second after unloading, also when a late answer of DNS arrives, and a clean exit.",
        cure: "Join every thread before the call returns, a resolver's too, or keep the library loaded while one is late.",
        examination: Examination::Run(Run {
            world: World::ALLOW,
            script: &[
                Step::Load { on: On::Main },
                Step::Call {
                    on: On::Main,
                    times: 1,
                },
                Step::Shift(World {
                    dns: Dns::Silent,
                    ..World::ALLOW
                }),
                Step::Call {
                    on: On::Main,
                    times: 1,
                },
                Step::Unload { on: On::Main },
                Step::Shift(World::ALLOW),
                Step::LiveOn { milliseconds: 1000 },
            ],
            place: Place::Usual,
            judge: lives_on,
        }),
    },
    Rule {
        id: "load/unmapped",
        level: Level::Should,
        title: "After the calling thread has ended, unloading removes it from the address space.",
        clause: "A library that stays mapped is the old one, even after an update replaced the file.",
        expected: "Not mapped any more.",
        cure: "Leave no pending thread-local destructor and no pin; link without -z nodelete.",
        examination: Examination::Run(Run {
            world: World::ALLOW,
            script: &[
                Step::Begin {
                    thread: 1,
                    stack: None,
                },
                Step::Load { on: On::Main },
                Step::Call {
                    on: On::Thread(1),
                    times: 1,
                },
                Step::End { thread: 1 },
                Step::Unload { on: On::Main },
                Step::Snapshot,
            ],
            place: Place::Usual,
            judge: unmapped,
        }),
    },
    Rule {
        id: "load/reload",
        level: Level::Must,
        title: "40 load–call–unload rounds, on one thread and on short-lived ones, give the same answer and use nothing up.",
        clause: "The service loads the DLL anew for each check.",
        expected: "The same answer each time; no more descriptors or threads, and less than 1 MiB more memory.",
        cure: "Free in the call all that the call took; what must live longer has to be freed when the library is unloaded.",
        examination: Examination::Run(Run {
            world: World::ALLOW,
            script: &[
                Step::Rounds {
                    count: 5,
                    own_thread: false,
                },
                Step::Snapshot,
                Step::Rounds {
                    count: 20,
                    own_thread: false,
                },
                Step::Rounds {
                    count: 20,
                    own_thread: true,
                },
                Step::Snapshot,
            ],
            place: Place::Usual,
            judge: reload,
        }),
    },
    Rule {
        id: "load/wears-out",
        level: Level::Must,
        title: "2,200 load–call–unload rounds do not use up the host.",
        clause: "The service loads the DLL anew for each check, for as long as the device runs.",
        expected: "2,200 rounds with the same answer, all thread-local keys still to be had, no more descriptors.",
        cure: "Give back thread-local keys when the library is unloaded (Rust's standard library does not: use the SDK's ledger, or pin the library).",
        examination: Examination::Run(Run {
            world: World {
                tcp: Tcp::Refuses,
                ..World::ALLOW
            },
            script: &[
                Step::Rounds {
                    count: 5,
                    own_thread: false,
                },
                Step::Snapshot,
                Step::Rounds {
                    count: WEAR,
                    own_thread: false,
                },
                Step::Snapshot,
            ],
            place: Place::Usual,
            judge: wears_out,
        }),
    },
    Rule {
        id: "load/thread-exit",
        level: Level::Must,
        title: "A thread that called the plugin ends after the library was unloaded, and the process lives.",
        clause: "The service's threads outlive the DLL; a destructor in unmapped code takes the service with it.",
        expected: "The thread ends and the process lives.",
        cure: "Register no thread-local destructor on the host's thread; work on a thread of your own that ends in the call.",
        examination: Examination::Run(Run {
            world: World::ALLOW,
            script: &[
                Step::Begin {
                    thread: 1,
                    stack: None,
                },
                Step::Load { on: On::Main },
                Step::Call {
                    on: On::Thread(1),
                    times: 1,
                },
                Step::Unload { on: On::Main },
                Step::End { thread: 1 },
                Step::LiveOn { milliseconds: 100 },
            ],
            place: Place::Usual,
            judge: lives_on,
        }),
    },
];

fn succeeds(examined: &Examined<'_>) -> Judgement {
    if let Some(broken) = examined
        .broke_off()
        .or_else(|| examined.error().map(str::to_owned))
    {
        return Judgement::broken(broken);
    }
    let seconds: f64 = examined
        .observation
        .steps
        .iter()
        .map(|step| step.seconds)
        .sum();
    if seconds > examined.limits.deadline {
        return Judgement::broken(format!("loading took {seconds:.1} s"));
    }
    Judgement::holds(format!("loaded and unloaded in {:.1} ms", seconds * 1000.0))
}

fn quiet(examined: &Examined<'_>) -> Judgement {
    let observation = examined.observation;
    if let Some(broken) = examined.broke_off() {
        return Judgement::broken(broken);
    }
    for (name, output) in [
        ("standard output", &observation.stdout),
        ("standard error", &observation.stderr),
    ] {
        if output.bytes > 0 {
            let first = output.text.lines().next().unwrap_or_default();
            return Judgement::broken(format!("{} bytes on {name}: {first:?}", output.bytes));
        }
    }
    let Some((before, after)) = examined.before_and_after() else {
        return Judgement::skipped("it was not loaded: see load/succeeds");
    };
    for (what, before, after) in [
        ("thread", &before.threads, &after.threads),
        ("process", &before.children, &after.children),
    ] {
        if let Some(new) = after.iter().find(|item| !before.contains(item)) {
            return Judgement::broken(format!("loading started the {what} {new}"));
        }
    }
    let transcript = &observation.transcript;
    if transcript.questions() + transcript.connections() > 0 {
        return Judgement::broken("loading used the network");
    }
    if transcript.attempts.is_none() {
        return Judgement::holds("nothing printed or started; the network was not watched here");
    }
    Judgement::holds("nothing printed, started or opened")
}

fn anywhere(examined: &Examined<'_>) -> Judgement {
    if let Some(broken) = broke_off_in_call(examined) {
        return Judgement::broken(broken);
    }
    if let Some(error) = examined.error() {
        return Judgement::broken(error);
    }
    judge_yes(examined)
}

fn lives_on(examined: &Examined<'_>) -> Judgement {
    // What a call does to the process is the business of host/alive and time/deadline.
    match examined.broke_off_at() {
        None => {}
        Some(step) if matches!(examined.script.get(step), Some(Step::Call { .. })) => {
            return Judgement::skipped(format!(
                "{}: see host/alive and time/deadline",
                examined.broke_off().unwrap_or_default()
            ));
        }
        Some(_) => return Judgement::broken(examined.broke_off().unwrap_or_default()),
    }
    if let Some(reason) = examined.unloadable() {
        return Judgement::skipped(reason);
    }
    match examined.error() {
        Some(error) => Judgement::broken(error),
        None if asked_the_silent(examined) => Judgement::holds(
            "the process lived on, a late answer of DNS came, and it exited cleanly",
        ),
        None => Judgement::holds("the process lived on and exited cleanly"),
    }
}

/// Whether a question met the silent name server, and so gets its late answer.
fn asked_the_silent(examined: &Examined<'_>) -> bool {
    examined.observation.transcript.entries.iter().any(|entry| {
        matches!(&entry.event, Event::Question { transport, .. } if transport.contains("late"))
    })
}

fn unmapped(examined: &Examined<'_>) -> Judgement {
    if let Some(error) = examined.error() {
        return Judgement::skipped(format!("{error}: see load/unload and host/alive"));
    }
    // What becomes of the process after the look at it is the business of load/unload.
    match (examined.snapshots().next(), examined.broke_off()) {
        (Some(snapshot), _) if snapshot.mapped => {
            Judgement::broken("unloading returned no error, and the library is still mapped")
        }
        (Some(_), _) => Judgement::holds("not mapped any more"),
        (None, Some(broken)) => {
            Judgement::skipped(format!("{broken}: see load/unload and host/alive"))
        }
        (None, None) => Judgement::skipped("the library was not unloaded"),
    }
}

fn reload(examined: &Examined<'_>) -> Judgement {
    worn(examined, MEMORY_ROOM)
}

fn wears_out(examined: &Examined<'_>) -> Judgement {
    worn(examined, WEAR_ROOM)
}

/// Judges rounds between two snapshots: the same answer, and nothing used up.
fn worn(examined: &Examined<'_>, memory_room: u64) -> Judgement {
    if let Some(broken) = examined.broke_off() {
        return Judgement::broken(broken);
    }
    if let Some(reason) = examined.unloadable() {
        return Judgement::skipped(reason);
    }
    if let Some(error) = examined.error() {
        return Judgement::broken(error);
    }
    let Some((before, after)) = examined.before_and_after() else {
        return Judgement::skipped("the rounds were not made");
    };
    let transcript = &examined.observation.transcript;
    let met = transcript.connections() + transcript.questions() > 0;
    if !met && transcript.attempts == Some(0) {
        return Judgement::skipped(
            "the plugin never tried to reach the server: see answer/asks-server",
        );
    }
    let answers: Vec<i32> = examined.calls().map(|call| call.value).collect();
    if answers.windows(2).any(|pair| pair[0] != pair[1]) {
        return Judgement::broken(format!("not always the same answer: {}", tell(&answers)));
    }
    let keys = before.keys_free.saturating_sub(after.keys_free);
    if keys > KEYS_ROOM {
        return Judgement::broken(format!(
            "{keys} thread-local keys were never given back; {} are left",
            after.keys_free
        ));
    }
    if after.descriptors.len() > before.descriptors.len() {
        let more = after.descriptors.len() - before.descriptors.len();
        return Judgement::broken(format!("{more} descriptors more"));
    }
    if after.threads.len() > before.threads.len() {
        let more = after.threads.len() - before.threads.len();
        return Judgement::broken(format!("{more} threads more"));
    }
    let growth = after.memory.saturating_sub(before.memory);
    if growth >= memory_room {
        return Judgement::broken(format!("{growth} KiB of private memory more"));
    }
    Judgement::holds(format!("{}; {growth} KiB more memory", tell(&answers)))
}
