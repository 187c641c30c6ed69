//! The setting `roots` with each of the crate's features.

use ics_entitlement::{ClientError, Context};

/// The error of a request to a port on which no server listens.
fn refusal(settings: &str) -> ClientError {
    let text = format!("url = \"https://localhost:1\"\n{settings}");
    let context = Context::from_settings(&text).unwrap();
    let answer = context.block_on(context.client().get("").send()).unwrap();
    answer.unwrap_err()
}

#[cfg(not(feature = "webpki-roots"))]
#[test]
fn mozillas_roots_need_their_feature() {
    let error = refusal("roots = \"webpki\"").to_string();
    assert!(
        error.contains("needs the feature `webpki-roots`"),
        "{error}"
    );
}

#[cfg(not(feature = "platform-roots"))]
#[test]
fn the_platforms_roots_need_their_feature() {
    let error = refusal("roots = \"platform\"").to_string();
    assert!(
        error.contains("needs the feature `platform-roots`"),
        "{error}"
    );
}

#[cfg(feature = "webpki-roots")]
mod webpki {
    use super::*;
    use crate::support::server::{self, Server};

    /// A unit test of the transport checks the roots themselves.
    #[test]
    fn mozillas_roots_are_the_default_and_can_be_combined_with_others() {
        // A failure to connect shows that a client could be made without `ca`.
        for settings in ["", "roots = \"webpki\""] {
            let refused = refusal(settings);
            assert!(matches!(refused, ClientError::Transport(_)), "{refused:?}");
        }
        let server = Server::https(server::allow);
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, server.ca()).unwrap();
        let asked = |ca: &str| {
            let text = format!(
                "url = \"https://localhost:{}\"\nroots = \"webpki\"\nca = {ca}\n",
                server.port()
            );
            let context = Context::from_settings(&text).unwrap();
            let answer = context.block_on(context.client().get("").send()).unwrap();
            answer.map(|answer| answer.status())
        };
        assert!(matches!(asked("[]"), Err(ClientError::Transport(_))));
        assert_eq!(server.requests(), 0);
        assert_eq!(asked(&format!("[{ca:?}]")).unwrap(), 200);
    }
}

#[cfg(feature = "platform-roots")]
mod platform {
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::support::server::{self, Server};

    /// The variable with the settings of the child process, whose environment names the trust store.
    const SETTINGS: &str = "ICS_TEST_SETTINGS";

    #[test]
    fn the_platforms_roots_are_trusted_only_if_the_settings_say_so() {
        let server = Server::https(server::allow);
        let other = Server::https(server::allow);
        let folder = tempfile::tempdir().unwrap();
        let root = |name: &str, server: &Server| {
            let path = folder.path().join(name);
            std::fs::write(&path, server.ca()).unwrap();
            path
        };
        let (ours, others) = (root("ours.pem", &server), root("others.pem", &other));
        let platform = "roots = \"platform\"".to_owned();
        let settings = format!("roots = \"settings\"\nca = [{others:?}]");
        assert!(asked(&server, &platform, &ours));
        assert_eq!(server.requests(), 1);
        assert!(!asked(&server, &platform, &others));
        assert!(!asked(&server, &settings, &ours));
        assert_eq!(server.requests(), 1);
    }

    #[test]
    fn the_platforms_roots_cannot_be_combined_with_others() {
        let server = Server::https(server::allow);
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, server.ca()).unwrap();
        let error = refusal(&format!("roots = \"platform\"\nca = [{ca:?}]")).to_string();
        assert!(error.starts_with("setting `roots`"), "{error}");
    }

    /// Whether a child process gets a response from the server. It is a process of its own since the
    /// environment is shared by all tests of this one.
    fn asked(server: &Server, settings: &str, store: &Path) -> bool {
        let settings = format!("url = \"https://localhost:{}\"\n{settings}", server.port());
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "roots::platform::asks_with_the_settings_of_the_environment",
                "--ignored",
            ])
            .env(SETTINGS, settings)
            .env("SSL_CERT_FILE", store)
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap();
        let output_text = String::from_utf8_lossy(&output.stdout);
        assert!(output_text.contains("running 1 test"), "{output_text}");
        assert!(
            output.status.success() || output_text.contains("the server could not be asked"),
            "{output_text}"
        );
        output.status.success()
    }

    #[test]
    #[ignore = "it is the child process of a test above"]
    fn asks_with_the_settings_of_the_environment() {
        let Ok(settings) = std::env::var(SETTINGS) else {
            return;
        };
        let context = Context::from_settings(&settings).unwrap();
        let answer = context.block_on(context.client().get("").send()).unwrap();
        match answer {
            Ok(answer) => assert_eq!(answer.status(), 200),
            Err(error) => panic!("{error}"),
        }
    }
}
