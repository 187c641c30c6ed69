//! The machine that plugins were examined on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The machine that plugins were examined on, as far as it may explain a verdict. Nothing in it names the machine or its user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Host {
    /// The system's name and version, such as `Debian GNU/Linux 12 (bookworm)`.
    pub system: String,
    /// The kernel's version, such as `6.12.48`; empty if it is not known.
    pub kernel: String,
    /// The number of processors that the examination could use.
    pub processors: usize,
    /// Whether it ran as root.
    pub root: bool,
}

impl Host {
    /// This machine.
    pub fn this() -> Self {
        Self {
            system: system(),
            kernel: kernel(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            root: is_root(),
        }
    }
}

/// The name in os-release(5), else that of the kind of system.
fn system() -> String {
    let texts = ["/etc/os-release", "/usr/lib/os-release"].map(std::fs::read_to_string);
    let name = texts.iter().flatten().find_map(|text| pretty_name(text));
    name.unwrap_or_else(|| std::env::consts::OS.to_owned())
}

/// The value of PRETTY_NAME.
fn pretty_name(os_release: &str) -> Option<String> {
    let mut lines = os_release.lines();
    let value = lines.find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(value.trim_matches(['"', '\'']).to_owned())
}

#[cfg(target_os = "linux")]
fn kernel() -> String {
    let name = rustix::system::uname();
    name.release().to_string_lossy().into_owned()
}

#[cfg(not(target_os = "linux"))]
fn kernel() -> String {
    String::new()
}

#[cfg(target_os = "linux")]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(target_os = "linux"))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_system_is_without_its_quotes() {
        let text = "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        let name = pretty_name(text);
        assert_eq!(name.as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(pretty_name("NAME=x\n"), None);
    }
}
