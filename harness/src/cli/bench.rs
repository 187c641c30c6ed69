//! `bench`: how long a plugin takes, alone or beside another one.

use std::path::{Path, PathBuf};

use clap::{Args, value_parser};

use super::{Ending, Failure, WorldArgs, print, print_json};
use crate::bench::{self, Bench, Plan};
use crate::plugin::Plugin;
use crate::rules::Place;
use crate::suite::{Conduct, Copies, GRACE, Room, RunError};
use crate::worker::{Cancel, Ran};
use crate::world::World;
use crate::world::isolation::Trust;

const EXAMPLES: &str = "\
Examples:
  ics-harness bench sample-plugins/carrier-json
  ics-harness bench sample-plugins/carrier-json --against sample-plugins/carrier-json-c
  ics-harness bench one.so --against other.so --json > figures.json

The world's CA is added to the system's bundle here, so that a plugin that reads the bundle reads it in its real size.
With --http, a plugin made with our SDK is told in its settings to ask in clear; another one must have been built so.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BenchArgs {
    /// A library file, or the folder of a plugin's source, which is built first.
    #[arg(value_name = "PLUGIN")]
    plugin: PathBuf,
    /// Measure another plugin in turns with it, and print ratios.
    #[arg(long, value_name = "PLUGIN")]
    against: Option<PathBuf>,
    /// Print one JSON document instead of a table; times are in seconds.
    #[arg(long)]
    json: bool,
    /// How many rounds, each in fresh processes.
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many calls after the first one in each round.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = value_parser!(u32).range(1..))]
    calls: u32,
    /// Have the plugin ask over http instead of https, where its settings allow that.
    #[arg(long)]
    http: bool,
    #[command(flatten)]
    world: WorldArgs,
}

pub(super) fn run(args: &BenchArgs) -> Result<Ending, Failure> {
    let plugins = std::iter::once(&args.plugin)
        .chain(&args.against)
        .map(|plugin| Plugin::find(plugin).map_err(Failure::usage))
        .collect::<Result<Vec<_>, _>>()?;
    let (room, cancel) = args.world.open(&plugins, Trust::Append)?;
    let room = if args.http { room.in_clear() } else { room };
    let bench = measure(args, &room, &plugins, &cancel)?;
    if args.json {
        print_json(&bench)?;
    } else {
        print(&format!("{bench}\n"))?;
    }
    Ok(Ending::Well)
}

fn measure(
    args: &BenchArgs,
    room: &Room,
    plugins: &[Plugin],
    cancel: &Cancel,
) -> Result<Bench, Failure> {
    let copies = plugins
        .iter()
        .map(|plugin| {
            let protocol = args.world.protocol_of(plugin)?;
            Ok(room.copies(plugin, &protocol.name)?)
        })
        .collect::<Result<Vec<Copies<'_>>, Failure>>()?;
    let libraries: Vec<&Path> = plugins
        .iter()
        .map(|plugin| plugin.library.as_path())
        .collect();
    let plan = Plan {
        rounds: args.rounds,
        calls: args.calls,
    };
    bench::measure(plan, &libraries, &mut |library, script| {
        let index = libraries
            .iter()
            .position(|other| *other == library)
            .unwrap_or(0);
        let conduct = Conduct {
            world: World::ALLOW,
            script,
            place: Place::Usual,
            grace: GRACE,
        };
        let observation = room
            .perform(conduct, &copies[index], args.world.limits(), cancel)
            .map_err(|error| match error {
                RunError::Unsupported(reason) | RunError::Failed(reason) => reason,
            })?;
        Ok(Ran::from(observation))
    })
    .map_err(|error| match cancel.is_cancelled() {
        true => Failure::Stopped,
        false => Failure::harness(error),
    })
}
