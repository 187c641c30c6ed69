//! `simulate`: runs a timeline on a device with a document and a plugin.

mod load;
mod log;
mod pace;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use ics_device::document::{Colour, Diagnostics, Rendered, Source};
use ics_device::printable;
use ics_device::service::Moment;
use ics_device::simulation::command::{self, Resources};
use ics_device::simulation::{
    Answers, Ask, AskError, Device, Environment, LogEntry, Observer, Progress, ProvisioningFile,
    Record, ServerState, SimulationError, Timeline, format_duration, html, simulate,
};
use ics_device::state::State;

use self::load::LoadArgs;
use self::log::Out;
use self::pace::Pace;
use super::document::ProvidersArgs;
use super::output::{Output, keep_apart};
use super::plugin_source::{self, PluginSetup, PluginSourceArgs};
use super::{ExitStatus, Failure, TestBedArgs};
use crate::ask::NamedScenarios;
use crate::profile::Profile;
use crate::terminal::eprint;
use crate::worker::Cancel;

const EXAMPLES: &str = "\
Examples:
  ics-harness simulate sample-plugins/documents/carrier-json.xml \\
      --timeline sample-plugins/documents/day.toml \\
      --plugin sample-plugins/carrier-json --html day.html
  ics-harness simulate hotspot.xml --timeline year.toml --answers answers.toml --json
  ics-harness simulate sample-plugins/documents/minimal.xml \\
      --timeline sample-plugins/documents/load.toml \\
      --devices 1000000 --interval 1h --jitter 30s --html load.html --csv load.csv

Time is virtual: the clock jumps from one event to the next. The plugin is the real one, called in
a process and a scenario of its own for each check. With --devices, many devices have the habits
that the file describes, no plugin is called, and the checks of each second are counted.
Exit codes: 0 simulated; 1 a document was refused or an expectation was not met; 2 usage; 3
harness error; 130 interrupted.
";

/// The examples, and the commands that the events of a timeline are made of.
fn after_help() -> String {
    let mut text = format!("{EXAMPLES}\nCommands of a timeline's events, `do = \"COMMAND\"`:\n");
    for (usage, description) in command::COMMANDS {
        text.push_str(&format!("  {usage:<32} {description}\n"));
    }
    text + "sample-plugins/documents/README.md describes the file; every-event.toml beside it has every event."
}

#[derive(Debug, Args)]
#[command(after_help = after_help(), mut_arg("deadline", plugin_source::deadline))]
pub(crate) struct SimulateArgs {
    /// The provisioning document that the device has at the beginning: XML or WBXML.
    #[arg(value_name = "DOCUMENT")]
    document: PathBuf,
    /// The events and when they happen: a TOML file. With --devices, the users' habits and the operator's outages.
    #[arg(long, value_name = "FILE")]
    timeline: PathBuf,
    #[command(flatten)]
    source: PluginSourceArgs,
    /// Scripted answers in the plugin's place: a TOML file.
    #[arg(long, value_name = "FILE", conflicts_with = "plugin")]
    answers: Option<PathBuf>,
    /// The server at the beginning: `allow`, `deny`, or a rule that has a scenario [default: what the timeline says].
    #[arg(long = "scenario", value_name = "RULE-OR-NAME", value_parser = server)]
    server: Option<ServerState>,
    /// Write the log as one JSON document to standard output; `complete` is false at its end if the simulation was cut short. With
    /// --devices, write the table as JSON.
    #[arg(long)]
    json: bool,
    /// Draw the simulation into an HTML file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    providers: ProvidersArgs,
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    scenario: TestBedArgs,
}

/// For clap: the scenario with that name.
pub(super) fn server(name: &str) -> Result<ServerState, String> {
    super::call::scenario(name, &Profile::default_one()).map(|scenario| ServerState {
        name: name.to_owned(),
        description: scenario.to_string(),
    })
}

/// What answers checks.
enum AnswerSource {
    Script(Answers),
    Plugin(Box<PluginSetup>),
}

