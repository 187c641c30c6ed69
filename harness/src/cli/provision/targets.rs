//! Where documents and responses are written: planned before the work, so that
//! nothing is overwritten by mistake.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::output::{STANDARD, keep_apart};
use super::Failure;

/// Where the outcome of each input goes: a file, or standard output for nothing.
/// That of one goes to `output`; those of several go into the folder `output`,
/// where each keeps its name with this extension.
///
/// # Errors
/// Several need a folder, would become one file, or would overwrite an input.
pub(super) fn plan(
    inputs: &[PathBuf],
    output: Option<&Path>,
    extension: &str,
) -> Result<Vec<Option<PathBuf>>, Failure> {
    let is_standard = output == Some(Path::new(STANDARD));
    let output = output.filter(|_| !is_standard);
    let folder = match (inputs, output) {
        ([_], Some(folder)) if folder.is_dir() => folder,
        ([one], output) => {
            keep_apart(std::slice::from_ref(one), output)?;
            return Ok(vec![output.map(Path::to_owned)]);
        }
        (_, Some(folder)) => folder,
        (_, None) => {
            let but = if is_standard {
                ", not to standard output"
            } else {
                ""
            };
            return Err(Failure::Usage(format!(
                "several documents go into a folder{but}; name it with --output"
            )));
        }
    };
    let mut taken: HashMap<PathBuf, &Path> = HashMap::new();
    let mut targets = Vec::new();
    for input in inputs {
        let name = match input.file_name() {
            Some(name) if name != STANDARD => Path::new(name),
            _ => Path::new("standard-input"),
        };
        let target = folder.join(name.with_extension(extension));
        if let Some(other) = taken.insert(target.clone(), input) {
            return Err(Failure::Usage(format!(
                "{} and {} would both be written to {}; give them folders of their own",
                other.display(),
                input.display(),
                target.display()
            )));
        }
        keep_apart(inputs, Some(&target))?;
        targets.push(Some(target));
    }
    Ok(targets)
}

/// Makes the folder of several targets, if it is not there.
pub(super) fn make_folder_of(targets: &[Option<PathBuf>]) -> Result<(), Failure> {
    let [Some(first), _, ..] = targets else {
        return Ok(());
    };
    let folder = first.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| {
        Failure::Usage(format!(
            "cannot make the folder {}: {error}",
            folder.display()
        ))
    })
}
