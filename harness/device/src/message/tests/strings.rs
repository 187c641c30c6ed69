//! MOHelpMessage's string, from libraries that the resource compiler made.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use crate::csp::StringReference;
use crate::message::LangId;
use crate::message::resource::{NotFound, string};
use crate::state::Image;

const TOOLS: [&str; 2] = ["x86_64-w64-mingw32-windres", "x86_64-w64-mingw32-ld"];

/// String tables in German, Swiss German, US English and no language.
const STRINGS: &str = r#"
#pragma code_page(65001)
LANGUAGE 0x07, 0x01
STRINGTABLE { 101 L"Deutsch \x00e4" 117 L"Nur deutsch" }
LANGUAGE 0x07, 0x02
STRINGTABLE { 101 L"Schweiz" 102 L"Grüezi" }
LANGUAGE 0x09, 0x01
STRINGTABLE { 101 L"English" 102 L"Hello" 133 L"English only" }
LANGUAGE 0x00, 0x00
STRINGTABLE { 149 L"Neutral" }
LANGUAGE 0x07, 0x01
STRINGTABLE { 149 L"Deutsch" }
LANGUAGE 0x0c, 0x01
STRINGTABLE { 165 L"Bonjour" 175 L"" }
"#;

fn is_there(tool: &str) -> bool {
    let version = Command::new(tool)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

fn run(tool: &str, folder: &Path, arguments: &[&str]) {
    let status = Command::new(tool)
        .args(arguments)
        .current_dir(folder)
        .status();
    assert!(status.unwrap().success(), "{tool} {arguments:?}");
}

/// A resource library with `script`; `None`, with a report, where the
/// tools are missing.
fn library(script: &str) -> Option<Vec<u8>> {
    if let Some(missing) = TOOLS.iter().find(|tool| !is_there(tool)) {
        println!("skipped: {missing} (package binutils-mingw-w64-x86-64) is not installed");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.rc"), script).unwrap();
    run(TOOLS[0], folder.path(), &["a.rc", "a.o"]);
    run(
        TOOLS[1],
        folder.path(),
        &["-shared", "--entry=0", "-o", "a.dll", "a.o"],
    );
    Some(fs::read(folder.path().join("a.dll")).unwrap())
}

fn user(tag: &str) -> LangId {
    LangId::from_tag(tag).unwrap()
}

#[test]
fn a_string_comes_in_the_language_that_the_system_would_choose() {
    let Some(library) = library(STRINGS) else {
        return;
    };
    for (id, tag, text, language) in [
        (101, "de-DE", "Deutsch ä", "de-DE"),
        (101, "de-CH", "Schweiz", "de-CH"),
        (101, "en-US", "English", "en-US"),
        // A country that is not there is served English, not another country's
        // variant of its language.
        (101, "de-AT", "English", "en-US"),
        (101, "ja-JP", "English", "en-US"),
        // No language in particular comes before the user's.
        (149, "de-DE", "Neutral", "neutral"),
        // Where there is neither, any will do.
        (117, "fr-FR", "Nur deutsch", "de-DE"),
        (133, "de-DE", "English only", "en-US"),
        (165, "de-DE", "Bonjour", "fr-FR"),
    ] {
        let found = string(&library, id, user(tag)).unwrap();
        assert_eq!(
            (found.text.as_str(), found.language),
            (text, user_or_neutral(language)),
            "{id} {tag}"
        );
    }
}

fn user_or_neutral(tag: &str) -> LangId {
    LangId::from_tag(tag).unwrap_or(LangId::NEUTRAL)
}

#[test]
fn a_string_that_is_missing_is_reported_with_the_languages_looked_at() {
    let Some(library) = library(STRINGS) else {
        return;
    };
    let error = |id, tag| string(&library, id, user(tag)).unwrap_err().to_string();
    // As in the system, a block in the user's language hides those in others.
    assert_eq!(
        error(102, "de-DE"),
        "the library has no string 102 in de-DE, en-US, de-CH"
    );
    assert_eq!(error(999, "de-DE"), "the library has no string 999");
    assert_eq!(string(b"MZ", 1, user("de-DE")), Err(NotFound::NotPe));
}

#[test]
fn the_reference_leads_to_the_string_through_the_image() {
    let Some(library) = library(STRINGS) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let system = folder.path().join("Windows/System32");
    fs::create_dir_all(&system).unwrap();
    fs::write(system.join("HotSpotMOHelp.dll"), library).unwrap();
    let reference = StringReference::parse("@hotspotmohelp.dll,-101").unwrap();
    let image = Image::open(folder.path()).unwrap();
    let file = image.find(&reference.library).unwrap();
    let found = string(&fs::read(file).unwrap(), reference.id, user("en-US")).unwrap();
    assert_eq!(found.text, "English");
}

#[test]
fn a_library_without_strings_is_reported() {
    let Some(library) = library("1 RCDATA { 1 }") else {
        return;
    };
    assert_eq!(string(&library, 1, user("en-US")), Err(NotFound::NoStrings));
}

/// A damaged library gives a string or an error, whatever byte was changed and
/// wherever it was cut.
#[test]
fn a_damaged_library_never_panics() {
    let Some(library) = library(STRINGS) else {
        return;
    };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let damage = prop::collection::vec((0..library.len(), any::<u8>()), 1..8);
    let strategy = (damage, prop::option::of(0..library.len()), 90..200_u16);
    let result = runner.run(&strategy, |(damage, cut, id)| {
        let mut damaged = library.clone();
        for (at, byte) in damage {
            damaged[at] = byte;
        }
        damaged.truncate(cut.unwrap_or(library.len()));
        let _ = string(&damaged, id, LangId::ENGLISH_US);
        Ok(())
    });
    result.unwrap();
}
