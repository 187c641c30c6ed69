//! `simulate`: a document, a plugin and a timeline played together.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use super::day::Lines;
use super::provision::input::{Input, tell};
use super::supply::SupplyArgs;
use super::{Ending, Failure, WorldArgs};
use crate::device::document::{Colour, Diagnostics, Rendered, Source};
use crate::device::service::Restart;
use crate::device::simulation::{
    Action, Answers, Ask, AskError, Device, Entry, Outfit, Paper, PlayError, Played, Record,
    Scenery, Timeline, Witness, html, play, words_of_span,
};
use crate::device::state::{Image, State};

const EXAMPLES: &str = "\
Examples:
  ics-harness simulate sample-plugins/documents/carrier-json.xml \\
      --timeline sample-plugins/documents/day.toml --plugin sample-plugins/carrier-json --html day.html
  ics-harness simulate hotspot.xml --timeline year.toml --answers answers.toml --json

The timeline says what happens when; sample-plugins/documents/day.toml has every kind of event.
Time is virtual: the clock jumps from one event to the next. The plugin is the real one, asked in a
process and a world of its own for each check.
Exit codes: 0 played; 1 a document was refused or an expectation was not met; 2 usage; 3 trouble.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_arg("deadline", |arg| arg.default_value("60s")))]
pub(crate) struct SimulateArgs {
    /// The provisioning document that the device has at the beginning: XML or WBXML.
    #[arg(value_name = "DOCUMENT")]
    document: PathBuf,
    /// What happens when: a TOML file.
    #[arg(long, value_name = "FILE")]
    timeline: PathBuf,
    #[command(flatten)]
    supply: SupplyArgs,
    /// Scripted answers in the plugin's place: a TOML file.
    #[arg(long, value_name = "FILE", conflicts_with = "plugin")]
    answers: Option<PathBuf>,
    /// The server at the beginning: `allow`, `deny`, or a rule that has a world [default: what the timeline says].
    #[arg(long = "world", value_name = "RULE-OR-NAME", value_parser = scenery)]
    scenery: Option<Scenery>,
    /// Write the log as one JSON document to standard output.
    #[arg(long)]
    json: bool,
    /// Draw the day into an HTML file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    world: WorldArgs,
}

/// For clap: the world with that name.
pub(super) fn scenery(name: &str) -> Result<Scenery, String> {
    super::call::world(name).map(|world| Scenery {
        name: name.to_owned(),
        world,
    })
}

pub(super) fn run(args: &SimulateArgs) -> Result<Ending, Failure> {
    let mut timeline = read_timeline(&args.timeline)?;
    let image = args.supply.image()?;
    let paper = Input::read(&args.document)?;
    let paper = Paper {
        name: paper.name,
        bytes: paper.bytes,
    };
    if let Some(scenery) = &args.scenery {
        timeline.start.scenery = scenery.clone();
    }
    let mut witness = Reporter {
        lines: Lines::until(timeline.end),
        quiet: args.json,
        keep: args.json || args.html.is_some(),
        entries: Vec::new(),
        refused: 0,
        unmet: 0,
    };
    let played = match &args.answers {
        Some(file) => {
            let mut answers = read_answers(file)?;
            live(&timeline, &paper, image, &mut answers, &mut witness)?
        }
        None => {
            // A plugin that has to be built is built here.
            let supplied = args.supply.open(&args.world)?;
            let mut libraries = supplied.libraries();
            live(&timeline, &paper, image, &mut libraries, &mut witness)?
        }
    };
    let story = html::Story {
        title: title(&args.document, &args.timeline),
        timeline: &timeline,
        entries: &witness.entries,
    };
    if let Some(file) = &args.html {
        std::fs::write(file, html::page(&story)).map_err(|error| {
            Failure::Harness(format!("cannot write {}: {error}", file.display()))
        })?;
    }
    if args.json {
        let log = Log {
            schema: 1,
            document: &paper.name,
            timeline: args.timeline.display().to_string(),
            entries: &witness.entries,
        };
        let text = serde_json::to_string_pretty(&log).map_err(Failure::harness)?;
        super::print(&format!("{text}\n"))?;
    }
    tell(&summary(played, &timeline, &witness));
    Ok(if witness.refused + witness.unmet > 0 {
        Ending::Broken
    } else {
        Ending::Well
    })
}

