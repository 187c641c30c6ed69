//! `bench`: how long a plugin takes, alone or beside another one.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, value_parser};

use crate::bench::{Bench, Plan};

/// Measures loading, the first call, further calls and unloading, in a world where everything works.
#[derive(Args, Clone, Debug)]
pub struct BenchArgs {
    /// The plugin: a library, or a crate folder, which is built first
    pub plugin: PathBuf,
    /// Measure another plugin alternately with it, and print ratios
    #[arg(long, value_name = "PLUGIN")]
    pub against: Option<PathBuf>,
    /// Print one JSON document instead of a table; times are in seconds
    #[arg(long)]
    pub json: bool,
    /// How many rounds, each in fresh processes
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// How many calls after the first one in each round
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = value_parser!(u32).range(1..))]
    pub calls: u32,
    /// Have the plugin ask over http instead of https, where its settings allow that
    #[arg(long)]
    pub http: bool,
}

impl BenchArgs {
    /// How much is measured.
    pub fn plan(&self) -> Plan {
        Plan {
            rounds: self.rounds,
            calls: self.calls,
        }
    }

    /// Writes what was measured, in the form that was asked for.
    pub fn write(&self, bench: &Bench, out: &mut dyn Write) -> io::Result<()> {
        if self.json {
            serde_json::to_writer_pretty(&mut *out, bench)?;
            writeln!(out)
        } else {
            writeln!(out, "{bench}")
        }
    }
}
