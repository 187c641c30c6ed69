//! Files that are written: proven before the work, and replaced as a whole.

use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use ics_device::printable::{PrintableLines, Utf8};
use tempfile::NamedTempFile;

use super::Failure;

/// Standard input or output, where a file is asked for.
pub(super) const STANDARD: &str = "-";

/// Refuses an output that would overwrite one of the inputs.
pub(super) fn keep_apart(inputs: &[PathBuf], output: Option<&Path>) -> Result<(), Failure> {
    // What is not there overwrites nothing.
    let Some(output) = output.filter(|output| output.exists()) else {
        return Ok(());
    };
    // A pipe or a terminal can be read and written.
    let is_input = |input: &&PathBuf| {
        input.as_path() != Path::new(STANDARD) && input.is_file() && is_same_file(input, output)
    };
    match inputs.iter().find(is_input) {
        Some(input) => Err(Failure::Usage(format!(
            "the output {} would overwrite the input {}; name another file",
            output.display(),
            input.display()
        ))),
        None => Ok(()),
    }
}

/// Whether two paths name the same file, which need not exist yet.
pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| {
        path.canonicalize().ok().or_else(|| {
            let folder = path.parent()?;
            // A file name without a folder is one of the current folder.
            let folder = match folder.as_os_str().is_empty() {
                true => Path::new("."),
                false => folder,
            };
            Some(folder.canonicalize().ok()?.join(path.file_name()?))
        })
    };
    one == other || real(one).is_some_and(|one| Some(one) == real(other))
}

/// An output that can be written. Until it is complete, an existing file stays
/// unchanged.
pub(super) struct Output {
    name: String,
    target: OutputTarget,
}

enum OutputTarget {
    Standard,
    /// A pipe, a terminal or the like, which cannot be replaced.
    Open(File),
    /// A file in a folder that takes no new one: it is written over.
    Over(File),
    /// A file that takes the place of the one that is named.
    Draft(NamedTempFile, PathBuf),
}

impl Output {
    /// Proves that a file can be written; nothing and `-` are standard output.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| *path != Path::new(STANDARD)) else {
            return Ok(Self {
                name: "standard output".to_owned(),
                target: OutputTarget::Standard,
            });
        };
        let name = path.display().to_string();
        match target(path) {
            Ok(target) => Ok(Self { name, target }),
            Err(error) => Err(cannot_write(&name, &error)),
        }
    }

    /// Writes it. Bytes that are no text are not written to a terminal, and a text
    /// only with its controls written out; a file and a pipe get each byte.
    pub(super) fn put(self, bytes: &[u8], is_text: bool) -> Result<(), Failure> {
        let outcome = match self.target {
            OutputTarget::Standard => {
                let mut out = io::stdout().lock();
                let to_terminal = out.is_terminal();
                if !is_text && to_terminal {
                    return Err(Failure::Usage(
                        "these bytes are not for a terminal; name a file with --output".to_owned(),
                    ));
                }
                if to_terminal {
                    let text = PrintableLines(Utf8(bytes)).to_string();
                    out.write_all(text.as_bytes()).and_then(|()| out.flush())
                } else {
                    out.write_all(bytes).and_then(|()| out.flush())
                }
            }
            OutputTarget::Open(mut file) => file.write_all(bytes),
            OutputTarget::Over(mut file) => file.set_len(0).and_then(|()| file.write_all(bytes)),
            OutputTarget::Draft(mut file, path) => file
                .write_all(bytes)
                .and_then(|()| file.persist(path).map(drop).map_err(io::Error::from)),
        };
        match outcome {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(cannot_write(&self.name, &error))
            }
            _ => Ok(()),
        }
    }
}

/// Writes bytes to the file that was named, or to standard output.
pub(super) fn put(bytes: &[u8], output: Option<&Path>, is_text: bool) -> Result<(), Failure> {
    Output::open(output)?.put(bytes, is_text)
}

fn cannot_write(name: &str, error: &io::Error) -> Failure {
    let text = error.to_string();
    // The crate tempfile adds the name of its own file, which is not the one that was asked for.
    let text = text.split(" at path ").next().unwrap_or_default();
    Failure::Harness(format!("cannot write {name}: {text}"))
}

fn target(path: &Path) -> io::Result<OutputTarget> {
    let old = match fs::metadata(path) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut path = path.to_owned();
    let mut draft = tempfile::Builder::new();
    draft.prefix(".").suffix(".new");
    // As any new file; a temporary one would be for its owner alone.
    #[cfg(unix)]
    draft.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut over = None;
    if let Some(old) = &old {
        // A file that may not be written to may not be replaced either.
        let file = File::options().write(true).open(&path)?;
        if !old.is_file() {
            return Ok(OutputTarget::Open(file));
        }
        over = Some(file);
        // A link stays one.
        path = path.canonicalize()?;
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let draft = match (draft.tempfile_in(folder), over) {
        (Ok(draft), _) => draft,
        (Err(_), Some(file)) => return Ok(OutputTarget::Over(file)),
        (Err(error), None) => return Err(error),
    };
    if let Some(old) = old {
        draft.as_file().set_permissions(old.permissions())?;
    }
    Ok(OutputTarget::Draft(draft, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        (folder, path)
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|one| one.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_or_stays() {
        let (_folder, path) = work();
        let file = path.join("a");
        let output = Output::open(Some(&file)).unwrap();
        assert!(!file.exists(), "until it is written it is not there");
        drop(output);
        assert!(names(&path).is_empty(), "nothing is left of it");
        put(b"one", Some(&file), true).unwrap();
        let mut reader = File::open(&file).unwrap();
        put(b"two", Some(&file), true).unwrap();
        let old = io::read_to_string(&mut reader).unwrap();
        assert_eq!(old, "one", "who reads the old one reads it to its end");
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(names(&path), ["a"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_keeps_its_mode_and_a_link_stays_one() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (_folder, path) = work();
        let [file, link, plain] = ["a", "link", "plain"].map(|name| path.join(name));
        fs::write(&file, "one").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a", &link).unwrap();
        put(b"two", Some(&link), true).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o640);
        // A new file has the mode that the system gives.
        let new = path.join("new");
        fs::write(&plain, "").unwrap();
        put(b"", Some(&new), true).unwrap();
        assert_eq!(mode(&new), mode(&plain));
        put(b"gone", Some(Path::new("/dev/null")), true).unwrap();
    }

    /// As for `Over`; root can create files anywhere.
    #[test]
    fn a_file_that_cannot_be_replaced_is_written_over() {
        let (_folder, path) = work();
        let file = path.join("a");
        fs::write(&file, "a long one").unwrap();
        let over = Output {
            name: "a".to_owned(),
            target: OutputTarget::Over(File::options().write(true).open(&file).unwrap()),
        };
        over.put(b"short", true).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"short");
    }

    #[test]
    fn what_cannot_be_written_is_reported_before_the_work() {
        let (_folder, path) = work();
        for path in [path.join("gone/a"), path] {
            let Err(Failure::Harness(words)) = Output::open(Some(&path)) else {
                panic!("{} can be written", path.display());
            };
            assert!(words.contains(&path.display().to_string()), "{words}");
        }
    }
}
