//! Compares `inspect --signature` with `osslsigncode verify`, as processes on the same signed DLL: with one root, and with
//! the roots of this system beside it, which `osslsigncode` reads where no file is named. `openssl sha256` shows what the
//! digest of the file alone takes.
//!
//!     cargo bench -p ics-harness --bench signature -- SIGNED.dll ROOT.pem
//!
//! The programs alternate, so that other load on the machine affects all.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 41;

/// The roots of Debian, Fedora and Alpine.
const SYSTEM_ROOTS: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = std::env::args_os().skip(1);
    let files: Vec<PathBuf> = arguments
        .filter(|argument| argument != "--bench")
        .map(PathBuf::from)
        .collect();
    let [file, root] = files.as_slice() else {
        return Err("name a signed DLL, and a PEM file with the root that it leads to".into());
    };
    let folder = tempfile::tempdir()?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}: {} bytes", file.display(), file.metadata()?.len())?;
    compare(&mut out, "one root", file, root)?;
    let system = SYSTEM_ROOTS.iter().find(|path| Path::new(path).exists());
    let Some(system) = system else {
        return Err("none of the usual files with the system's roots is there".into());
    };
    let all = folder.path().join("roots.pem");
    std::fs::write(
        &all,
        [std::fs::read(root)?, std::fs::read(system)?].concat(),
    )?;
    compare(&mut out, "the system's roots and that one", file, &all)
}

fn compare(
    out: &mut impl Write,
    roots_are: &str,
    file: &Path,
    roots: &Path,
) -> Result<(), Box<dyn Error>> {
    let mut ours = Command::new(env!("CARGO_BIN_EXE_ics-harness"));
    ours.args(["inspect", "--signature", "--trust"]);
    ours.arg(roots).arg(file);
    let mut theirs = Command::new("osslsigncode");
    theirs.arg("verify").arg("-CAfile").arg(roots);
    theirs.arg("-in").arg(file);
    let mut digest = Command::new("openssl");
    digest.arg("sha256").arg(file);
    let mut programs = [ours, theirs, digest];
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (program, times) in programs.iter_mut().zip(&mut times) {
            times.push(seconds(program)?);
        }
    }
    let [ours, theirs, digest] = times.each_mut().map(|times| {
        times.sort_by(f64::total_cmp);
        1e3 * times[ROUNDS / 2]
    });
    writeln!(
        out,
        "{roots_are}: inspect --signature {ours:.2} ms, osslsigncode verify {theirs:.2} ms ({:.2} times), \
         openssl sha256 {digest:.2} ms; medians of {ROUNDS}",
        theirs / ours
    )?;
    Ok(())
}

/// Seconds that a program takes, which has to accept the file.
fn seconds(program: &mut Command) -> Result<f64, Box<dyn Error>> {
    let started = Instant::now();
    let output = program.stdin(Stdio::null()).output()?;
    let took = started.elapsed().as_secs_f64();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{program:?} ended with {}: {said}", output.status).into());
    }
    Ok(took)
}
