//! The worker of a run under Wine: makes the steps of the script by way of the host, and reports them.
//!
//! It runs in the place of the process that would load a plugin for Linux, and in the same containment. What the host
//! answers is as untrusted as that process's reports; how the host ended is not, since its parent says so.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::super::run_queue::{self, Waits};
use super::super::snapshot::memory_of;
use super::prefix::{Prefix, windows_path};
use super::process::{Event, HostProcess};
use super::state::{self, State, unescape};
use crate::clock::shared_seconds;
use crate::worker::calls::Budget;
use crate::worker::files::PrivateFolders;
use crate::worker::host_end::HostEnd;
use crate::worker::observation::{Call, Snapshot, StepReport};
use crate::worker::protocol::{self, Instructions, Report};
use crate::worker::reporter::Reporter;
use crate::worker::script::{Step, ThreadRef};
use crate::worker::wine::Wine;
use crate::worker::{ScenarioChange, Snapshots};

/// How often the host is started before the run is given up.
const ATTEMPTS: u32 = 3;

/// A time that no step takes.
const FOREVER: Duration = Duration::from_secs(1 << 30);

/// Executes the script and ends.
pub(in crate::worker) fn main(
    wine: &Wine,
    instructions: Instructions,
    reporter: Reporter,
    channel: BufReader<&'static UnixStream>,
) -> ! {
    let reporter = &reporter;
    let result = Bridge::start(wine, &instructions, reporter, channel)
        .and_then(|mut bridge| bridge.execute(&instructions));
    match result {
        Ok(()) => {}
        Err(Stop::Ended(end)) => reporter.send(&Report::Ended(end)),
        Err(Stop::Failed(error)) => reporter.send(&Report::Failed(error.to_string())),
    }
    std::process::exit(0)
}

/// Why the script was not executed to its end.
enum Stop {
    /// The host's process has ended.
    Ended(HostEnd),
    /// The harness or Wine failed.
    Failed(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// What the host answered to a command.
#[derive(Default)]
struct Answer {
    calls: Vec<Call>,
    error: Option<String>,
    reason: Option<String>,
    state: State,
    seconds: f64,
}

struct Bridge<'a> {
    host: HostProcess,
    reporter: &'a Reporter,
    channel: BufReader<&'static UnixStream>,
    /// The host's process on this system, if it was found.
    process: Option<i32>,
    folders: PrivateFolders,
    /// Where the last unhandled exception was raised.
    raised_in: String,
    stack: BTreeSet<String>,
    budget: Budget,
    calls_now: u64,
    calls_later: u64,
    called_before: bool,
    out_of_time: bool,
}

impl<'a> Bridge<'a> {
    fn start(
        wine: &Wine,
        instructions: &Instructions,
        reporter: &'a Reporter,
        channel: BufReader<&'static UnixStream>,
    ) -> Result<Self, Stop> {
        let containment = instructions.containment.as_ref();
        let (containment, home) = containment
            .and_then(|containment| Some((containment, containment.home()?)))
            .ok_or_else(|| io::Error::other("Wine needs folders of its own"))?;
        let prefix = Prefix::make(wine, home)?;
        let mut bridge = Self {
            host: started(wine, &prefix)?,
            reporter,
            channel,
            process: None,
            folders: prefix.folders(containment),
            raised_in: String::new(),
            stack: BTreeSet::new(),
            budget: Budget::new(instructions.budget),
            calls_now: 0,
            calls_later: instructions.script.iter().map(Step::max_calls).sum(),
            called_before: false,
            out_of_time: false,
        };
        bridge.process = HostProcess::host();
        reporter.send(&Report::Ready);
        let path = |path: &std::ffi::OsStr| {
            let text = path.to_str();
            text.map(windows_path)
                .ok_or_else(|| io::Error::other("the plugin's path is not UTF-8"))
        };
        bridge.command(&format!("plugin {}", path(&instructions.plugin)?))?;
        if let Some(second) = &instructions.second {
            bridge.command(&format!("copy {}", path(second)?))?;
        }
        Ok(bridge)
    }

