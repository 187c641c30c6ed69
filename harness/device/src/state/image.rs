//! Files of the device's image.
//!
//! Documents name files as Windows does: `C:\Windows\System32\a.dll`. An image is
//! a folder of this machine whose root stands for drive C. Names are matched
//! without regard to letter case, as Windows does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where Windows looks for a library that is named without a folder.
const SEARCHED: [&str; 3] = [r"Windows\System32", "Windows", ""];

/// A folder that stands for the device's drive C.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    root: PathBuf,
    /// The same without links, to see what leads out of it.
    real: PathBuf,
}

/// Why a folder cannot stand for drive C.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot read the image {}: {error}; name the folder that stands for the device's drive C",
    folder.display()
)]
pub struct NoImage {
    pub folder: PathBuf,
    pub error: io::Error,
}

/// Why a path does not lead to a file of the image.
#[derive(Debug, thiserror::Error)]
pub enum NotInImage {
    /// The path is not one that an image can have.
    #[error("`{path}` {why}")]
    Unsuitable {
        /// The path, as the document has it.
        path: String,
        /// Why it is not.
        why: &'static str,
    },
    /// A folder or the file is not there.
    #[error("`{path}` is not in the image: {} has no `{missing}`", folder.display())]
    Missing {
        /// The path, as the document has it.
        path: String,
        /// The folder that was looked into last.
        folder: PathBuf,
        /// The name that is missing.
        missing: String,
    },
    /// Two names differ only in letter case.
    #[error(
        "`{path}` could be `{one}` or `{other}` in {}; Windows could have only one of them",
        folder.display()
    )]
    Ambiguous {
        /// The path, as the document has it.
        path: String,
        /// The folder that has both.
        folder: PathBuf,
        one: String,
        other: String,
    },
    /// It leads to something else than a file.
    #[error("`{path}` is no file of the image: {} is a folder or a device", found.display())]
    NoFile {
        /// The path, as the document has it.
        path: String,
        /// What it leads to.
        found: PathBuf,
    },
    /// A link on the way leads to what the device does not have.
    #[error(
        "`{path}` is not in the image: {} is a link that leads out of it to {}",
        found.display(),
        target.display()
    )]
    Outside {
        /// The path, as the document has it.
        path: String,
        /// Where it is, in the image.
        found: PathBuf,
        /// Where the link leads.
        target: PathBuf,
    },
    /// The folder or the file cannot be read.
    #[error("cannot read {}: {error}", folder.display())]
    Io {
        /// The folder or the file.
        folder: PathBuf,
        error: io::Error,
    },
}

impl Image {
    /// The image whose drive C is this folder.
    ///
    /// # Errors
    /// The folder is not there or cannot be read.
    pub fn open(root: &Path) -> Result<Self, NoImage> {
        // A folder that can be listed; a file cannot.
        let real = fs::read_dir(root).and_then(|_| root.canonicalize());
        let real = real.map_err(|error| NoImage {
            folder: root.to_owned(),
            error,
        })?;
        Ok(Self {
            root: root.to_owned(),
            real,
        })
    }

    /// The file that this Windows path leads to. A bare name is looked for where
    /// Windows looks for libraries.
    ///
    /// # Errors
    /// There is no such file, or the path is not one that an image can have.
    pub fn find(&self, path: &str) -> Result<PathBuf, NotInImage> {
        let unsuitable = |why| NotInImage::Unsuitable {
            path: path.to_owned(),
            why,
        };
        let plain = expand(path).ok_or_else(|| {
            unsuitable("has a variable that is not %SystemRoot%, %windir% or %SystemDrive%")
        })?;
        if plain.starts_with(r"\\") || plain.starts_with("//") {
            return Err(unsuitable(
                "is on the network or a device; an image has drive C only",
            ));
        }
        let rest = match plain.split_once(':') {
            Some((drive, rest)) if drive.eq_ignore_ascii_case("c") => rest,
            Some(_) => return Err(unsuitable("is not on drive C, which is all an image has")),
            None => &plain,
        };
        let is_separator = |c| c == '\\' || c == '/';
        let parts: Vec<_> = rest
            .split(is_separator)
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        if parts.contains(&"..") {
            return Err(unsuitable("leads upwards; write the path without `..`"));
        }
        let is_bare = parts.len() == 1 && rest == plain && !rest.starts_with(is_separator);
        match parts.as_slice() {
            [] => Err(unsuitable("names no file")),
            [name] if is_bare => self.search(path, name),
            parts => self.walk(path, parts),
        }
    }

