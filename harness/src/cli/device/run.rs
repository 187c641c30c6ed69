//! `device run`: the same service as in a simulation, with the real clock.
//!
//! Lines are read on a thread of their own, and each check runs on one, so that the
//! device continues meanwhile. Lines from a pipe wait until the running check has
//! its answer.

use std::collections::VecDeque;
use std::io::{BufRead, IsTerminal};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::Scope;
use std::time::{Duration, Instant};

use ics_device::document::{Colour, Diagnostics, Rendered, Source, Span};
use ics_device::printable::Printable;
use ics_device::service::{CheckId, Connection, Link, Moment, Screen, Via};
use ics_device::simulation::command::unknown_connection;
use ics_device::simulation::{
    Action, AskError, CheckOutcome, Clock, Device, Environment, LinkChange, LogEntry, Observer,
    ProvisioningFile, format_duration,
};
use ics_device::state::{Folder, State};

use super::super::{device_log::Lines, plugin_source};
use super::prompt::{self, PromptCommand};
use super::{ExitStatus, Failure, RunArgs};
use crate::ask::PluginRunner;
use crate::terminal::style::{BAD, DIM, NAME};
use crate::terminal::{self, eprint};
use crate::worker::Cancel;

/// The connection of a new device.
const DEFAULT_CONNECTION: &str = "Internet";

/// How long to wait where nothing is due.
const LONG: Duration = Duration::from_secs(60 * 60);

/// What the session waits for.
enum Input {
    Line(String),
    NoMoreLines,
    Answer(CheckId, Result<CheckOutcome, AskError>),
    Stop,
}

pub(super) fn run(args: &RunArgs) -> Result<ExitStatus, Failure> {
    let image = args.source.image()?;
    let mut folder = Folder::open(&args.folder).map_err(Failure::usage)?;
    let mut state = folder.load().map_err(Failure::usage)?;
    if state.connections.is_empty() {
        state.connections.push(Connection {
            name: DEFAULT_CONNECTION.to_owned(),
            link: Link::Up,
        });
    }
    folder.store(&state).map_err(Failure::harness)?;
    // The test bed is set up while the process has one thread.
    let setup = args.source.open(&args.scenario)?;
    let environment = Environment {
        image,
        image_help: Some(plugin_source::IMAGE_HELP),
        language: args.language,
        imsi: args.imsi.clone(),
        strict_providers: args.providers.strict_providers,
    };
    let device =
        Device::new(state.clone(), environment, args.server.clone()).map_err(Failure::usage)?;
    let (events, events_in) = mpsc::channel();
    let interactive = std::io::stdin().is_terminal();
    listen(events.clone(), setup.cancel());
    let runner = setup.runner();
    std::thread::scope(|scope| {
        let mut session = Session {
            device,
            folder,
            stored: state,
            begun: Instant::now(),
            skipped: Duration::ZERO,
            screen: Printer {
                lines: Lines::until(Moment::default()),
                interactive,
                error: None,
            },
            runner: &runner,
            scope,
            events,
            running: None,
            lines: VecDeque::new(),
            ended: false,
            error: None,
        };
        let outcome = session.run(&events_in);
        let outcome = match session.screen.error.take() {
            Some(error) => Err(super::super::unwritable(&error)),
            None => outcome,
        };
        // A check that is still running is not waited for.
        if let Some(running) = &session.running {
            running.cancel.cancel();
        }
        outcome
    })
}

/// Starts the threads that read lines and wait for signals. They end with the
/// process: neither can be called back from where it waits.
fn listen(events: Sender<Input>, cancel: &Cancel) {
    let stop = events.clone();
    let cancel = cancel.clone();
    std::thread::spawn(move || {
        if cancel.wait().is_ok() {
            // The device may have ended already.
            let _ = stop.send(Input::Stop);
        }
    });
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if events.send(Input::Line(line)).is_err() {
                return;
            }
        }
        let _ = events.send(Input::NoMoreLines);
    });
}

/// The device and what it needs to run.
struct Session<'scope, 'env> {
    device: Device,
    folder: Folder,
    stored: State,
    begun: Instant,
    /// The time that was skipped.
    skipped: Duration,
    screen: Printer,
    runner: &'env PluginRunner<'env>,
    scope: &'scope Scope<'scope, 'env>,
    events: Sender<Input>,
    /// The check whose plugin runs; another one waits until that has ended.
    running: Option<Running>,
    lines: VecDeque<String>,
    ended: bool,
    /// Why the device cannot go on.
    error: Option<Failure>,
}

/// A check on its thread.
struct Running {
    check: CheckId,
    /// Ends its plugin.
    cancel: Cancel,
}

