//! Which settings files are accepted, and how the errors of the others read.

use std::path::PathBuf;

use serde::Deserialize;

use super::*;

fn document(defaults: &'static str, file: &str) -> (tempfile::TempDir, Document) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libplugin.toml");
    std::fs::write(&path, file).unwrap();
    let document = Document::load(defaults, path).unwrap();
    (folder, document)
}

fn error_of(defaults: &'static str, file: &str) -> String {
    let (folder, document) = document(defaults, file);
    let folder = format!("{}/", folder.path().display());
    document
        .settings()
        .unwrap_err()
        .to_string()
        .replace(&folder, "")
}

#[test]
fn without_a_file_the_compiled_in_settings_hold() {
    let nowhere = PathBuf::from("/nonexistent/libplugin.toml");
    let document = Document::load("url = \"https://a.example\"\n", nowhere).unwrap();
    let settings = document.settings().unwrap();
    assert_eq!(settings.url.as_deref(), Some("https://a.example"));
    assert_eq!(settings.deadline(), Duration::from_secs(5));
    assert!(!settings.allow_http);
    assert_eq!(settings.retry.times, 0);
}

#[test]
fn the_file_overrides_key_by_key() {
    let (_folder, document) = document(
        "deadline = \"5s\"\nallow_http = false\n[retry]\ntimes = 2\n[plugin]\na = 1\nb = 2\n",
        "allow_http = true\n[retry]\npause = \"1s\"\n[plugin]\nb = 3\n",
    );
    let settings = document.settings().unwrap();
    assert_eq!(settings.deadline(), Duration::from_secs(5));
    assert!(settings.allow_http);
    assert_eq!(settings.retry.times, 2);

    #[derive(Debug, Deserialize, PartialEq)]
    struct Own {
        a: u8,
        b: u8,
    }
    assert_eq!(document.plugin::<Own>().unwrap(), Own { a: 1, b: 3 });
}

#[test]
fn an_unknown_key_is_reported_with_its_position() {
    let error = error_of("", "# ours\n  dedline = \"5s\"\n");
    assert!(
        error.starts_with("libplugin.toml:2:3: unknown field `dedline`, expected one of"),
        "{error}"
    );
    let error = error_of("deadline = \"5s\"\n", "[retry]\ntime = 1\n");
    assert!(
        error.starts_with("libplugin.toml:2:1: unknown field `time`"),
        "{error}"
    );
}

#[test]
fn a_wrong_unit_is_reported_with_the_right_ones() {
    let error = error_of("allow_http = true\n", "\ndeadline = \"5\"");
    assert_eq!(
        error,
        "libplugin.toml:2:12: invalid value: string \"5\", expected a time from 1 ms to an hour with its unit: ms, s, min or m, as in \"5s\"",
    );
}

#[test]
fn a_wrong_type_and_invalid_syntax_have_their_position() {
    let error = error_of("", "allow_http = 1\n");
    assert_eq!(
        error,
        "libplugin.toml:1:14: invalid type: integer `1`, expected a boolean"
    );
    let error = error_of("deadline = \"5s\"\n", "url = \"https\nca = 3\n");
    assert!(error.starts_with("libplugin.toml:1:"), "{error}");
}

#[test]
fn a_mistake_in_the_compiled_in_settings_is_reported_as_such() {
    let error = error_of("allow_http = true\nroots = \"all\"\n", "deadline = \"1s\"");
    assert!(
        error.starts_with("compiled-in settings:2:9: unknown variant `all`"),
        "{error}"
    );
}

#[test]
fn the_plugins_table_is_checked_like_the_sdks_own() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Own {
        #[expect(dead_code, reason = "only its type matters here")]
        accept: bool,
    }
    let (_folder, document) = document("", "[plugin]\naccept = \"yes\"\n");
    let error = document.plugin::<Own>().unwrap_err();
    assert_eq!(error.place, Some((2, 10)));
    let (_folder, document) = super::tests::document("", "plugin = 3\n");
    assert!(
        document
            .plugin::<Own>()
            .unwrap_err()
            .message
            .contains("expected a table")
    );
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_and_not_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = Document::load("", folder.path().to_owned()).unwrap_err();
    assert!(error.message.contains("cannot be read"), "{error}");
}
