//! The host in C that asks why there is no decision, and what it is told.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::host;
use super::plugin::Plugin;

/// The host, linked so that plugins find its function.
static ASKING: LazyLock<PathBuf> = LazyLock::new(|| {
    let exports = "-Wl,--export-dynamic-symbol=ics_entitlement_reason";
    host::compile("asks_why", &[exports])
});

/// The same without that.
static OTHER: LazyLock<PathBuf> = LazyLock::new(|| host::compile("asks_why", &[]));

/// What the host prints, which must be the same for each of its two calls.
#[track_caller]
pub(crate) fn told(plugin: &Plugin) -> Vec<String> {
    printed(&ASKING, plugin)
}

/// The same of a host that is not told reasons.
#[track_caller]
pub(crate) fn told_to_another(plugin: &Plugin) -> Vec<String> {
    printed(&OTHER, plugin)
}

#[track_caller]
fn printed(program: &Path, plugin: &Plugin) -> Vec<String> {
    let output = Command::new(program)
        .arg(plugin.library())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    let (first, second) = lines.split_at(lines.len() / 2);
    assert_eq!(first, second, "{text}");
    first.to_vec()
}