pub(super) fn run(args: &SimulateArgs) -> Result<ExitStatus, Failure> {
    if let Some(devices) = args.load.devices {
        return load::run(args, devices);
    }
    let file = super::document::provisioning_file(&args.document)?;
    let mut timeline = read_timeline(args, &file)?;
    if let Some(server) = &args.server {
        timeline.start.server = server.clone();
    }
    let environment = Environment {
        image: args.source.image()?,
        image_help: Some(plugin_source::IMAGE_HELP),
        language: timeline.start.language,
        imsi: timeline.start.imsi.clone(),
        strict_providers: args.providers.strict_providers,
    };
    let answers = args.answers.as_deref().map(read_answers).transpose()?;
    // The output is opened first, so that no result is lost.
    let target = args
        .html
        .as_deref()
        .map(|path| Output::open(Some(path)))
        .transpose()?;
    let mut asked = match answers {
        Some(answers) => AnswerSource::Script(answers),
        // A plugin that has to be built is built here.
        None => AnswerSource::Plugin(Box::new(args.source.open(&args.scenario)?)),
    };
    let cancel = match &asked {
        AnswerSource::Script(_) => super::stopping()?,
        AnswerSource::Plugin(setup) => setup.cancel().clone(),
    };
    let mut reporter = Reporter {
        out: Out::begin(args, &file, &timeline)?,
        picture: target.is_some().then(|| {
            let program = concat!("ics-harness ", env!("CARGO_PKG_VERSION"));
            let title = title(&args.document, &args.timeline);
            html::Picture::new(title, program.to_owned(), &timeline)
        }),
        pace: Pace::new(
            &timeline,
            args.json,
            matches!(asked, AnswerSource::Plugin(_)),
        ),
        cancel: &cancel,
        refused: 0,
        unmet: 0,
    };
    let begun = Instant::now();
    let mut progress = Progress {
        until: timeline.start.at,
        ..Progress::default()
    };
    let run = |ask: &mut dyn Ask| {
        let mut device = device(&timeline, environment, &file, &mut reporter)?;
        run_timeline(&mut device, &timeline, ask, &mut reporter, &mut progress)
    };
    let outcome = match &mut asked {
        AnswerSource::Script(answers) => run(answers),
        AnswerSource::Plugin(setup) => run(&mut setup.runner()),
    };
    reporter.pace.end();
    // What was simulated is kept after an error or an interruption, too.
    let written = reporter.out.end(outcome.is_ok());
    let drawn = match (target, reporter.picture) {
        (Some(target), Some(picture)) => target.put(picture.page(progress.until).as_bytes(), true),
        _ => Ok(()),
    };
    let count = (reporter.refused, reporter.unmet);
    eprint(&summary(progress, begun.elapsed(), &timeline, count));
    written.and(outcome).and(drawn)?;
    Ok(if reporter.refused + reporter.unmet > 0 {
        ExitStatus::Failed
    } else {
        ExitStatus::Success
    })
}

/// The device as the timeline finds it.
fn device(
    timeline: &Timeline,
    environment: Environment,
    file: &ProvisioningFile,
    observer: &mut dyn Observer,
) -> Result<Device, Failure> {
    let start = &timeline.start;
    let state = State {
        connections: start.connections.clone(),
        ..State::default()
    };
    let mut device =
        Device::new(state, environment, start.server.clone()).map_err(Failure::harness)?;
    device.log_surroundings(start.at, observer);
    device
        .provision(start.at, file, observer)
        .map_err(Failure::harness)?;
    Ok(device)
}

fn run_timeline(
    device: &mut Device,
    timeline: &Timeline,
    ask: &mut dyn Ask,
    observer: &mut dyn Observer,
    progress: &mut Progress,
) -> Result<(), Failure> {
    simulate(device, timeline, ask, observer, progress).map_err(|error| match error {
        SimulationError::Stopped | SimulationError::Ask(AskError::Stopped) => Failure::Stopped,
        SimulationError::Ask(error @ AskError::NoPlugin(_)) => Failure::Usage(format!(
            "{error}; name the plugin with --plugin, the folder with the device's files with --image, or scripted answers with --answers"
        )),
        error => Failure::harness(error),
    })
}

