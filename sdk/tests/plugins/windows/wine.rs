//! Wine on this machine, a prefix for each run, and what is compiled for it. What is missing is an error that says how to
//! install it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

const COMPILER: &str = "x86_64-w64-mingw32-gcc";

/// Where distributions have 64-bit Wine, and its libraries.
const LOADERS: &[&str] = &["/usr/lib/wine/wine64", "/usr/bin/wine64"];
const LIBRARIES: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows",
    "/usr/lib/wine/x86_64-windows",
    "/usr/lib64/wine/x86_64-windows",
];

/// The harness's sources of a program that stands in for Wine's start of services, and of a library that Wine before
/// version 10 lacks.
const HARNESS_SOURCES: &str = "../harness/src/worker/linux/wine/windows";

/// How long a host may run, in seconds; it is ended then.
const LIMIT: &str = "300";

/// Everything that runs have in common.
pub(crate) struct Wine {
    loader: PathBuf,
    server: PathBuf,
    template: PathBuf,
    programs: PathBuf,
    plugins: HashMap<String, PathBuf>,
}

/// What the machine has, found and made on first use.
pub(crate) fn find() -> Result<&'static Wine, String> {
    static WINE: OnceLock<Result<Wine, String>> = OnceLock::new();
    WINE.get_or_init(Wine::new).as_ref().map_err(Clone::clone)
}

impl Wine {
    fn new() -> Result<Self, String> {
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
        Ok(Self {
            plugins: build_plugins()?,
            programs: compile_programs(&libraries),
            template: make_template(&loader, &server, &libraries),
            loader,
            server,
        })
    }

    /// The path of a built plugin.
    pub(crate) fn plugin(&self, name: &str) -> &Path {
        &self.plugins[name]
    }

    /// Runs a scenario of `host.c`, in a prefix of its own, and in a network whose name server is silent if so said.
    pub(crate) fn run(&self, scenario: &str, library: &Path, rounds: u32, silent: bool) -> Output {
        let prefix = Prefix::new(self);
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", LIMIT]);
        if silent {
            command.arg(self.programs.join("silent_network"));
        }
        let library = library.to_str().unwrap().replace('/', "\\");
        command
            .arg(&self.loader)
            .arg(self.programs.join("host.exe"))
            .args([scenario, &format!("Z:{library}"), &rounds.to_string()]);
        prefix.apply(&mut command);
        command.output().unwrap()
    }
}

/// A copy of the template, whose server ends with it.
struct Prefix<'a> {
    wine: &'a Wine,
    folder: TempDir,
}

impl<'a> Prefix<'a> {
    fn new(wine: &'a Wine) -> Self {
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
        fs::copy(wine.programs.join("boot.exe"), boot).unwrap();
        Self { wine, folder }
    }

    fn apply(&self, command: &mut Command) {
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
            command.env("WINEDLLOVERRIDES", "mscoree=;mshtml=;winemenubuilder.exe=d");
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

/// Compiles the hosts and what stands in for parts of Wine.
fn compile_programs(libraries: &Path) -> PathBuf {
    // Tests run as processes side by side, each with programs of its own.
    let folder = format!("windows-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir_all(&folder).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compile = |compiler: &str, source: &str, program: &str, flags: &[&str]| {
        output(
            Command::new(compiler)
                .args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
                .arg(folder.join(program))
                .arg(root.join(source))
                .args(flags),
        );
    };
    let own = |name: &str| format!("tests/plugins/windows/{name}");
    let harness = |name: &str| format!("{HARNESS_SOURCES}/{name}");
    compile("cc", &own("silent_network.c"), "silent_network", &[]);
    compile(COMPILER, &own("host.c"), "host.exe", &["-municode"]);
    let boot = ["-nostdlib", "-Wl,-e,start", "-lntdll", "-lkernel32"];
    compile(COMPILER, &harness("boot.c"), "boot.exe", &boot);
    let random = "bcryptprimitives.dll";
    if !libraries.join(random).exists() {
        let flags = ["-shared", "-ladvapi32"];
        compile(COMPILER, &harness("bcryptprimitives.c"), random, &flags);
    }
    folder
}

/// Builds the plugins as DLLs and returns their paths by name.
fn build_plugins() -> Result<HashMap<String, PathBuf>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let names = ["behaviours", "carrier-json", "minimal", "ts43"];
    let mut command = Command::new(root.join(".ci/windows-cargo"));
    // What Cargo tells this test of its package. ring's build script would take it for a change, and run again.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    let output = command
        .args(["x86_64-pc-windows-gnu", "build", "--quiet"])
        .args(["--config", "profile.dev.debug=false"])
        .args(["--message-format", "json-render-diagnostics"])
        .args(names.map(|name| format!("--package={name}")))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    // There is no compiler for Windows, and the script said how to install one.
    if output.status.code() == Some(69) {
        return Err(errors.trim().replace('\n', " "));
    }
    assert!(output.status.success(), "the plugins: {errors}");
    let messages = String::from_utf8(output.stdout).unwrap();
    let plugins: HashMap<_, _> = messages
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .flat_map(|message| {
            let files = message["filenames"].as_array().cloned().unwrap_or_default();
            files.into_iter()
        })
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .filter(|file| file.extension().is_some_and(|ending| ending == "dll"))
        .map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), file))
        .collect();
    Ok(plugins)
}

/// What a command prints, which must succeed.
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
