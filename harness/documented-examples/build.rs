//! Takes the examples out of the SDK's documentation that are plugins: those that define a function `check`.
//!
//! The variable ICS_EXAMPLE says which one is built, by its number from 0. All are listed in `examples.txt` of OUT_DIR, one line
//! each: the file and the line that it begins at.

use std::collections::HashSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// An example with its place.
struct Example {
    file: String,
    line: usize,
    text: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    sources(&workspace.join("sdk/src"), &mut files)?;
    files.extend(
        ["README.md", "sdk/README.md", "sdk/docs/NEVER.md"].map(|name| workspace.join(name)),
    );
    files.sort();
    let mut examples = Vec::new();
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.strip_prefix(&workspace)?.display().to_string();
        examples.extend(blocks(&name, &fs::read_to_string(&file)?));
    }
    // The same plugin stands in several places.
    let mut known = HashSet::new();
    examples.retain(|example| known.insert(essence(&example.text)));
    println!("cargo::rerun-if-env-changed=ICS_EXAMPLE");
    let wanted = env::var("ICS_EXAMPLE").unwrap_or_else(|_| "0".to_owned());
    let example = examples.get(wanted.parse::<usize>()?);
    let example = example.ok_or_else(|| format!("there are {} examples", examples.len()))?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("example.rs"), plugin(&example.text))?;
    let list = examples
        .iter()
        .map(|one| format!("{}:{}\n", one.file, one.line));
    fs::write(out.join("examples.txt"), list.collect::<String>())?;
    Ok(())
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, files)?;
        } else if path.extension().is_some_and(|one| one == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// The blocks of Rust code in a text, or in its comments, that define `check`.
fn blocks(file: &str, text: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut block: Option<Example> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start();
        let is_source = file.ends_with(".rs");
        // `#[cfg_attr(…, doc = "```")]` begins a block where a feature decides whether it is compiled.
        let by_feature = is_source && line.contains("doc = \"```");
        let comment = ["/// ", "//! ", "///", "//!"]
            .iter()
            .find_map(|mark| line.strip_prefix(mark));
        let Some(line) = comment.or((!is_source || by_feature).then_some(line)) else {
            continue;
        };
        let fence = by_feature || line.starts_with("```");
        match &mut block {
            None if by_feature || matches!(line.trim(), "```" | "```rust" | "```no_run") => {
                block = Some(Example {
                    file: file.to_owned(),
                    line: number,
                    text: String::new(),
                });
            }
            // The second attribute of the two that begin it.
            Some(open) if by_feature && open.text.is_empty() => {}
            Some(_) if fence => {
                // Unit tests are run as what they are, by rustdoc.
                found.extend(block.take().filter(|one| {
                    one.text.contains("fn check(") && !one.text.contains("::testing::")
                }));
            }
            Some(open) => {
                // What rustdoc hides is compiled, too.
                let line = line.strip_prefix("# ").unwrap_or(line);
                open.text.push_str(line.trim_end_matches('#'));
                open.text.push('\n');
            }
            None => {}
        }
    }
    found
}

/// What makes an example differ from others: its lines without blanks, imports and the export of the usual settings.
fn essence(text: &str) -> String {
    let code = plugin(text);
    let lines = code
        .lines()
        .map(|line| line.split_whitespace().collect::<String>());
    let mut lines: Vec<_> = lines
        .filter(|line| {
            !line.starts_with("useics_entitlement") && !line.contains("export!(check,settings=r#")
        })
        .collect();
    lines.sort();
    lines.concat()
}

/// The example as a plugin: exported, if it is not yet, and without the `main` that only documentation needs.
fn plugin(text: &str) -> String {
    let code = match text.find("fn main()") {
        Some(end) => &text[..end],
        None => text,
    };
    if code.contains("export!(") {
        return code.to_owned();
    }
    format!(
        "{code}\nics_entitlement::export!(check, settings = r#\"url = \"https://entitlement.operator.example\"\"#);\n"
    )
}
