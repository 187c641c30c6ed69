//! The certificates and capabilities of the processes in a scenario.

use std::fs;
use std::path::Path;
use std::process::Command;

use ics_harness::testbed::Scenario;
use ics_harness::testbed::authority::Authority;

use crate::TestServers;
use crate::client::{ALLOWED, HOST, curl};
use crate::runner::{Claim, has};

pub(crate) const CLAIMS: &[Claim] = &[
    ("trust_the_authority_is_where_openssl_looks", hashed),
    (
        "trust_a_given_authority_is_where_openssl_looks",
        given_hashed,
    ),
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
    let link = test.servers.authority().hash_link();
    assert_eq!(link, openssl_link(&file));
}

/// The name by which OpenSSL finds a certificate in a folder.
fn openssl_link(certificate: &Path) -> String {
    let output = Command::new("openssl")
        .args(["x509", "-noout", "-subject_hash", "-in"])
        .arg(certificate)
        .output()
        .unwrap();
    let hash = String::from_utf8(output.stdout).unwrap();
    format!("{}.0", hash.trim())
}

/// Subjects of authorities as operators name them.
const SUBJECTS: [&str; 7] = [
    "/CN=Operator CA",
    "/C=SE/O=Operator AB/CN=Operator Root CA",
    "/C=DE/O=  Betreiber   GmbH /CN=ROOT",
    "/O=Opérateur Société/CN=Ünïcode Ä",
    "/O=オペレーター/CN=Root",
    "/C=SE/O=Operator+OU=devices+CN=root CA",
    "/DC=example/DC=operator/emailAddress=ca@operator.example/CN=Root",
];

/// How a name is encoded: as UTF8String, as PrintableString where that is possible, and the old ways.
const ENCODINGS: [&str; 4] = ["utf8only", "pkix", "nombstr", "default"];

fn given_hashed(_test: &TestServers) {
    if !has("openssl", "trust_a_given_authority_is_where_openssl_looks") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (certificate, key) = (path("ca.pem"), path("ca.key"));
    let mut examined = 0;
    for encoding in ENCODINGS {
        let settings = format!(
            "[req]\ndistinguished_name=dn\nstring_mask={encoding}\nx509_extensions=ca\n[dn]\n\
             [ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
        );
        fs::write(path("openssl.cnf"), settings).unwrap();
        for subject in SUBJECTS {
            let made = Command::new("openssl")
                .args(["req", "-x509", "-newkey", "ec", "-nodes", "-utf8"])
                .args(["-pkeyopt", "ec_paramgen_curve:P-256", "-days", "30"])
                .args(["-subj", subject, "-multivalue-rdn", "-config"])
                .arg(path("openssl.cnf"))
                .arg("-keyout")
                .arg(&key)
                .arg("-out")
                .arg(&certificate)
                .output()
                .unwrap();
            // Not every name can be written in every encoding.
            if !made.status.success() {
                continue;
            }
            // rcgen refuses an issuer with several attributes in one part of its name, and some old encodings.
            let Ok(authority) = Authority::from_files(&certificate, &key) else {
                continue;
            };
            examined += 1;
            assert_eq!(
                authority.hash_link(),
                openssl_link(&certificate),
                "{encoding}: {subject}"
            );
        }
    }
    assert!(examined > SUBJECTS.len() * 2, "{examined} certificates");
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