/// The log as machines read it.
#[derive(Serialize)]
struct Log<'a> {
    schema: u32,
    document: &'a str,
    timeline: String,
    entries: &'a [Entry],
}

fn live(
    timeline: &Timeline,
    paper: &Paper,
    image: Option<Image>,
    ask: &mut dyn Ask,
    witness: &mut dyn Witness,
) -> Result<(Played, Duration), Failure> {
    let begun = Instant::now();
    let start = &timeline.start;
    let state = State {
        connections: start.connections.clone(),
        ..State::default()
    };
    let outfit = Outfit {
        image,
        language: start.language,
    };
    let mut device = Device::new(state, outfit, start.scenery.clone()).map_err(Failure::harness)?;
    device.introduce(start.at, witness);
    let first = Action::Apply(paper.clone());
    device
        .act(start.at, &first, witness)
        .map_err(Failure::harness)?;
    if !device.state().pending.is_empty() {
        // The document is what the device has at the beginning, all of it.
        let restart = Action::Restart(Restart::Device);
        device
            .act(start.at, &restart, witness)
            .map_err(Failure::harness)?;
    }
    let played = play(&mut device, timeline, ask, witness).map_err(|error| match error {
        PlayError::Ask(AskError::Stopped) => Failure::Stopped,
        PlayError::Ask(error @ AskError::Nobody(_)) => Failure::usage(error),
        error => Failure::harness(error),
    })?;
    Ok((played, begun.elapsed()))
}

fn read_timeline(path: &Path) -> Result<Timeline, Failure> {
    let text = read_text(path, "timeline")?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let load = move |name: &str| std::fs::read(folder.join(name));
    Timeline::read(&text, &load).map_err(|faults| refuse(path, &text, &faults))
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
    tell(&Rendered::new(faults, &source, Colour::Always).to_string());
    let count = faults.len() + faults.left_out();
    let s = if count == 1 { "" } else { "s" };
    Failure::Usage(format!("{name} has {count} fault{s}"))
}

/// Tells what happens, as it happens, and keeps it where it is wanted later.
struct Reporter {
    lines: Lines,
    quiet: bool,
    keep: bool,
    entries: Vec<Entry>,
    refused: usize,
    unmet: usize,
}

impl Witness for Reporter {
    fn saw(&mut self, entry: Entry) {
        match entry.record {
            Record::Document { applied: false, .. } => self.refused += 1,
            Record::Expected { met: false } => self.unmet += 1,
            _ => {}
        }
        if !self.quiet {
            let text = self.lines.entry(&entry);
            // Whoever read it may have gone; the exit code says it too.
            let _ = anstream::stdout().lock().write_all(text.as_bytes());
        }
        if self.keep {
            self.entries.push(entry);
        }
    }

    fn read(&mut self, paper: &Paper, faults: &Diagnostics) {
        let source = Source::new(&paper.name, &paper.bytes);
        tell(&Rendered::new(faults, &source, Colour::Always).to_string());
    }
}

fn title(document: &Path, timeline: &Path) -> String {
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or(path.as_os_str());
        name.to_string_lossy().into_owned()
    };
    format!("{} · {}", name(document), name(timeline))
}

fn summary((played, took): (Played, Duration), timeline: &Timeline, witness: &Reporter) -> String {
    let span = words_of_span(timeline.end.since(timeline.start.at));
    let count = |number: u64, one: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    };
    let mut text = format!(
        "played {span} in {}: {}, {}",
        words_of_span(took),
        count(played.events, "event"),
        count(played.checks, "check")
    );
    for (number, one, what) in [
        (witness.refused, "document", "refused"),
        (witness.unmet, "expectation", "not met"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {} {what}", count(number as u64, one)));
        }
    }
    text + "\n"
}