impl Session<'_, '_> {
    fn run(&mut self, events_in: &Receiver<Input>) -> Result<ExitStatus, Failure> {
        self.screen.print(&format!(
            "{DIM}The clock begins at 00:00:00. `help` lists the commands.{DIM:#}\n"
        ));
        self.device.start(self.now(), &mut self.screen);
        self.device.log_surroundings(self.now(), &mut self.screen);
        self.screen.prompt();
        loop {
            self.after_event()?;
            let free = self.screen.interactive || self.running.is_none();
            if free && let Some(line) = self.lines.pop_front() {
                if self.execute_command(&line, events_in)? {
                    return Ok(ExitStatus::Success);
                }
                self.screen.prompt();
                continue;
            }
            if self.ended && self.running.is_none() {
                return Ok(ExitStatus::Success);
            }
            let now = self.now();
            let wait = self.device.wake().map_or(LONG, |wake| wake.since(now));
            match events_in.recv_timeout(wait) {
                Ok(input) => {
                    if self.handle(input)? {
                        return Err(Failure::Stopped);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    let now = self.now();
                    self.device.awake(now, &mut self.screen);
                    self.screen.prompt();
                }
                // This struct holds a sender itself.
                Err(RecvTimeoutError::Disconnected) => return Ok(ExitStatus::Success),
            }
        }
    }

    /// The time on the device's clock.
    fn now(&self) -> Moment {
        Moment::default().after(self.begun.elapsed() + self.skipped)
    }

    /// Handles an input; true if the user asked to stop.
    fn handle(&mut self, input: Input) -> Result<bool, Failure> {
        match input {
            Input::Line(line) => self.lines.push_back(line),
            Input::NoMoreLines => self.ended = true,
            Input::Stop => return Ok(true),
            Input::Answer(check, Ok(asked)) => {
                self.running = None;
                let now = self.now();
                self.device.answer(now, check, asked, &mut self.screen);
                self.screen.prompt();
            }
            Input::Answer(check, Err(error)) => {
                self.running = None;
                // A check that is no longer wanted may fail.
                if !self.device.wants(check) {
                    return Ok(false);
                }
                match error {
                    AskError::Stopped => return Err(Failure::Stopped),
                    AskError::NoPlugin(_) => {
                        let now = self.now();
                        let asked = CheckOutcome::unavailable(
                            Duration::ZERO,
                            "there is no plugin; name it with --plugin, or the folder with the device's files with --image".to_owned(),
                        );
                        self.device.answer(now, check, asked, &mut self.screen);
                        self.screen.prompt();
                    }
                    error => return Err(Failure::harness(error)),
                }
            }
        }
        Ok(false)
    }

    /// Starts the check that is due, and stores the state if it changed.
    fn after_event(&mut self) -> Result<(), Failure> {
        if let Some(running) = &self.running
            && !self.device.wants(running.check)
        {
            running.cancel.cancel();
        }
        // One plugin runs at a time: the next starts when the last has ended.
        if self.running.is_none()
            && let Some(question) = self.device.take_question()
        {
            let cancel = Cancel::new().map_err(Failure::harness)?;
            self.running = Some(Running {
                check: question.check,
                cancel: cancel.clone(),
            });
            let (runner, events) = (self.runner, self.events.clone());
            self.scope.spawn(move || {
                let asked = runner.ask(&question, &cancel);
                // The session may have ended already.
                let _ = events.send(Input::Answer(question.check, asked));
            });
        }
        if *self.device.state() != self.stored {
            self.stored = self.device.state().clone();
            self.folder.store(&self.stored).map_err(Failure::harness)?;
        }
        if let Some(error) = self.screen.error.take() {
            return Err(super::super::unwritable(&error));
        }
        match self.error.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Executes a line; true if the device is to be turned off.
    fn execute_command(
        &mut self,
        line: &str,
        events_in: &Receiver<Input>,
    ) -> Result<bool, Failure> {
        let command = match prompt::read(line) {
            Ok(command) => command,
            Err(words) => {
                self.screen.mistake(&words);
                return Ok(false);
            }
        };
        match command {
            PromptCommand::Nothing => {}
            PromptCommand::Act(action) => match self.unknown_connection(&action) {
                Some(words) => self.screen.mistake(&words),
                None => self.act(&action),
            },
            PromptCommand::Status => self.status(),
            PromptCommand::Time => self.time(),
            PromptCommand::Skip(span) => return self.skip(span, events_in),
            PromptCommand::Help => {
                let mut text = String::new();
                for (usage, description) in prompt::commands() {
                    text.push_str(&format!("  {NAME}{usage:<32}{NAME:#} {description}\n"));
                }
                self.screen.print(&text);
            }
            PromptCommand::Quit => return Ok(true),
        }
        Ok(false)
    }

    /// The error message for a connection that cannot go down, since it does not exist.
    fn unknown_connection(&self, action: &Action) -> Option<String> {
        let Action::Connection { name, change } = action else {
            return None;
        };
        let all = self.device.service().connections();
        if *change == LinkChange::Up || all.iter().any(|one| one.name == *name) {
            return None;
        }
        let known = all.iter().map(|one| one.name.as_str());
        Some(prompt::in_line(unknown_connection(
            name,
            Span::default(),
            known,
        )))
    }

    fn act(&mut self, action: &Action) {
        let now = self.now();
        if let Err(error) = self.device.act(now, action, &mut self.screen) {
            self.error = Some(Failure::harness(error));
        }
    }

    /// Lets time pass at once, stopping where the service has to be woken and where
    /// a check starts.
    fn skip(&mut self, span: Duration, events_in: &Receiver<Input>) -> Result<bool, Failure> {
        let target = self.now().after(span);
        loop {
            self.after_event()?;
            if self.running.is_some() {
                let Ok(input) = events_in.recv() else {
                    return Ok(true);
                };
                if self.handle(input)? {
                    return Err(Failure::Stopped);
                }
                continue;
            }
            let next = self.device.wake().filter(|wake| *wake <= target);
            let stop = next.unwrap_or(target);
            self.skipped += stop.since(self.now());
            let now = self.now().max(stop);
            self.device.awake(now, &mut self.screen);
            if next.is_none() {
                return Ok(false);
            }
        }
    }

    fn time(&mut self) {
        let now = self.now();
        let next = match self.device.wake().filter(|wake| *wake > now) {
            Some(wake) => format!(
                "the service does something by itself in {}",
                format_duration(wake.since(now))
            ),
            None => "the service does nothing by itself".to_owned(),
        };
        self.screen.print(&format!("{}; {next}\n", Clock(now)));
    }

    fn describe_check(&self) -> String {
        match self.device.running() {
            Some((check, asked)) => {
                let since = format_duration(self.now().since(asked));
                format!("{} runs, for {since} now", check.0)
            }
            None => "none runs".to_owned(),
        }
    }

    fn status(&mut self) {
        let service = self.device.service();
        let clients: Vec<String> = service
            .clients()
            .iter()
            .map(|client| match client.via {
                Via::WiFi => format!("{} (Wi-Fi)", client.id.0),
                Via::Bluetooth => format!("{} (Bluetooth)", client.id.0),
            })
            .collect();
        let connections: Vec<String> = service
            .connections()
            .iter()
            .map(|one| {
                let link = match one.link {
                    Link::Down => "down",
                    Link::Up => "up",
                    Link::Suspended => "suspended",
                };
                format!("{} ({link})", one.name)
            })
            .collect();
        let waiting: Vec<&str> = service.waiting().iter().map(|one| one.node).collect();
        let or_none = |words: Vec<String>| match words.as_slice() {
            [] => "none".to_owned(),
            _ => words.join(", "),
        };
        let rows = [
            (
                "sharing",
                if service.is_sharing() { "on" } else { "off" }.to_owned(),
            ),
            ("check", self.describe_check()),
            ("clients", or_none(clients)),
            (
                "screen",
                match service.screen() {
                    Screen::Absent => "not in Settings",
                    Screen::AfterReboot => "in Settings after a reboot",
                    Screen::Present => "in Settings",
                }
                .to_owned(),
            ),
            ("connections", or_none(connections)),
            ("server", self.device.server().name.clone()),
            (
                "waiting",
                or_none(waiting.into_iter().map(str::to_owned).collect()),
            ),
        ];
        let lines =
            rows.map(|(name, value)| format!("  {DIM}{name:<12}{DIM:#} {}\n", Printable(value)));
        self.screen.print(&lines.concat());
    }
}

/// Writes to the terminal or the pipe.
struct Printer {
    lines: Lines,
    interactive: bool,
    /// Why nothing can be written any more.
    error: Option<std::io::Error>,
}

impl Printer {
    /// Writes over the prompt, where there is one.
    fn print(&mut self, text: &str) {
        let written = if self.interactive {
            terminal::print_over_prompt(text)
        } else {
            terminal::print(text)
        };
        // The reader may have gone; the state is in the device's folder.
        let gone = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
        if let Some(error) = written.err().filter(|error| !gone(error)) {
            self.error.get_or_insert(error);
        }
    }

    /// Prints what is wrong with a line.
    fn mistake(&mut self, words: &str) {
        self.print(&format!("{BAD}?{BAD:#} {}\n", Printable(words)));
    }

    fn prompt(&mut self) {
        if self.interactive {
            self.print(&format!("{NAME}device>{NAME:#} "));
        }
    }
}

impl Observer for Printer {
    fn observe(&mut self, entry: LogEntry) {
        let text = self.lines.entry(&entry);
        self.print(&text);
    }

    fn report_faults(&mut self, file: &ProvisioningFile, faults: &Diagnostics) {
        let source = Source::new(&file.name, &file.bytes);
        eprint(&Rendered::new(faults, &source, Colour::Always).to_string());
    }
}
