//! What a plugin trusts, and that the environment of its host does not change it.

use crate::support::host;
use crate::support::plugin::Plugin;
use crate::support::server::{self, Authority, Server};

#[test]
fn another_authority_is_not_trusted() {
    let server = Server::https(server::allow);
    let other = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    plugin.write("ca.pem", other.ca());
    host::run("calls", plugin.library(), 2).assert_answers(0, 0, 2);
    assert_eq!(server.requests(), 0);
}

/// A host that loads the library by a relative path and changes its folder before the call.
#[test]
fn the_settings_are_beside_the_library_whatever_folder_the_host_is_in() {
    let server = Server::https(server::allow);
    let attacker = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    let elsewhere = plugin.library().with_file_name("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let settings = std::fs::read_to_string(plugin.library().with_extension("toml")).unwrap();
    let ports = [server.port(), attacker.port()].map(|port| format!(":{port}"));
    let [ours, theirs] = &ports;
    plugin.write(
        "elsewhere/libbehaviours.toml",
        &settings.replace(ours, theirs),
    );
    plugin.write("elsewhere/ca.pem", attacker.ca());
    host::run("from-elsewhere", plugin.library(), 3).assert_answers(3, 0, 0);
    assert_eq!((server.requests(), attacker.requests()), (3, 0));
    // Without settings of its own it does not take those of the folder either.
    std::fs::remove_file(plugin.library().with_extension("toml")).unwrap();
    host::run("from-elsewhere", plugin.library(), 3).assert_answers(0, 0, 3);
    assert_eq!((server.requests(), attacker.requests()), (3, 0));
}

#[test]
fn settings_that_every_user_may_write_are_refused() {
    use std::os::unix::fs::PermissionsExt;

    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    let settings = plugin.library().with_extension("toml");
    for (mode, success) in [(0o644, 2), (0o664, 2), (0o646, 0), (0o666, 0), (0o600, 2)] {
        let mode_of = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&settings, mode_of).unwrap();
        let report = host::run("calls", plugin.library(), 2);
        report.assert_answers(success, 0, 2 - success);
    }
    assert_eq!(server.requests(), 6);
}

#[test]
fn the_environment_adds_neither_root_nor_proxy() {
    let server = Server::https(server::allow);
    let attacker = Server::https(server::allow);
    let plugin = Plugin::asking(&attacker, "", "ask");
    let roots = plugin.library().with_file_name("attacker.pem");
    plugin.write("attacker.pem", attacker.ca());
    plugin.write("ca.pem", server.ca());
    let mut command = host::command("calls", plugin.library(), 2);
    let report = host::report(&command.env("SSL_CERT_FILE", &roots).output().unwrap());
    report.assert_answers(0, 0, 2);
    assert_eq!(attacker.requests(), 0);

    let plugin = Plugin::asking(&server, "", "ask");
    let proxy = format!("http://127.0.0.1:{}", attacker.port());
    let mut command = host::command("calls", plugin.library(), 2);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, &proxy);
    }
    host::report(&command.output().unwrap()).assert_answers(2, 0, 0);
    assert_eq!(server.requests(), 2);
}

#[test]
fn only_a_pinned_key_is_accepted() {
    use base64::prelude::{BASE64_STANDARD, Engine};

    let server = Server::https(server::allow);
    let other = Server::https(server::allow);
    for (key, answers) in [(server.key(), (1, 0)), (other.key(), (0, 1))] {
        let digest = ring::digest::digest(&ring::digest::SHA256, key);
        let plugin = Plugin::new(&format!(
            "url = \"https://localhost:{}\"\nca = [\"ca.pem\"]\npinned_keys = [\"sha256/{}\"]\n",
            server.port(),
            BASE64_STANDARD.encode(digest),
        ));
        plugin.write("ca.pem", server.ca());
        let report = host::run("calls", plugin.library(), 1);
        report.assert_answers(answers.0, 0, answers.1);
    }
    assert_eq!(server.requests(), 1);
}

#[test]
fn the_client_certificate_is_sent_to_a_server_that_requests_it() {
    let authority = Authority::new();
    let server = Server::with_authority(&authority, server::allow, true);
    let (certificate, key) = authority.issue("device");
    for (settings, answers) in [
        (
            "client_certificate = \"device.pem\"\nclient_key = \"device.key\"\n",
            (1, 0),
        ),
        ("", (0, 1)),
    ] {
        let plugin = Plugin::new(&format!(
            "url = \"https://localhost:{}\"\nca = [\"ca.pem\"]\n{settings}",
            server.port(),
        ));
        plugin.write("ca.pem", server.ca());
        plugin.write("device.pem", &certificate.pem());
        plugin.write("device.key", &key.serialize_pem());
        let report = host::run("calls", plugin.library(), 1);
        report.assert_answers(answers.0, 0, answers.1);
    }
    assert_eq!(server.requests(), 1);
}