    /// Executes the script, and has the host end as a program does.
    fn execute(&mut self, instructions: &Instructions) -> Result<(), Stop> {
        let watched = instructions.snapshots == Snapshots::AfterEachStep;
        if watched {
            let baseline = self.snapshot(false)?;
            self.reporter.send(&Report::Baseline(Box::new(baseline)));
        }
        for (index, step) in instructions.script.iter().enumerate() {
            self.reporter.begin();
            self.calls_now = step.max_calls();
            self.calls_later -= self.calls_now;
            let began = shared_seconds();
            let mut answer = match self.leaves_out(step) {
                true => Answer::default(),
                false => self.step(step)?,
            };
            self.called_before = step.calls();
            let snapshot = match step {
                Step::Snapshot => Some(self.snapshot(true)?),
                _ if watched && step.changes_the_process() => Some(self.snapshot(false)?),
                _ => None,
            };
            self.reporter.done(StepReport {
                began,
                step: index,
                seconds: answer.seconds,
                calls: std::mem::take(&mut answer.calls),
                snapshot: snapshot.map(Box::new),
                error: answer.error,
                watched: None,
                reason: answer.reason,
            });
        }
        self.reporter.begin();
        self.host.send("quit");
        loop {
            match self.host.next()? {
                // A thread that Wine or the plugin left behind can still crash.
                Event::Line(line) => {
                    if let Some(file) = line.strip_prefix("crash ") {
                        self.raised_in = unescape(file);
                    }
                }
                Event::Ended(code) => {
                    let end = self.end(code);
                    if code == 0 {
                        self.reporter.send(&Report::Finished);
                    }
                    return Err(Stop::Ended(end));
                }
            }
        }
    }

    /// Whether there is no time for a step: for no more calls at all, or for the repetition of a call.
    fn leaves_out(&self, step: &Step) -> bool {
        let repeats = matches!(step, Step::Call { times: 2.., .. }) && self.called_before;
        match step {
            Step::IdleWithLoad { .. } => self.out_of_time,
            _ => step.calls() && (self.out_of_time || (repeats && self.budget.is_over())),
        }
    }

    fn step(&mut self, step: &Step) -> Result<Answer, Stop> {
        let budget = self
            .budget
            .share(self.calls_now, self.calls_now + self.calls_later)
            .left()
            .unwrap_or(FOREVER)
            .as_nanos();
        let command = match *step {
            Step::Load { on } => format!("load {}", number(on)),
            Step::Unload { on } => format!("unload {}", number(on)),
            Step::LoadCopy => "load-copy".to_owned(),
            Step::CallCopy => "call-copy".to_owned(),
            Step::UnloadCopy => "unload-copy".to_owned(),
            Step::SpawnThread { thread, stack } => {
                format!("spawn {thread} {}", stack.unwrap_or(0))
            }
            Step::JoinThread { thread } => format!("join {thread}"),
            Step::Call { on, times } => format!("call {} {times} {budget}", number(on)),
            Step::MeasuredCall => return self.measured(budget),
            Step::CallConcurrently { threads, calls } => {
                format!("concurrent {threads} {calls} {budget}")
            }
            Step::CallSequentially { threads } => format!("sequential {threads} 1 {budget}"),
            Step::Rounds { count, own_thread } => {
                format!("rounds {count} {} {budget}", u8::from(own_thread))
            }
            Step::IdleWithLoad { milliseconds } => {
                let idle = Duration::from_millis(milliseconds.into());
                format!("idle {}", self.budget.half_of_the_rest(idle).as_millis())
            }
            Step::Snapshot => return Ok(Answer::default()),
            Step::ChangeScenario(_) => return self.change_scenario(),
            Step::CancelledCall { .. }
            | Step::CallInFork
            | Step::CallWithClockSetBack
            | Step::CallUnder { .. }
            | Step::LeaveZombie
            | Step::Watch => {
                return Ok(Answer {
                    error: Some(format!("{step}: Windows has no such thing")),
                    ..Answer::default()
                });
            }
        };
        self.command(&command)
    }

    /// Has the host do something, and waits until it is done.
    fn command(&mut self, command: &str) -> Result<Answer, Stop> {
        self.host.send(command);
        let mut answer = Answer::default();
        loop {
            let line = match self.host.next()? {
                Event::Line(line) => line,
                Event::Ended(code) => return Err(Stop::Ended(self.end(code))),
            };
            let (key, text) = line.split_once(' ').unwrap_or((&line, ""));
            let text = unescape(text);
            match key {
                "call" => {
                    if let Some(call) = call(&text) {
                        self.reporter.returned(call.value);
                        self.reporter.count();
                        answer.calls.push(call);
                    }
                }
                "alive" => self.reporter.heartbeat(),
                "error" => drop(answer.error.get_or_insert(text)),
                "reason" => answer.reason = Some(text),
                "crash" => self.raised_in = text,
                "done" => {
                    answer.seconds = seconds(&text).unwrap_or(0.0);
                    self.stack.append(&mut answer.state.stack);
                    return Ok(answer);
                }
                // What the plugin itself wrote there is ignored: it can only deceive about itself.
                _ => drop(answer.state.take(key, &text)),
            }
        }
    }

