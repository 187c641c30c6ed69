//! `call`: one call of `IsEntitled` in a world of the user's choice.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{Ending, Failure, WorldArgs};
use crate::abi::ICS_ENTITLEMENT_RESULT;
use crate::plugin::Plugin;
use crate::rules::{self, Limits, Place};
use crate::suite::{Conduct, GRACE, RunError};
use crate::worker::observation::{End, Observation};
use crate::world::World;
use crate::world::isolation::Trust;

const EXAMPLES: &str = "\
Examples:
  ics-harness call sample-plugins/minimal                            the server allows
  ics-harness call ./libentitlement.so --world deny                  the server denies
  ics-harness call ./libentitlement.so --world http/captive-portal   the world of a rule

The answer goes to standard output, what the world saw to standard error.
Exit codes: 0 one of the three values was returned; 1 anything else happened; 2 usage; 3 trouble; 4 not possible here.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CallArgs {
    /// A library file, or the folder of a plugin's source.
    #[arg(value_name = "PLUGIN")]
    plugin: PathBuf,
    /// `allow`, `deny`, or a rule whose world is to be shown.
    #[arg(long = "world", value_name = "RULE-OR-NAME", default_value = "allow", value_parser = world)]
    shown: World,
    #[command(flatten)]
    world: WorldArgs,
}

/// For clap: the world with that name.
pub(super) fn world(name: &str) -> Result<World, String> {
    rules::world_named(name).ok_or_else(|| {
        "worlds are `allow`, `deny` and the rules that have one; `ics-harness rules` lists them"
            .to_owned()
    })
}

pub(super) fn run(args: &CallArgs) -> Result<Ending, Failure> {
    let plugin = Plugin::find(&args.plugin).map_err(Failure::usage)?;
    let (room, cancel) = args
        .world
        .open(std::slice::from_ref(&plugin), Trust::Replace)?;
    let copies = room.copies(&plugin, &args.world.protocol_of(&plugin)?.name)?;
    let conduct = Conduct {
        world: args.shown,
        script: rules::ONE_CALL,
        place: Place::Usual,
        grace: GRACE,
    };
    let limits = args.world.limits();
    match room.perform(conduct, &copies, limits, &cancel) {
        Ok(observation) => tell(&observation, limits),
        Err(RunError::Unsupported(reason)) => {
            // The exit code says it too.
            let _ = writeln!(anstream::stderr(), "{reason}");
            Ok(Ending::Nothing)
        }
        Err(RunError::Failed(_)) if cancel.is_cancelled() => Err(Failure::Stopped),
        Err(RunError::Failed(reason)) => Err(Failure::Harness(reason)),
    }
}

fn tell(observation: &Observation, limits: Limits) -> Result<Ending, Failure> {
    let mut err = anstream::stderr().lock();
    // Standard error may be closed; the answer goes elsewhere.
    let _ = write!(err, "{}", observation.transcript);
    for (name, output) in [
        ("stdout", &observation.stdout),
        ("stderr", &observation.stderr),
    ] {
        if output.bytes > 0 {
            let _ = writeln!(
                err,
                "the plugin printed {} bytes on {name}: {}",
                output.bytes,
                output.text.trim_end()
            );
        }
    }
    let examined = rules::Examined {
        rule: "call",
        script: rules::ONE_CALL,
        observation,
        limits,
    };
    if let Some(error) = examined.error() {
        let _ = writeln!(err, "{error}");
    }
    if let Some(words) = examined.broke_off() {
        let _ = writeln!(err, "{words}");
    }
    let Some(call) = examined.calls().next() else {
        return Ok(Ending::Broken);
    };
    super::print(&format!(
        "{} after {:.3} s\n",
        rules::answer_name(call.value),
        call.seconds
    ))?;
    let well =
        observation.end == End::Finished && ICS_ENTITLEMENT_RESULT::from_raw(call.value).is_some();
    Ok(if well { Ending::Well } else { Ending::Broken })
}
