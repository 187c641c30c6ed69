//! A plugin is copied with the libraries that it needs, and no file of the user's changes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ics_harness::plugin::Plugin;
use ics_harness::plugin::copy::{self, Additions, Copy, CopyError};
use ics_harness::profile::Profile;
use ics_harness::run::{Conditions, TestBed, TestBedError};
use ics_harness::testbed::authority::{Authority, Trust};
use ics_harness::testbed::isolation::IsolationChoice;
use ics_harness::testbed::servers::{Ports, ServerOptions};
use ics_harness::worker::observation::End;
use ics_harness::worker::{self, Cancel, Options};
use tempfile::TempDir;

use super::support::CHECK;

/// What makes a library one of the SDK's.
const MARKED: &str = r#"MARKED="{\"sdk\":\"0.1.0\",\"settings\":1}""#;

/// A user's folder with a plugin, and a folder for copies.
struct Folders {
    users: TempDir,
    private: TempDir,
}

impl Folders {
    fn new() -> Self {
        Self {
            users: tempfile::tempdir().unwrap(),
            private: tempfile::tempdir().unwrap(),
        }
    }

    /// Compiles a library in the user's folder that answers with what `calls` answers, or with 2.
    fn library(&self, name: &str, function: &str, calls: Option<&str>, links: &[&str]) {
        let answer = calls.map_or("2".to_owned(), |calls| format!("{calls}()"));
        let declared = calls.map_or(String::new(), |calls| format!("int {calls}(void);"));
        let source = format!("{declared} int {function}(void) {{ return {answer}; }}");
        let file = self.private.path().join("source.c");
        fs::write(&file, source).unwrap();
        self.compile(name, &[file.to_str().unwrap()], links);
    }

    /// Compiles a plugin in the user's folder that calls `answer` while it is loaded.
    fn plugin(&self, links: &[&str], marked: bool) -> Plugin {
        let constructor = self.private.path().join("constructor.c");
        fs::write(
            &constructor,
            "int answer(void); __attribute__((constructor)) static void load(void) { answer(); }",
        )
        .unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugins/exports.c");
        let mut sources = vec![source.to_str().unwrap(), constructor.to_str().unwrap()];
        let define = format!("-D{MARKED}");
        if marked {
            sources.push(&define);
        }
        self.compile("plugin.so", &sources, links);
        let plugin = Plugin::find(&self.users.path().join("plugin.so"), None).unwrap();
        assert_eq!(plugin.inspection.sdk.is_some(), marked);
        plugin
    }

    fn compile(&self, name: &str, sources: &[&str], links: &[&str]) {
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-Wl,-rpath,$ORIGIN", "-o", name])
            .args(sources)
            .args(links)
            .current_dir(self.users.path())
            .status()
            .unwrap();
        assert!(status.success(), "cc could not compile {name}");
    }

    /// Every file of the user's: its inode and its bytes.
    fn files(&self) -> BTreeMap<PathBuf, (u64, Vec<u8>)> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.users.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let metadata = fs::symlink_metadata(&path).unwrap();
                if metadata.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = fs::read(&path).unwrap();
                    files.insert(path, (metadata.ino(), bytes));
                }
            }
        }
        files
    }

    fn additions(&self) -> Additions<'_> {
        Additions {
            authority: self.private.path(),
            url: None,
            allow_http: false,
            files: &[],
        }
    }

    /// Makes both kinds of copy and loads each. The user's files must be the same afterwards.
    fn copy_and_load(&self, plugin: &Plugin) {
        let before = self.files();
        let usual = self.private.path().join("usual");
        let elsewhere = self.private.path().join("elsewhere");
        let copies = [
            copy::in_private_folder(plugin, &usual, self.additions()).unwrap(),
            copy::in_unusual_folder(plugin, &elsewhere, self.additions()).unwrap(),
        ];
        copy::make_writable(&elsewhere);
        for copy in copies {
            load(&copy);
        }
        assert!(self.files() == before, "a file of the user's has changed");
    }
}

/// Loads a copy in a worker, calls it, and unloads it.
fn load(copy: &Copy) {
    let options = Options {
        folder: copy.folder.clone(),
        program: Some(env!("CARGO_BIN_EXE_ics-harness").into()),
        ..Options::default()
    };
    let cancel = Cancel::new().unwrap();
    let ran = worker::run(
        &copy.library,
        &CHECK,
        &options,
        &mut |_| Ok(worker::ScenarioChange::Made),
        &cancel,
    )
    .unwrap();
    assert_eq!(ran.end, End::Finished, "{ran:?}");
    assert_eq!(ran.steps[0].error, None);
}

