//! Compares `provision check` with `xmllint --noout`, and `provision decode` with
//! `wbxml2xml`, as processes on the same thousand documents.
//!
//!     cargo bench -p ics-harness --bench provision
//!
//! xmllint reads all files in one process. wbxml2xml reads one, so it is started for
//! each; `decode` is measured in one process, and in one for each file as well. The
//! output of single processes is discarded, for both.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const DOCUMENTS: usize = 1000;
const ROUNDS: usize = 7;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let folder = tempfile::tempdir()?;
    let texts = write_documents(folder.path())?;
    let binary = folder.path().join("binary");
    run(harness("encode").args(&texts).arg("--output").arg(&binary))?;
    let binaries: Vec<PathBuf> = texts
        .iter()
        .filter_map(|path| path.file_stem())
        .map(|stem| binary.join(stem).with_extension("wbxml"))
        .collect();

    let all_at_once = median(|| run(harness("check").args(&texts)))?;
    print_time(
        &mut out,
        "ics-harness provision check, 1 process",
        all_at_once,
    )?;
    match median(|| run(Command::new("xmllint").arg("--noout").args(&texts))) {
        Ok(time) => {
            print_time(&mut out, "xmllint --noout, 1 process", time)?;
            print_ratio(&mut out, time, all_at_once)?;
        }
        Err(error) => writeln!(out, "xmllint is not available: {error}")?,
    }
    // Each round has a folder of its own: some file systems flush a file that is
    // overwritten.
    let mut round = 0;
    let batch = median(|| {
        round += 1;
        let decoded = folder.path().join(format!("decoded-{round}"));
        run(harness("decode")
            .args(&binaries)
            .arg("--output")
            .arg(decoded))
    })?;
    print_time(&mut out, "ics-harness provision decode, 1 process", batch)?;
    let each = once(|| {
        binaries
            .iter()
            .try_for_each(|file| run(harness("decode").arg(file)))
    })?;
    print_time(
        &mut out,
        "ics-harness provision decode, 1000 processes",
        each,
    )?;
    let other = once(|| {
        binaries
            .iter()
            .try_for_each(|file| run(Command::new("wbxml2xml").args(["-o", "-"]).arg(file)))
    });
    match other {
        Ok(time) => {
            print_time(&mut out, "wbxml2xml, 1000 processes", time)?;
            print_ratio(&mut out, time, batch)?;
            print_ratio(&mut out, time, each)?;
        }
        Err(error) => writeln!(out, "wbxml2xml is not available: {error}")?,
    }
    Ok(())
}

/// Writes different documents of the usual size.
fn write_documents(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    (0..DOCUMENTS)
        .map(|number| {
            let path = folder.join(format!("{number:04}.xml"));
            let (users, minutes) = (number % 8 + 1, number % 60 + 1);
            let text = format!(
                r#"<?xml version="1.0" encoding="UTF-8"?>
<wap-provisioningdoc version="1.1">
    <characteristic type="HotSpot">
        <parm name="Enabled" value="true" datatype="boolean"/>
        <parm name="DedicatedConnections" value="Internet {number};MMS"/>
        <parm name="MaxUsers" value="{users}" datatype="integer"/>
        <parm name="MOHelpNumber" value="+1 555 {number:04}"/>
        <parm name="MOInfoLink" value="https://operator.example/tethering?from={number}"/>
        <parm name="MOAppLink" value="app://MOapp{number}"/>
        <parm name="MOHelpMessage" value="@HotSpotMOHelp.dll,-101"/>
        <parm name="EntitlementRequired" value="true" datatype="boolean"/>
        <parm name="EntitlementDll" value="C:\Windows\System32\MOEntitlement{number}.dll"/>
        <parm name="EntitlementInterval" value="86400" datatype="integer"/>
        <parm name="PeerlessTimeout" value="{minutes}" datatype="integer"/>
        <parm name="PublicConnectionTimeout" value="{minutes}" datatype="integer"/>
    </characteristic>
</wap-provisioningdoc>
"#
            );
            std::fs::write(&path, text).map(|()| path)
        })
        .collect()
}

fn harness(command: &str) -> Command {
    let mut harness = Command::new(env!("CARGO_BIN_EXE_ics-harness"));
    harness.args(["provision", command]);
    harness
}

fn run(command: &mut Command) -> std::io::Result<()> {
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(std::io::Error::other(message))
}

fn once(work: impl FnOnce() -> std::io::Result<()>) -> std::io::Result<Duration> {
    let started = Instant::now();
    work().map(|()| started.elapsed())
}

fn median(mut work: impl FnMut() -> std::io::Result<()>) -> std::io::Result<Duration> {
    let mut times = (0..ROUNDS)
        .map(|_| once(&mut work))
        .collect::<Result<Vec<_>, _>>()?;
    times.sort();
    Ok(times[ROUNDS / 2])
}

fn print_time(out: &mut impl Write, what: &str, time: Duration) -> std::io::Result<()> {
    writeln!(out, "{what:<46} {:>9.1} ms", time.as_secs_f64() * 1e3)
}

fn print_ratio(out: &mut impl Write, theirs: Duration, ours: Duration) -> std::io::Result<()> {
    let times = theirs.as_secs_f64() / ours.as_secs_f64();
    writeln!(out, "  ours is {times:.1} times as fast")
}
