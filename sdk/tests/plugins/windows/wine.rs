//! The plugins as DLLs, and a host for them under Wine.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

#[path = "../../common/wine.rs"]
mod common;
#[path = "../../common/windows_cargo.rs"]
mod windows_cargo;

use common::{COMPILER, Prefix, compile};

/// How long a host may run, in seconds; it is ended then.
const LIMIT: &str = "300";

/// Everything that runs have in common.
pub(crate) struct Wine {
    wine: common::Wine,
    plugins: HashMap<String, PathBuf>,
}

/// What the machine has, found and made on first use.
pub(crate) fn find() -> Result<&'static Wine, String> {
    static WINE: OnceLock<Result<Wine, String>> = OnceLock::new();
    WINE.get_or_init(Wine::new).as_ref().map_err(Clone::clone)
}

impl Wine {
    fn new() -> Result<Self, String> {
        let wine = common::Wine::find()?;
        let plugins = windows_cargo::build(&["behaviours", "carrier-json", "minimal", "ts43"])?;
        let own = |name: &str| format!("sdk/tests/plugins/windows/{name}");
        let program = |name: &str| wine.programs.join(name);
        let network = own("silent_network.c");
        compile("cc", &network, &program("silent_network"), &[]);
        compile(
            COMPILER,
            &own("host.c"),
            &program("host.exe"),
            &["-municode", "-lws2_32"],
        );
        Ok(Self { wine, plugins })
    }

    /// The path of a built plugin.
    pub(crate) fn plugin(&self, name: &str) -> &Path {
        &self.plugins[&format!("{name}.dll")]
    }

    /// Runs a scenario of `host.c`, in a prefix of its own, and in a network whose name server is silent if so said.
    pub(crate) fn run(&self, scenario: &str, library: &Path, rounds: u32, silent: bool) -> Output {
        let prefix = Prefix::new(&self.wine);
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", LIMIT]);
        if silent {
            command.arg(self.wine.programs.join("silent_network"));
        }
        let library = library.to_str().unwrap().replace('/', "\\");
        command
            .arg(&self.wine.loader)
            .arg(self.wine.programs.join("host.exe"))
            .args([scenario, &format!("Z:{library}"), &rounds.to_string()]);
        prefix.apply(&mut command);
        command.output().unwrap()
    }
}
