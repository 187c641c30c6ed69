//! The certificates and capabilities of the processes in a scenario.

use std::fs;
use std::process::Command;

use ics_harness::testbed::Scenario;

use crate::TestServers;
use crate::client::{ALLOWED, HOST, curl};
use crate::runner::{Claim, has};

pub(crate) const CLAIMS: &[Claim] = &[
    ("trust_the_authority_is_where_openssl_looks", hashed),
    ("trust_bundles_have_the_authority", bundles),
    ("trust_works_by_folder_as_well", by_folder),
    ("trust_a_worker_has_no_capability", no_capability),
];

fn hashed(test: &TestServers) {
    if !has("openssl", "trust_the_authority_is_where_openssl_looks") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    fs::write(&file, test.servers.authority().ca_pem()).unwrap();
    let output = Command::new("openssl")
        .args(["x509", "-noout", "-subject_hash", "-in"])
        .arg(&file)
        .output()
        .unwrap();
    let hash = String::from_utf8(output.stdout).unwrap();
    let link = test.servers.authority().hash_link();
    assert_eq!(link, format!("{}.0", hash.trim()));
}

fn bundles(test: &TestServers) {
    for bundle in [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
    ] {
        let Ok(content) = fs::read_to_string(bundle) else {
            continue;
        };
        assert!(
            content.ends_with(test.servers.authority().ca_pem()),
            "{bundle}"
        );
    }
}

fn by_folder(test: &TestServers) {
    if !has("curl", "trust_works_by_folder_as_well") {
        return;
    }
    let _network = test.network(Scenario::ALLOW);
    let url = format!("https://{HOST}/");
    let arguments = ["--cacert", "/dev/null", "--capath", "/etc/ssl/certs", &url];
    let (body, _, exit) = curl(&arguments);
    // A curl that is not made with OpenSSL reports that it does not support folders.
    if exit == 0 {
        assert_eq!(body, ALLOWED);
    } else {
        let (body, _, exit) = curl(&["--capath", "/etc/ssl/certs", &url]);
        assert_eq!((body.as_str(), exit), (ALLOWED, 0));
    }
}

fn no_capability(test: &TestServers) {
    let _network = test.network(Scenario::ALLOW);
    let output = Command::new("cat")
        .arg("/proc/self/status")
        .output()
        .unwrap();
    let status = String::from_utf8(output.stdout).unwrap();
    for field in ["CapEff", "CapPrm", "CapInh", "CapAmb"] {
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        assert!(line.ends_with("\t0000000000000000"), "{line}");
    }
    let user = status
        .lines()
        .find(|line| line.starts_with("Uid:"))
        .unwrap();
    assert!(!user.contains("\t0\t"), "{user}");
}