    /// Searches where Windows does; the error names the first of these folders.
    fn search(&self, path: &str, name: &str) -> Result<PathBuf, NotInImage> {
        let mut first = None;
        for folder in SEARCHED {
            let folders = folder.split('\\').filter(|part| !part.is_empty());
            let parts: Vec<_> = folders.chain([name]).collect();
            match self.walk(path, &parts) {
                Err(missing @ (NotInImage::Missing { .. } | NotInImage::NoFile { .. })) => {
                    first.get_or_insert(missing);
                }
                found => return found,
            }
        }
        Err(first.expect("three folders were looked into"))
    }

    fn walk(&self, path: &str, parts: &[&str]) -> Result<PathBuf, NotInImage> {
        let found = parts.iter().try_fold(self.root.clone(), |folder, part| {
            let name = entry(path, &folder, part)?;
            Ok(folder.join(name))
        })?;
        let io_error = |error| NotInImage::Io {
            folder: found.clone(),
            error,
        };
        let target = found.canonicalize().map_err(io_error)?;
        let path = path.to_owned();
        if !target.starts_with(&self.real) {
            return Err(NotInImage::Outside {
                path,
                found,
                target,
            });
        }
        if !target.is_file() {
            return Err(NotInImage::NoFile { path, found });
        }
        Ok(found)
    }
}

/// The name of this entry as the folder has it: the same, or one that differs
/// only in letter case.
fn entry(path: &str, folder: &Path, wanted: &str) -> Result<String, NotInImage> {
    let io_error = |error| NotInImage::Io {
        folder: folder.to_owned(),
        error,
    };
    let missing = || NotInImage::Missing {
        path: path.to_owned(),
        folder: folder.to_owned(),
        missing: wanted.to_owned(),
    };
    if !folder.is_dir() {
        return Err(missing());
    }
    let lower = wanted.to_lowercase();
    let mut found: Option<String> = None;
    for one in fs::read_dir(folder).map_err(io_error)? {
        let Ok(name) = one.map_err(io_error)?.file_name().into_string() else {
            continue;
        };
        if name.to_lowercase() != lower {
            continue;
        }
        if let Some(other) = found.replace(name.clone()) {
            let (one, other) = if name < other {
                (name, other)
            } else {
                (other, name)
            };
            return Err(NotInImage::Ambiguous {
                path: path.to_owned(),
                folder: folder.to_owned(),
                one,
                other,
            });
        }
    }
    found.ok_or_else(missing)
}