#[test]
fn a_library_that_is_needed_by_an_absolute_path_stays_and_is_unchanged() {
    for marked in [false, true] {
        let folders = Folders::new();
        fs::create_dir(folders.users.path().join("vendor")).unwrap();
        folders.library("vendor/libanswer.so", "answer", None, &[]);
        let absolute = folders.users.path().join("vendor/libanswer.so");
        let plugin = folders.plugin(&[absolute.to_str().unwrap()], marked);
        assert!(
            plugin
                .inspection
                .needed
                .iter()
                .any(|name| name.starts_with('/'))
        );
        folders.copy_and_load(&plugin);
    }
}

#[test]
fn a_library_that_is_needed_by_a_path_with_dots_is_unchanged() {
    for marked in [false, true] {
        let folders = Folders::new();
        // A name that leads from the folder of the plugin, and from that of a copy, to the user's own file.
        let dots = "../".repeat(20);
        let users = folders.users.path().to_str().unwrap();
        let needed = format!("{dots}{}/libanswer.so", users.trim_start_matches('/'));
        let soname = format!("-Wl,-soname,{needed}");
        folders.library("libanswer.so", "answer", None, &[&soname]);
        let plugin = folders.plugin(&["libanswer.so"], marked);
        assert!(plugin.inspection.needed.contains(&needed));
        let before = folders.files();
        for (number, folder) in ["usual", "elsewhere"].iter().enumerate() {
            let folder = folders.private.path().join(folder);
            let made = match number {
                0 => copy::in_private_folder(&plugin, &folder, folders.additions()),
                _ => copy::in_unusual_folder(&plugin, &folder, folders.additions()),
            };
            made.unwrap();
            copy::make_writable(&folder);
        }
        assert!(
            folders.files() == before,
            "a file of the user's has changed"
        );
    }
}

#[test]
fn a_plugin_is_loaded_with_the_libraries_beside_it() {
    for marked in [false, true] {
        let folders = Folders::new();
        folders.library("libanswer.so", "answer", None, &[]);
        let plugin = folders.plugin(&["libanswer.so"], marked);
        folders.copy_and_load(&plugin);
        let beside = folders.private.path().join("usual/libanswer.so");
        assert!(beside.exists());
    }
}

#[test]
fn a_library_that_a_library_needs_moves_too() {
    let folders = Folders::new();
    folders.library("libdeep.so", "deep", None, &[]);
    folders.library("libmiddle.so", "middle", Some("deep"), &["libdeep.so"]);
    folders.library("libanswer.so", "answer", Some("middle"), &["libmiddle.so"]);
    // And in a circle.
    folders.library(
        "libdeep.so",
        "deep",
        None,
        &["-Wl,--no-as-needed", "libanswer.so"],
    );
    let plugin = folders.plugin(&["libanswer.so"], true);
    folders.copy_and_load(&plugin);
}

#[test]
fn a_library_beside_the_plugin_may_be_a_link() {
    let folders = Folders::new();
    folders.library(
        "libanswer.so.1.2",
        "answer",
        None,
        &["-Wl,-soname,libanswer.so.1"],
    );
    symlink(
        "libanswer.so.1.2",
        folders.users.path().join("libanswer.so.1"),
    )
    .unwrap();
    let plugin = folders.plugin(&["libanswer.so.1"], true);
    folders.copy_and_load(&plugin);
    let copied = folders.private.path().join("usual/libanswer.so.1");
    assert!(fs::symlink_metadata(copied).unwrap().is_file());
}

#[test]
fn nothing_that_stands_in_the_way_is_overwritten_or_followed() {
    let folders = Folders::new();
    folders.library("libanswer.so", "answer", None, &[]);
    let plugin = folders.plugin(&["libanswer.so"], true);
    let precious = folders.users.path().join("precious");
    fs::write(&precious, "do not touch").unwrap();
    let before = folders.files();
    for (number, name) in ["plugin.so", "plugin.toml", "libanswer.so"]
        .iter()
        .enumerate()
    {
        let folder = folders.private.path().join(number.to_string());
        fs::create_dir(&folder).unwrap();
        symlink(&precious, folder.join(name)).unwrap();
        let made = copy::in_private_folder(&plugin, &folder, folders.additions());
        assert!(matches!(made, Err(CopyError::Io { .. })), "{name}");
        assert!(
            folders.files() == before,
            "{name}: a file of the user's has changed"
        );
    }
}

#[test]
fn a_plugin_is_not_copied_onto_itself() {
    let folders = Folders::new();
    folders.library("libanswer.so", "answer", None, &[]);
    let plugin = folders.plugin(&["libanswer.so"], true);
    let before = folders.files();
    let settings = folders.users.path().join("plugin.toml");
    let copy = copy::in_private_folder(&plugin, folders.users.path(), folders.additions()).unwrap();
    assert_eq!(copy.library, plugin.library);
    fs::remove_file(settings).unwrap();
    assert!(
        folders.files() == before,
        "a file of the user's has changed"
    );
}