    /// The end of the host's process. Where the exception was raised is known only if the host could still say so.
    fn end(&mut self, code: u32) -> HostEnd {
        HostEnd {
            code,
            raised_in: std::mem::take(&mut self.raised_in),
            stack: std::mem::take(&mut self.stack),
        }
    }

    /// The state of the host. Between two commands it does nothing, so that what is read from outside belongs to the rest.
    fn snapshot(&mut self, all: bool) -> Result<Snapshot, Stop> {
        let answer = self.command(&format!("state {}", u8::from(all)))?;
        let mut snapshot = answer.state.snapshot;
        snapshot.files = self.folders.list();
        if let Some(process) = self.process {
            snapshot.peak_memory = state::peak_memory(process).unwrap_or(0);
            if all {
                snapshot.memory = memory_of(process).ok();
            }
        }
        Ok(snapshot)
    }

    /// One call, while it is measured how long the host waited for a processor.
    fn measured(&mut self, budget: u128) -> Result<Answer, Stop> {
        let command = format!("call {} 1 {budget}", number(ThreadRef::Main));
        let Some(process) = self.process else {
            return self.command(&command);
        };
        let process = process.to_string();
        let (over, changed) = (Mutex::new(false), Condvar::new());
        let mut waits = Waits::new();
        // The threads that exist already begin with what they have waited so far.
        run_queue::look(&process, &mut waits, true, None);
        let (answer, queued) = std::thread::scope(|scope| {
            let measuring = scope.spawn(|| {
                let mut guard = over.lock().unwrap_or_else(PoisonError::into_inner);
                while !*guard {
                    run_queue::look(&process, &mut waits, false, None);
                    guard = changed
                        .wait_timeout(guard, run_queue::INTERVAL)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0;
                }
                run_queue::look(&process, &mut waits, false, None);
                run_queue::longest(&waits)
            });
            let answer = self.command(&command);
            *over.lock().unwrap_or_else(PoisonError::into_inner) = true;
            changed.notify_all();
            (answer, measuring.join().ok())
        });
        let mut answer = answer?;
        for call in &mut answer.calls {
            call.queued = queued;
        }
        Ok(answer)
    }

    fn change_scenario(&mut self) -> Result<Answer, Stop> {
        self.reporter.send(&Report::ChangeScenario);
        let mut line = Vec::new();
        self.channel.read_until(b'\n', &mut line)?;
        match protocol::change_of(&line) {
            Some(ScenarioChange::Made) => {}
            Some(ScenarioChange::OutOfTime) => self.out_of_time = true,
            None => return Err(io::Error::other("the harness did not answer").into()),
        }
        Ok(Answer::default())
    }
}

/// Starts the host, and waits until it has begun. On a busy machine Wine sometimes gives up a process that it is starting.
fn started(wine: &Wine, prefix: &Prefix) -> io::Result<HostProcess> {
    let mut attempts = 1;
    loop {
        let begun = HostProcess::start(wine, prefix).and_then(|mut host| match host.next()? {
            Event::Line(line) if line.starts_with("hello ") => Ok(host),
            Event::Line(line) => Err(io::Error::other(line)),
            Event::Ended(code) => Err(io::Error::other(format!(
                "the Windows host ended with code {code:#X} before it began"
            ))),
        });
        match begun {
            Err(_) if attempts < ATTEMPTS => attempts += 1,
            begun => return begun,
        }
    }
}

/// The number of a thread on the Windows side.
fn number(thread: ThreadRef) -> i32 {
    match thread {
        ThreadRef::Main => -1,
        ThreadRef::Thread(number) => number.into(),
    }
}

/// A time in nanoseconds, in seconds.
fn seconds(nanoseconds: &str) -> Option<f64> {
    Some(Duration::from_nanos(nanoseconds.parse().ok()?).as_secs_f64())
}

/// A call that has just ended, from its value and its two times.
fn call(text: &str) -> Option<Call> {
    let mut words = text.split(' ');
    let value = words.next()?.parse().ok()?;
    let lasted = seconds(words.next()?)?;
    Some(Call {
        value,
        began: shared_seconds().map(|now| now - lasted),
        seconds: lasted,
        cpu: seconds(words.next()?)?,
        queued: None,
        // Windows has no errno of a thread that all libraries share.
        errno_kept: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_a_value_and_two_times() {
        let read = call("-1 1500000000 10000000").unwrap();
        assert_eq!((read.value, read.seconds, read.cpu), (-1, 1.5, 0.01));
        assert!(call("0 1").is_none() && call("0 -1 1").is_none());
    }
}
