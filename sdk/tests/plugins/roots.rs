//! Whom else to trust: the setting `roots`, and what the crate's features make of it.

use ics_entitlement::{ClientError, Context};

/// What an https server without a name in the settings' `roots` is answered with.
fn refusal(settings: &str) -> ClientError {
    let text = format!("url = \"https://localhost:1\"\n{settings}");
    let context = Context::from_settings(&text).unwrap();
    let answer = context.block_on(context.client().get("").send()).unwrap();
    answer.unwrap_err()
}

#[cfg(not(feature = "webpki-roots"))]
#[test]
fn mozillas_list_needs_its_feature() {
    let told = refusal("roots = \"webpki\"").to_string();
    assert!(told.contains("needs the feature `webpki-roots`"), "{told}");
}

#[cfg(not(feature = "platform-roots"))]
#[test]
fn the_platforms_store_needs_its_feature() {
    let told = refusal("roots = \"platform\"").to_string();
    assert!(
        told.contains("needs the feature `platform-roots`"),
        "{told}"
    );
}

#[cfg(feature = "webpki-roots")]
mod webpki {
    use super::*;
    use crate::support::server::{self, Server};

    /// The list itself is looked at by a test of the client.
    #[test]
    fn mozillas_list_is_the_default_and_does_not_stand_in_the_way_of_other_roots() {
        // Nobody listens there; what counts is that a client could be made without `ca`.
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

    /// The settings of the process that has the platform's store in its environment.
    const SETTINGS: &str = "ICS_TEST_SETTINGS";

    #[test]
    fn the_platforms_store_is_believed_only_when_asked_for() {
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
    fn the_platforms_store_goes_with_no_other_root() {
        let server = Server::https(server::allow);
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, server.ca()).unwrap();
        let told = refusal(&format!("roots = \"platform\"\nca = [{ca:?}]")).to_string();
        assert!(told.starts_with("setting `roots`"), "{told}");
    }

    /// Whether the server's answer was had by a process of its own, since the environment belongs
    /// to all tests of this one.
    fn asked(server: &Server, settings: &str, store: &Path) -> bool {
        let settings = format!("url = \"https://localhost:{}\"\n{settings}", server.port());
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "roots::platform::asks_as_told", "--ignored"])
            .env(SETTINGS, settings)
            .env("SSL_CERT_FILE", store)
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("running 1 test"), "{told}");
        assert!(
            output.status.success() || told.contains("the server could not be asked"),
            "{told}"
        );
        output.status.success()
    }

    #[test]
    #[ignore = "it is the other process of a test above"]
    fn asks_as_told() {
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