#[test]
fn check_leaves_the_users_files_as_they_are() {
    for (marked, absolute) in [(false, true), (false, false), (true, true), (true, false)] {
        let folders = Folders::new();
        folders.library("libanswer.so", "answer", None, &[]);
        let path = folders.users.path().join("libanswer.so");
        let link = if absolute {
            path.to_str().unwrap()
        } else {
            "libanswer.so"
        };
        let plugin = folders.plugin(&[link], marked);
        let before = folders.files();
        let output = Command::new(env!("CARGO_BIN_EXE_ics-harness"))
            .args(["check", "--rules", "load/succeeds,load/anywhere"])
            .arg(&plugin.library)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("cannot open shared object"), "{stderr}");
        assert!(stderr.contains("load/succeeds"), "{stderr}");
        assert!(
            folders.files() == before,
            "a file of the user's has changed"
        );
    }
}

#[test]
fn data_files_move_with_the_plugin_within_limits() {
    for marked in [false, true] {
        let folders = Folders::new();
        folders.library("libanswer.so", "answer", None, &[]);
        let plugin = folders.plugin(&["libanswer.so"], marked);
        let users = folders.users.path();
        fs::create_dir(users.join("data")).unwrap();
        fs::write(users.join("data/carrier.ini"), "inside").unwrap();
        fs::write(users.join("carrier.ini"), "beside").unwrap();
        symlink("carrier.ini", users.join("link.ini")).unwrap();
        fs::write(users.join("large"), vec![0; 17 << 20]).unwrap();
        let usual = folders.private.path().join("usual");
        let copy = copy::in_private_folder(&plugin, &usual, folders.additions()).unwrap();
        for (file, contents) in [
            ("carrier.ini", "beside"),
            ("link.ini", "beside"),
            ("data/carrier.ini", "inside"),
        ] {
            assert_eq!(fs::read_to_string(usual.join(file)).unwrap(), contents);
        }
        assert!(!usual.join("large").exists());
        assert_eq!(copy.left_out, 1);
        load(&copy);
    }
}

#[test]
fn a_folder_of_many_files_stays_where_it_is() {
    let folders = Folders::new();
    folders.library("libanswer.so", "answer", None, &[]);
    let plugin = folders.plugin(&["libanswer.so"], false);
    let tree = folders.users.path().join("tree");
    fs::create_dir(&tree).unwrap();
    for number in 0..300 {
        fs::write(tree.join(number.to_string()), "").unwrap();
    }
    let usual = folders.private.path().join("usual");
    let copy = copy::in_private_folder(&plugin, &usual, folders.additions()).unwrap();
    assert!(!usual.join("tree").exists());
    assert_eq!(copy.left_out, 1);
}

#[test]
fn a_library_in_a_folder_of_the_run_path_moves_too() {
    let folders = Folders::new();
    fs::create_dir(folders.users.path().join("lib")).unwrap();
    folders.library(
        "lib/libanswer.so",
        "answer",
        None,
        &["-Wl,-soname,libanswer.so"],
    );
    let plugin = folders.plugin(&["-Llib", "-lanswer", "-Wl,-rpath,$ORIGIN/lib"], false);
    folders.copy_and_load(&plugin);
    assert!(
        folders
            .private
            .path()
            .join("usual/lib/libanswer.so")
            .exists()
    );
}

#[test]
fn a_plugin_whose_run_path_leads_outside_is_loaded_from_where_it_is() {
    let folders = Folders::new();
    folders.library("libanswer.so", "answer", None, &[]);
    let plugin = folders.plugin(&["libanswer.so", "-Wl,-rpath,$ORIGIN/../lib"], false);
    let usual = folders.private.path().join("usual");
    let copy = copy::in_private_folder(&plugin, &usual, folders.additions()).unwrap();
    assert_eq!(copy.library, plugin.library);
}

#[test]
fn a_file_that_changed_since_it_was_inspected_is_not_examined() {
    let folders = Folders::new();
    folders.library("libanswer.so", "answer", None, &[]);
    let plugin = folders.plugin(&["libanswer.so"], false);
    fs::copy(folders.users.path().join("libanswer.so"), &plugin.library).unwrap();
    let test_bed = {
        let authority = Authority::new().unwrap();
        TestBed::open(IsolationChoice::Loopback, Trust::Replace, authority).unwrap()
    };
    let conditions = Conditions {
        profile: Profile::default_one(),
        ports: Ports::default(),
        deadline: Duration::from_secs(5),
        assumed: true,
        budget: Duration::from_secs(60),
        options: ServerOptions::default(),
    };
    let error = test_bed.prepare(&plugin, conditions).err().unwrap();
    assert!(matches!(error, TestBedError::Changed(_)), "{error}");
    let path = plugin.library.display().to_string();
    assert!(error.to_string().starts_with(&path), "{error}");
}
