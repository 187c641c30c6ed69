//! The samples that are mutated, and how a mutant of each is built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ValueEnum;

use super::mutant::{Mutant, distinct};
use super::operators;
use super::tokens::{self, Language};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sample {
    CarrierJson,
    CarrierJsonC,
}

impl Sample {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CarrierJson => "carrier-json",
            Self::CarrierJsonC => "carrier-json-c",
        }
    }

    /// The sources, in `sample-plugins/NAME`.
    fn sources(self) -> &'static [(&'static str, Language)] {
        match self {
            Self::CarrierJson => &[
                ("src/lib.rs", Language::Rust),
                ("src/settings.toml", Language::Toml),
            ],
            Self::CarrierJsonC => &[
                ("answer.c", Language::C),
                ("check.c", Language::C),
                ("check.h", Language::C),
                ("deadline.c", Language::C),
                ("name.c", Language::C),
                ("pin.c", Language::C),
                ("plugin.c", Language::C),
                ("protocol.h", Language::C),
                ("resolve.c", Language::C),
            ],
        }
    }

    /// Names that stand for one another: the values that are returned, and what is easily mistaken.
    fn words(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::CarrierJson => &[
                ("Entitled", "NotEntitled"),
                ("Get", "Post"),
                ("Json", "StatusOnly"),
            ],
            Self::CarrierJsonC => &[
                ("ENTITLEMENT_SUCCESS", "ENTITLEMENT_FAILED"),
                ("ENTITLEMENT_SUCCESS", "ENTITLEMENT_UNAVAILABLE"),
                ("ENTITLEMENT_FAILED", "ENTITLEMENT_UNAVAILABLE"),
                ("SIG_SETMASK", "SIG_UNBLOCK"),
                ("CURL_SSLVERSION_TLSv1_2", "CURL_SSLVERSION_DEFAULT"),
                ("RTLD_NOW", "RTLD_LAZY"),
                ("PTHREAD_CANCEL_DISABLE", "PTHREAD_CANCEL_ENABLE"),
                ("CLOCK_MONOTONIC", "CLOCK_REALTIME"),
                ("AF_INET", "AF_INET6"),
            ],
        }
    }

    /// All mutants of the sources whose name contains `only`.
    pub(crate) fn mutants(self, workspace: &Path, only: &str) -> Result<Vec<Mutant>, String> {
        let mut mutants = Vec::new();
        for (name, language) in self.sources() {
            if !name.contains(only) {
                continue;
            }
            let file = Path::new("sample-plugins").join(self.name()).join(name);
            let source = read(&workspace.join(&file))?;
            let tokens = tokens::tokens(&source, *language);
            let changes = operators::changes(&source, &tokens, *language, self.words());
            mutants.extend(changes.into_iter().map(|change| {
                Mutant::of(
                    file.clone(),
                    &source,
                    change.range,
                    &change.after,
                    change.operator,
                )
            }));
        }
        if mutants.is_empty() {
            return Err(format!("no source's name contains {only:?}"));
        }
        Ok(distinct(mutants))
    }
}

/// A copy of a sample that is changed and built again for each mutant.
pub(crate) struct Workshop {
    sample: Sample,
    /// A copy of what the sample's build needs of the workspace.
    copy: PathBuf,
    /// Where the libraries go.
    libraries: PathBuf,
}

impl Workshop {
    /// Copies the sources into `folder`.
    pub(crate) fn open(sample: Sample, workspace: &Path, folder: &Path) -> Result<Self, String> {
        let copy = folder.join("workspace");
        let libraries = folder.join("libraries");
        let member = Path::new("sample-plugins").join(sample.name());
        make(&libraries)?;
        copy_folder(&workspace.join(&member), &copy.join(&member))?;
        match sample {
            Sample::CarrierJsonC => {
                copy_folder(&workspace.join("include"), &copy.join("include"))?;
            }
            Sample::CarrierJson => {
                copy_folder(&workspace.join("sdk"), &copy.join("sdk"))?;
                let lock = read(&workspace.join("Cargo.lock"))?;
                write(&copy.join("Cargo.lock"), &lock)?;
                write(&copy.join("Cargo.toml"), &reduced(workspace, &member)?)?;
            }
        }
        Ok(Self {
            sample,
            copy,
            libraries,
        })
    }

