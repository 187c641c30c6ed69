//! Wine on this machine, and a prefix for each run, in the SDK's tests and the harness's. What is missing is an error that
//! says how to install it.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The compiler of C for Windows.
pub(crate) const COMPILER: &str = "x86_64-w64-mingw32-gcc";

/// Where distributions have 64-bit Wine, and its libraries.
const LOADERS: &[&str] = &["/usr/lib/wine/wine64", "/usr/bin/wine64"];
const LIBRARIES: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows",
    "/usr/lib/wine/x86_64-windows",
    "/usr/lib64/wine/x86_64-windows",
];

/// The harness's sources of a program that stands in for Wine's start of services, and of a library that Wine before
/// version 10 lacks.
const HARNESS_SOURCES: &str = "harness/src/worker/linux/wine/windows";

/// That library, which Rust's standard library needs.
const LACKING: &str = "bcryptprimitives.dll";

/// Everything that runs have in common.
pub(crate) struct Wine {
    pub(crate) loader: PathBuf,
    server: PathBuf,
    template: PathBuf,
    /// The folder for compiled programs.
    pub(crate) programs: PathBuf,
}

impl Wine {
    /// Finds Wine and makes what it needs.
    pub(crate) fn find() -> Result<Self, String> {
        if std::env::consts::ARCH != "x86_64" {
            return Err("64-bit Wine runs on x86_64 only".to_owned());
        }
        let missing = "64-bit Wine is not installed (apt-get install wine wine64)";
        let first = |paths: &[&str]| paths.iter().map(PathBuf::from).find(|path| path.exists());
        let loader = first(LOADERS).ok_or(missing)?;
        let libraries = first(LIBRARIES).ok_or(missing)?;
        let server = ["wineserver64", "wineserver"]
            .map(|name| loader.with_file_name(name))
            .into_iter()
            .find(|path| path.exists())
            .ok_or(missing)?;
        if Command::new(COMPILER).arg("--version").output().is_err() {
            return Err(format!(
                "{COMPILER} is not installed (apt-get install gcc-mingw-w64-x86-64)"
            ));
        }
        let programs = programs_folder();
        let harness = |name: &str| format!("{HARNESS_SOURCES}/{name}");
        let boot = ["-nostdlib", "-Wl,-e,start", "-lntdll", "-lkernel32"];
        compile(
            COMPILER,
            &harness("boot.c"),
            &programs.join("boot.exe"),
            &boot,
        );
        if !libraries.join(LACKING).exists() {
            let flags = ["-shared", "-ladvapi32"];
            let source = harness("bcryptprimitives.c");
            compile(COMPILER, &source, &programs.join(LACKING), &flags);
        }
        Ok(Self {
            template: make_template(&loader, &server, &libraries),
            programs,
            loader,
            server,
        })
    }
}

/// A copy of the template, whose server ends with it.
pub(crate) struct Prefix<'a> {
    wine: &'a Wine,
    folder: TempDir,
}

impl<'a> Prefix<'a> {
    pub(crate) fn new(wine: &'a Wine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copied = Command::new("cp")
            .arg("-a")
            .arg(&wine.template)
            .arg(folder.path().join("prefix"))
            .status()
            .unwrap();
        assert!(copied.success(), "the prefix is not copied");
        let boot = folder
            .path()
            .join("prefix/drive_c/windows/system32/wineboot.exe");
        // A link is not followed, but replaced.
        fs::remove_file(&boot).unwrap();
        fs::copy(wine.programs.join("boot.exe"), &boot).unwrap();
        let lacking = wine.programs.join(LACKING);
        if lacking.exists() {
            fs::copy(lacking, boot.with_file_name(LACKING)).unwrap();
        }
        Self { wine, folder }
    }

    /// Has a command use it.
    pub(crate) fn apply(&self, command: &mut Command) {
        environment(
            command,
            &self.wine.loader,
            &self.folder.path().join("prefix"),
        );
    }
}

impl Drop for Prefix<'_> {
    fn drop(&mut self) {
        let mut command = Command::new(&self.wine.server);
        self.apply(&mut command);
        // It fails if the server has ended.
        let _ = command.arg("-k").status();
    }
}

/// The environment of Wine's programs: nothing of the user's.
fn environment(command: &mut Command, loader: &Path, prefix: &Path) {
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("HOME", prefix)
        .env("WINEPREFIX", prefix)
        .env("WINELOADER", loader)
        .env("WINEDEBUG", "-all")
        .env(
            "WINEDLLOVERRIDES",
            "mscoree=;mshtml=;winemenubuilder.exe=d;winedbg.exe=d;wineboot.exe=n",
        )
        .stdin(Stdio::null());
}

/// A prefix that Wine set up, which is kept for later test runs. The copies of Wine's libraries in it, 700 MB, are replaced
/// by links, so that it is small.
fn make_template(loader: &Path, server: &Path, libraries: &Path) -> PathBuf {
    let version = output(
        Command::new(loader)
            .arg("--version")
            .env_remove("WINEPREFIX"),
    );
    let version = version.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let template = tmp.join(format!("prefix-{version}"));
    let lock = File::create(tmp.join("prefix.lock")).unwrap();
    lock.lock().unwrap();
    if !template.exists() {
        let made = tempfile::tempdir_in(tmp).unwrap();
        let prefix = made.path().join("prefix");
        fs::create_dir(&prefix).unwrap();
        for (program, argument) in [(loader, "wineboot.exe"), (server, "-w")] {
            let mut command = Command::new(program);
            environment(&mut command, loader, &prefix);
            command.env(
                "WINEDLLOVERRIDES",
                "mscoree=;mshtml=;winemenubuilder.exe=d;winedbg.exe=d",
            );
            output(command.arg(argument).stderr(Stdio::null()));
        }
        for file in fs::read_dir(prefix.join("drive_c/windows/system32")).unwrap() {
            let file = file.unwrap().path();
            let original = libraries.join(file.file_name().unwrap());
            if original.is_file() {
                fs::remove_file(&file).unwrap();
                symlink(original, file).unwrap();
            }
        }
        // Otherwise Wine would set it up again after an update.
        fs::write(prefix.join(".update-timestamp"), "disable\n").unwrap();
        fs::rename(prefix, &template).unwrap();
    }
    template
}

/// The folder for programs. Tests run as processes side by side, each with programs of its own.
fn programs_folder() -> PathBuf {
    let folder = format!("windows-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Compiles a source of the workspace.
pub(crate) fn compile(compiler: &str, source: &str, program: &Path, flags: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    output(
        Command::new(compiler)
            .args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
            .arg(program)
            .arg(root.join(source))
            .args(flags),
    );
}

/// What a command prints, which must succeed.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