/// Reads the timeline and the documents that it names, and sees to it that the
/// picture is drawn over none of what was read.
fn read_timeline(args: &SimulateArgs, document: &ProvisioningFile) -> Result<Timeline, Failure> {
    let path = &args.timeline;
    let text = read_text(path, "timeline")?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let read = RefCell::new(vec![args.document.clone(), path.clone()]);
    let others = [args.answers.as_ref(), args.source.file()];
    read.borrow_mut()
        .extend(others.into_iter().flatten().cloned());
    read.borrow_mut().extend(args.scenario.files().cloned());
    let load = |name: &str, from: fn(&Path) -> std::io::Result<Vec<u8>>| {
        let path = folder.join(name);
        let bytes = from(&path)?;
        read.borrow_mut().push(path);
        Ok(bytes)
    };
    let resources = Resources {
        documents: &|name| load(name, super::document::load),
        pushes: &|name| load(name, super::document::load_push),
        folder: "the timeline's folder",
        servers: &NamedScenarios,
    };
    let timeline = Timeline::read(&text, &resources, &document.bytes)
        .map_err(|faults| refuse(path, &text, &faults))?;
    keep_apart(&read.borrow(), args.html.as_deref())?;
    Ok(timeline)
}

fn read_answers(path: &Path) -> Result<Answers, Failure> {
    let text = read_text(path, "file of answers")?;
    Answers::read(&text).map_err(|faults| refuse(path, &text, &faults))
}

fn read_text(path: &Path, what: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::Usage(format!(
            "cannot read the {what} {}: {error}",
            path.display()
        ))
    })
}

/// Shows every fault of a TOML file.
fn refuse(path: &Path, text: &str, faults: &Diagnostics) -> Failure {
    let name = path.display().to_string();
    let source = Source::new(&name, text.as_bytes());
    eprint(&Rendered::new(faults, &source, Colour::Always).to_string());
    let count = faults.len() + faults.left_out();
    let s = if count == 1 { "" } else { "s" };
    Failure::Usage(format!("{name} has {count} fault{s}"))
}

/// Writes the log while the simulation runs.
struct Reporter<'a> {
    out: Out,
    picture: Option<html::Picture>,
    pace: Pace,
    cancel: &'a Cancel,
    refused: usize,
    unmet: usize,
}

impl Observer for Reporter<'_> {
    fn observe(&mut self, entry: LogEntry) {
        match entry.record {
            Record::Document { applied: false, .. } => self.refused += 1,
            Record::Expected { met: false } => self.unmet += 1,
            _ => {}
        }
        self.out.entry(&entry);
        if let Some(picture) = &mut self.picture {
            picture.take(&entry);
        }
    }

    fn report_faults(&mut self, file: &ProvisioningFile, faults: &Diagnostics) {
        let source = Source::new(&file.name, &file.bytes);
        let text = Rendered::new(faults, &source, Colour::Always).to_string();
        self.pace.eprint(&text);
    }

    fn wants_more(&mut self, next: Moment) -> bool {
        let stop = self.out.is_broken() || self.pace.ticks(next) && self.cancel.is_cancelled();
        !stop
    }
}

fn title(document: &Path, timeline: &Path) -> String {
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or(path.as_os_str());
        printable::path(Path::new(name)).to_string()
    };
    format!("{} · {}", name(document), name(timeline))
}

fn summary(
    progress: Progress,
    took: Duration,
    timeline: &Timeline,
    (refused, unmet): (usize, usize),
) -> String {
    let start = timeline.start.at;
    let whole = timeline.end.since(start);
    let span = progress.until.since(start);
    let of = if span < whole {
        format!(" of {}", format_duration(whole))
    } else {
        String::new()
    };
    let count = |number: u64, one: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    };
    let mut text = format!(
        "simulated {}{of} in {}: {}, {}",
        format_duration(span),
        format_duration(took),
        count(progress.events, "event"),
        count(progress.checks, "check")
    );
    for (number, one, what) in [
        (refused, "document", "refused"),
        (unmet, "expectation", "not met"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {} {what}", count(number as u64, one)));
        }
    }
    text + "\n"
}