    /// Builds the sample itself.
    pub(crate) fn build_original(&self) -> Result<PathBuf, String> {
        self.compile("original")?
            .ok_or_else(|| "the sample itself does not compile".to_owned())
    }

    /// Builds a mutant; `None` if it does not compile.
    pub(crate) fn build(&self, mutant: &Mutant, id: &str) -> Result<Option<PathBuf>, String> {
        let file = self.copy.join(&mutant.file);
        let original = read(&file)?;
        write(&file, &mutant.source)?;
        let built = self.compile(id);
        write(&file, &original)?;
        built
    }

    fn compile(&self, id: &str) -> Result<Option<PathBuf>, String> {
        let out = self.libraries.join(id);
        make(&out)?;
        let folder = self.copy.join("sample-plugins").join(self.sample.name());
        let (mut command, library) = match self.sample {
            Sample::CarrierJsonC => {
                let mut make = Command::new("make");
                make.arg("-s").arg("-B").arg("-C").arg(&folder);
                // A warning is not the end of a mutant. A job server of another make is not ours to use.
                make.arg("WARNINGS=-w")
                    .arg(format!("OUT={}", out.display()));
                make.env_remove("MAKEFLAGS");
                (make, out.join("libcarrier_json_c.so"))
            }
            Sample::CarrierJson => {
                let mut cargo = Command::new("cargo");
                // The quickest build. What is mutated is not what another optimisation changes.
                cargo.args(["build", "--quiet", "--manifest-path"]);
                cargo.arg(folder.join("Cargo.toml"));
                cargo.arg("--target-dir").arg(self.copy.join("target"));
                let built = self.copy.join("target/debug/libcarrier_json.so");
                // If it cannot be built, the one before must not be taken for it.
                let _ = fs::remove_file(&built);
                (cargo, built)
            }
        };
        let output = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let output = output
            .output()
            .map_err(|error| format!("cannot start the compiler: {error}"))?;
        if !output.status.success() {
            if id == "original" {
                return Err(String::from_utf8_lossy(&output.stderr).into_owned());
            }
            let _ = fs::remove_dir_all(&out);
            return Ok(None);
        }
        let own = out.join(library.file_name().unwrap_or_default());
        if own != library {
            fs::copy(&library, &own).map_err(|error| format!("{}: {error}", library.display()))?;
        }
        Ok(Some(own))
    }
}

/// The workspace's manifest with only the sample and what it is made with.
fn reduced(workspace: &Path, member: &Path) -> Result<String, String> {
    let manifest = read(&workspace.join("Cargo.toml"))?;
    let mut manifest: toml::Table = manifest
        .parse()
        .map_err(|error| format!("Cargo.toml: {error}"))?;
    let table = manifest
        .get_mut("workspace")
        .and_then(toml::Value::as_table_mut);
    let table = table.ok_or("Cargo.toml has no [workspace]")?;
    let members = ["sdk".to_owned(), member.display().to_string()];
    table.insert("members".to_owned(), members.to_vec().into());
    table.remove("default-members");
    table.remove("exclude");
    Ok(manifest.to_string())
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    make(to)?;
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            // What was built is not copied.
            if name != "target" && name != "build" {
                copy_folder(&path, &to.join(name))?;
            }
            continue;
        }
        let text = fs::read(&path).map_err(failed)?;
        let target = to.join(name);
        // An unchanged file keeps its time, so that nothing is built again.
        if fs::read(&target).ok().as_ref() != Some(&text) {
            fs::write(&target, text).map_err(|error| format!("{}: {error}", target.display()))?;
        }
    }
    Ok(())
}

fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    if fs::read_to_string(file).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}