/// The path with the variables that lead to the system's folder or drive spelt
/// out; nothing if it has another one.
fn expand(path: &str) -> Option<String> {
    let Some(rest) = path.strip_prefix('%') else {
        return (!path.contains('%')).then(|| path.to_owned());
    };
    let (variable, rest) = rest.split_once('%')?;
    let value = match variable.to_ascii_lowercase().as_str() {
        "systemroot" | "windir" => r"C:\Windows",
        "systemdrive" => "C:",
        _ => return None,
    };
    (!rest.contains('%')).then(|| format!("{value}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(files: &[&str]) -> (tempfile::TempDir, Image) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let image = Image::open(folder.path()).unwrap();
        (folder, image)
    }

    #[test]
    fn a_windows_path_leads_to_a_file_whatever_its_letter_case() {
        let (folder, image) = image(&["Windows/System32/MOEntitlement.dll", "programs/x.dll"]);
        for (path, file) in [
            (
                r"c:\windows\system32\MOEntitlement.dll",
                "Windows/System32/MOEntitlement.dll",
            ),
            (
                r"C:/WINDOWS\SYSTEM32\moentitlement.DLL",
                "Windows/System32/MOEntitlement.dll",
            ),
            (
                r"%SystemRoot%\system32\MOEntitlement.dll",
                "Windows/System32/MOEntitlement.dll",
            ),
            (r"%systemdrive%\Programs\X.dll", "programs/x.dll"),
            (
                r"\windows\system32\.\MOEntitlement.dll",
                "Windows/System32/MOEntitlement.dll",
            ),
            ("moentitlement.dll", "Windows/System32/MOEntitlement.dll"),
        ] {
            assert_eq!(
                image.find(path).unwrap(),
                folder.path().join(file),
                "{path}"
            );
        }
    }

    #[test]
    fn a_path_without_a_file_says_where_it_ends() {
        let (_folder, image) = image(&["Windows/a.dll", "two/x.dll", "two/X.dll"]);
        for (path, told) in [
            (r"C:\Windows\b.dll", "Windows has no `b.dll`"),
            (r"C:\Windows\a.dll\b.dll", "has no `b.dll`"),
            (r"C:\Programs\b.dll", "has no `Programs`"),
            ("b.dll", "has no `System32`"),
            (r"D:\b.dll", "is not on drive C"),
            (r"\\server\share\b.dll", "is on the network or a device"),
            (r"\\?\C:\b.dll", "is on the network or a device"),
            (r"C:\Windows\..\b.dll", "leads upwards"),
            (r"%ProgramFiles%\b.dll", "has a variable"),
            (r"C:\two\x.dll", "could be `X.dll` or `x.dll`"),
            (r"C:\", "names no file"),
            (r"C:\Windows", "is no file of the image"),
        ] {
            let error = image.find(path).unwrap_err().to_string();
            assert!(error.contains(told), "{path}: {error}");
        }
    }

    #[test]
    fn a_bare_name_is_looked_for_past_a_folder_of_that_name() {
        let (folder, image) = image(&["Windows/System32/a.dll/b", "Windows/a.dll"]);
        let found = image.find("a.dll").unwrap();
        assert_eq!(found, folder.path().join("Windows/a.dll"));
    }

    #[test]
    fn an_image_is_a_folder_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        for path in [file, folder.path().join("gone")] {
            let told = Image::open(&path).unwrap_err().to_string();
            assert!(told.contains(&path.display().to_string()), "{told}");
            assert!(told.contains("name the folder"), "{told}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_may_not_lead_out_of_the_image() {
        use std::os::unix::fs::symlink;
        let (outside, _) = image(&["secret.dll", "folder/secret.dll"]);
        let (folder, image) = image(&["Windows/a.dll"]);
        let link = |target: &Path, name: &str| symlink(target, folder.path().join(name)).unwrap();
        link(Path::new("Windows/a.dll"), "within.dll");
        link(&outside.path().join("secret.dll"), "out.dll");
        link(&outside.path().join("folder"), "out");
        link(Path::new("gone.dll"), "dangling.dll");
        assert_eq!(
            image.find(r"C:\within.dll").unwrap(),
            folder.path().join("within.dll")
        );
        for (path, told) in [
            (r"C:\out.dll", "is a link that leads out of it"),
            (r"C:\out\secret.dll", "is a link that leads out of it"),
            (r"C:\dangling.dll", "cannot read"),
        ] {
            let error = image.find(path).unwrap_err().to_string();
            assert!(error.contains(told), "{path}: {error}");
        }
        // The image itself may be reached by a link.
        let other = outside.path().join("image");
        symlink(folder.path(), &other).unwrap();
        let image = Image::open(&other).unwrap();
        image.find(r"C:\Windows\a.dll").unwrap();
    }
}
