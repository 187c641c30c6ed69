//! The containment table: what a plugin does to the machine while it is loaded, as root and as an ordinary user, in each
//! isolation, and what is left behind.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ics_harness::report::Report;
use tempfile::TempDir;

use crate::prerequisites::not_shown;

/// Acts, as C expressions. TARGET is a folder of the user's, outside of all folders that a run has of its own.
const ACTS: &[(&str, &str)] = &[
    (
        "write a file of the user's",
        r#"opens(TARGET "/written", O_CREAT | O_WRONLY)"#,
    ),
    (
        "write beside its own file",
        r#"opens(beside(0, "/written"), O_CREAT | O_WRONLY)"#,
    ),
    (
        "read a secret in the home",
        r#"opens(TARGET "/home/secret", O_RDONLY)"#,
    ),
    ("connect to a path socket", r#"connects(TARGET "/socket")"#),
    (
        "poison the CA file",
        r#"opens(beside(2, "/operator-ca.pem"), O_WRONLY | O_TRUNC)"#,
    ),
    (
        "poison the resolver's file",
        r#"opens("/etc/resolv.conf", O_RDWR)"#,
    ),
    ("swap its own file", "swaps()"),
    (
        "debug the supervisor",
        "ptrace(PTRACE_ATTACH, getppid(), 0, 0)",
    ),
    (
        "debug the harness",
        "ptrace(PTRACE_ATTACH, harness(), 0, 0)",
    ),
    ("signal the harness", "kill(harness(), SIGCONT)"),
    ("start a daemon", "daemons()"),
    (BOMB, "bombs()"),
    ("fill the disk", r#"fills("full")"#),
];

/// What may be done in every isolation: it is ended with the run.
const ENDED: &[&str] = &["start a daemon", BOMB];

/// The act that must not be done: the run is ended in the midst of it.
const BOMB: &str = "start processes without end";

/// An ordinary user: `nobody` on every system.
const NOBODY: u32 = 65534;

/// A user's folder, with what a plugin may want of it.
struct Machine {
    folder: TempDir,
    harness: PathBuf,
    user: u32,
}

impl Machine {
    fn new(user: u32) -> Self {
        // Not in a temporary folder, which is hidden as a whole.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let machine = Self {
            harness: folder.path().join("ics-harness"),
            folder,
            user,
        };
        // An ordinary user need not be able to reach the folder that it was built in.
        fs::copy(env!("CARGO_BIN_EXE_ics-harness"), &machine.harness).unwrap();
        for folder in ["home", "plugin", "tmp"] {
            fs::create_dir(machine.target().join(folder)).unwrap();
        }
        fs::write(machine.target().join("home/secret"), "secret").unwrap();
        fs::write(machine.target().join("other.so"), "another file").unwrap();
        for path in ["", "home", "plugin", "tmp", "home/secret", "other.so"] {
            let path = machine.target().join(path);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            if is_root() {
                chown(&path, Some(user), Some(user)).unwrap();
            }
        }
        machine
    }

    fn target(&self) -> &Path {
        self.folder.path()
    }

    /// Whether the user can start the harness at all.
    fn is_reachable(&self) -> bool {
        self.command()
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.harness);
        command
            .stdin(Stdio::null())
            .current_dir("/")
            .env("HOME", self.target().join("home"))
            .env("TMPDIR", self.target().join("tmp"));
        if is_root() && self.user != 0 {
            command.uid(self.user).gid(self.user);
        }
        command
    }

    /// Has a plugin do it; returns the isolation and what the plugin says.
    fn perform(&self, act: &str, isolation: &str) -> Result<String, String> {
        let library = self.target().join("plugin/libacts.so");
        let made = Command::new("cc")
            .args(["-shared", "-fPIC", "-fvisibility=hidden", "-w", "-o"])
            .arg(&library)
            .arg(format!("-DACT={act}"))
            .arg(format!("-DTARGET=\"{}\"", self.target().display()))
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugins/acts.c"))
            .status()
            .unwrap();
        assert!(made.success());
        let output = self
            .command()
            .args([
                "check",
                "--rules",
                "load/quiet",
                "--json",
                "-",
                "--isolation",
                isolation,
            ])
            .arg(&library)
            .output()
            .unwrap();
        let report: Report = serde_json::from_slice(&output.stdout)
            .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
        let rule = &report.plugins[0].rules[0];
        let said = rule.seen.split('"').nth(1).unwrap_or(&rule.seen);
        Ok(said.to_owned())
    }

    /// What is in the user's folder that was not, and what is not as it was.
    fn changes(&self) -> Vec<String> {
        let mut found = Vec::new();
        for path in ["written", "plugin/written"] {
            if fs::remove_file(self.target().join(path)).is_ok() {
                found.push(path.to_owned());
            }
        }
        if fs::read_dir(self.target().join("tmp")).unwrap().count() > 0 {
            found.push("a private folder".to_owned());
        }
        if !self.target().join("other.so").exists() {
            fs::write(self.target().join("other.so"), "another file").unwrap();
            found.push("a file was moved".to_owned());
        }
        let holds = |entry: fs::DirEntry| {
            fs::read_to_string(entry.path().join("maps"))
                .is_ok_and(|maps| maps.contains("libacts.so"))
        };
        if fs::read_dir("/proc").unwrap().flatten().any(holds) {
            found.push("a process".to_owned());
        }
        found
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn what_a_plugin_does_to_the_machine_is_contained() {
    let users: &[(&str, u32)] = if is_root() {
        &[("root", 0), ("a user", NOBODY)]
    } else {
        &[("a user", NOBODY)]
    };
    let mut escapes = Vec::new();
    println!(
        "{:<8} {:<10} {:<28} {:<36} left behind",
        "as", "isolation", "act", "result"
    );
    for (name, user) in users {
        let machine = Machine::new(*user);
        if !machine.is_reachable() {
            not_shown(
                "the containment table of an ordinary user",
                "the build folder is closed to it",
            );
            continue;
        }
        let _listener = UnixListener::bind(machine.target().join("socket")).unwrap();
        let open = fs::Permissions::from_mode(0o777);
        fs::set_permissions(machine.target().join("socket"), open).unwrap();
        for isolation in ["namespace", "loopback"] {
            for (act, code) in ACTS {
                let result = match machine.perform(code, isolation) {
                    Ok(result) => result,
                    Err(reason) => {
                        not_shown(&format!("{act} in {isolation} isolation"), &reason);
                        continue;
                    }
                };
                let left = machine.changes().join(", ");
                println!("{name:<8} {isolation:<10} {act:<28} {result:<36} {left}");
                let contained = result.starts_with("refused") || ENDED.contains(act);
                // Loopback has only what the kernel can restrict, which the isolation's message says.
                let expected = contained || isolation == "loopback";
                if *act == BOMB && !result.contains("processes were running") {
                    escapes.push(format!(
                        "{name}, {isolation}: {act} was not stopped: {result}"
                    ));
                }
                if !expected || (contained && !left.is_empty()) {
                    escapes.push(format!("{name}, {isolation}: {act}: {result} {left}"));
                }
            }
        }
    }
    assert!(escapes.is_empty(), "{escapes:#?}");
}
