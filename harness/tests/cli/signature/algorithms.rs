//! Signatures and certificates with other keys and digests than RSA of 2048 bits and SHA-256.

use std::fs;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt;

use super::Expected::{Accepted, Refused, Weak};
use super::{Bench, Case};

const CODE: &str = "extendedKeyUsage=codeSigning";
const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE";

/// Keys of certificates for signing code, and the digests that are signed with them, each to a file `KEY-DIGEST.dll`.
const KEYS: &[(&str, &str, &[&str])] = &[
    (
        "p256",
        "ec:prime256v1",
        &["sha1", "sha256", "sha384", "sha512"],
    ),
    (
        "p384",
        "ec:secp384r1",
        &["sha1", "sha256", "sha384", "sha512"],
    ),
    (
        "p521",
        "ec:secp521r1",
        &["sha1", "sha256", "sha384", "sha512"],
    ),
    ("rsa1024", "rsa:1024", &["sha1", "sha256", "sha512"]),
    ("rsa3072", "rsa:3072", &["sha384"]),
];

/// Authorities, and the digest by way of which they sign the certificate of `under-NAME.dll`.
const AUTHORITIES: &[(&str, &str, &str)] = &[
    ("ca-p256", "ec:prime256v1", "sha512"),
    ("ca-p384", "ec:secp384r1", "sha512"),
    ("ca-p521", "ec:secp521r1", "sha512"),
    ("ca-p521-sha256", "ec:secp521r1", "sha256"),
    ("ca-p256-sha1", "ec:prime256v1", "sha1"),
    ("ca-rsa1024", "rsa:1024", "sha256"),
    ("ca-rsa1024-sha512", "rsa:1024", "sha512"),
];

impl Bench {
    /// Makes the files, and says what is expected of each.
    pub(super) fn sign_with_other_algorithms(&self) -> Vec<Case> {
        for (name, key, hashes) in KEYS {
            self.certificate(name, "root", key, CODE, &[]);
            for hash in *hashes {
                let output = format!("{name}-{hash}.dll");
                self.sign("unsigned.dll", &output, name, &["-h", hash]);
            }
        }
        for (name, key, hash) in AUTHORITIES {
            self.certificate(name, "root", key, AUTHORITY, &[]);
            let below = format!("under-{name}");
            self.issue(&below, name, "rsa:2048", CODE, &[], hash);
            let further = ["-h", "sha256", "-ac", &format!("{name}.pem")];
            self.sign("unsigned.dll", &format!("{below}.dll"), &below, &further);
        }
        let sign = |output: &str, by: &str, further: &[&str]| {
            let further = [&["-h", "sha256"], further].concat();
            self.sign("unsigned.dll", output, by, &further);
        };
        self.issue("sha1-issued", "root", "rsa:2048", CODE, &[], "sha1");
        sign("sha1-issued.dll", "sha1-issued", &[]);
        self.issue("ca-sha1-issued", "root", "rsa:2048", AUTHORITY, &[], "sha1");
        self.certificate("under-sha1", "ca-sha1-issued", "rsa:2048", CODE, &[]);
        sign(
            "under-sha1.dll",
            "under-sha1",
            &["-ac", "ca-sha1-issued.pem"],
        );
        let dates = ["20190101000000Z", "20950101000000Z"];
        let stamps = "extendedKeyUsage=critical,timeStamping";
        self.issue("sha1-stamps", "root", "rsa:2048", stamps, &dates, "sha1");
        let stamped = [
            "-TSA-certs",
            "sha1-stamps.pem",
            "-TSA-key",
            "sha1-stamps.key",
            "-TSA-time",
            super::THEN,
        ];
        sign("weak-stamp.dll", "good", &stamped);
        sign("expired-weak-stamp.dll", "expired", &stamped);
        for (name, usage) in [("self", "codeSigning"), ("self-server", "serverAuth")] {
            self.self_signed(name, Some(&format!("extendedKeyUsage={usage}")));
            sign(&format!("{name}.dll"), name, &[]);
        }
        self.self_signed("self-any", None);
        sign("self-any.dll", "self-any", &[]);
        // Roots and authorities that may not have issued a certificate.
        let code = "extendedKeyUsage=codeSigning";
        let always = ["20180101000000Z", "20950101000000Z"];
        let issues = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign";
        self.root("old-root", ["20180101000000Z", "20220101000000Z"], issues);
        self.root(
            "leaf-root",
            always,
            &format!("basicConstraints=critical,CA:FALSE\n{code}"),
        );
        for root in ["old-root", "leaf-root"] {
            let below = format!("under-{root}");
            self.certificate(&below, root, "rsa:2048", CODE, &[]);
            sign(&format!("{below}.dll"), &below, &[]);
        }
        let by_then = [
            "-TSA-certs",
            "stamps.pem",
            "-TSA-key",
            "stamps.key",
            "-TSA-time",
            super::THEN,
        ];
        sign("under-old-root-stamped.dll", "under-old-root", &by_then);
        fs::write(
            self.file("old-and-root.pem"),
            ["old-root.pem", "root.pem"]
                .map(|it| fs::read(self.file(it)).expect("a file"))
                .concat(),
        )
        .expect("a file");
        let signs_only = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature";
        self.certificate("no-cert-sign", "root", "rsa:2048", signs_only, &[]);
        self.certificate("under-no-cert-sign", "no-cert-sign", "rsa:2048", CODE, &[]);
        sign(
            "under-no-cert-sign.dll",
            "under-no-cert-sign",
            &["-ac", "no-cert-sign.pem"],
        );
        self.authority("later", "20900101000000Z");
        sign("self-later.dll", "later", &[]);
        vec![
            (
                "under-old-root.dll",
                "old-root.pem",
                Refused,
                "the root CN=old-root had expired",
            ),
            (
                "under-old-root-stamped.dll",
                "old-and-root.pem",
                Accepted,
                "",
            ),
            (
                "under-leaf-root.dll",
                "leaf-root.pem",
                Refused,
                "the root CN=leaf-root may not issue certificates",
            ),
            (
                "under-no-cert-sign.dll",
                "root.pem",
                Refused,
                "issued by one that may not issue certificates",
            ),
            ("p256-sha1.dll", "root.pem", Weak, "SHA-1 is weak"),
            ("p256-sha256.dll", "root.pem", Accepted, "SHA-256"),
            ("p256-sha384.dll", "root.pem", Accepted, "SHA-384"),
            ("p256-sha512.dll", "root.pem", Accepted, "SHA-512"),
            ("p384-sha1.dll", "root.pem", Weak, "SHA-1 is weak"),
            ("p384-sha256.dll", "root.pem", Accepted, "SHA-256"),
            ("p384-sha384.dll", "root.pem", Accepted, "SHA-384"),
            ("p384-sha512.dll", "root.pem", Accepted, "SHA-512"),
            ("p521-sha1.dll", "root.pem", Weak, "SHA-1 is weak"),
            ("p521-sha256.dll", "root.pem", Accepted, "SHA-256"),
            ("p521-sha384.dll", "root.pem", Accepted, "SHA-384"),
            ("p521-sha512.dll", "root.pem", Accepted, "SHA-512"),
            (
                "rsa1024-sha1.dll",
                "root.pem",
                Weak,
                "RSA with 1024 bits is weak",
            ),
            (
                "rsa1024-sha256.dll",
                "root.pem",
                Weak,
                "the signer's key: RSA with 1024 bits is weak",
            ),
            (
                "rsa1024-sha512.dll",
                "root.pem",
                Weak,
                "RSA with 1024 bits is weak",
            ),
            ("rsa3072-sha384.dll", "root.pem", Accepted, "SHA-384"),
            ("under-ca-p256.dll", "root.pem", Accepted, ""),
            ("under-ca-p384.dll", "root.pem", Accepted, ""),
            ("under-ca-p521.dll", "root.pem", Accepted, ""),
            ("under-ca-p521-sha256.dll", "root.pem", Accepted, ""),
            (
                "under-ca-p256-sha1.dll",
                "root.pem",
                Weak,
                "the certificate of CN=under-ca-p256-sha1 is signed with SHA-1",
            ),
            (
                "under-ca-rsa1024.dll",
                "root.pem",
                Weak,
                "the key of CN=ca-rsa1024: RSA with 1024 bits is weak",
            ),
            (
                "under-ca-rsa1024-sha512.dll",
                "root.pem",
                Weak,
                "RSA with 1024 bits is weak",
            ),
            (
                "under-ca-rsa1024.dll",
                "other.pem",
                Refused,
                "no root that is trusted",
            ),
            (
                "sha1-issued.dll",
                "root.pem",
                Weak,
                "the certificate of CN=sha1-issued is signed with SHA-1",
            ),
            (
                "under-sha1.dll",
                "root.pem",
                Weak,
                "the certificate of CN=ca-sha1-issued is signed with SHA-1",
            ),
            (
                "weak-stamp.dll",
                "root.pem",
                Accepted,
                "its time stamp: the certificate of CN=sha1-stamps is signed with SHA-1",
            ),
            (
                "expired-weak-stamp.dll",
                "root.pem",
                Weak,
                "its time stamp: the certificate of CN=sha1-stamps is signed with SHA-1",
            ),
            ("self.dll", "self.pem", Accepted, ""),
            ("self.dll", "root.pem", Refused, "no root that is trusted"),
            ("self-any.dll", "self-any.pem", Accepted, ""),
            (
                "self-server.dll",
                "self-server.pem",
                Refused,
                "not for signing code",
            ),
            ("self-later.dll", "later.pem", Refused, "not valid yet"),
            (
                "good.dll",
                "good.pem",
                Refused,
                "is no root, since another one issued it",
            ),
            (
                "chain.dll",
                "middle.pem",
                Refused,
                "is no root, since another one issued it",
            ),
        ]
    }

    /// Makes a certificate that signed itself, and is one of an authority: what `openssl req -x509` makes.
    fn self_signed(&self, name: &str, extension: Option<&str>) {
        let (key, pem, subject) = (
            format!("{name}.key"),
            format!("{name}.pem"),
            format!("/CN={name}"),
        );
        let mut arguments = vec![
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-out", &pem,
            "-subj", &subject, "-days", "30",
        ];
        if let Some(extension) = extension {
            arguments.extend(["-addext", extension]);
        }
        self.openssl(&arguments);
    }
}

/// What cannot be told is neither a pass nor a failure.
#[test]
fn an_algorithm_that_is_not_supported_is_said_to_be_that_and_is_not_judged() {
    let Some(bench) = Bench::new() else { return };
    bench.certificate("k1", "root", "ec:secp256k1", CODE, &[]);
    bench.sign("unsigned.dll", "curve.dll", "k1", &["-h", "sha256"]);
    bench.certificate("rsa1024", "root", "rsa:1024", CODE, &[]);
    bench.sign("unsigned.dll", "rsa.dll", "rsa1024", &["-h", "sha384"]);
    bench.certificate("ca", "root", "ec:secp256k1", AUTHORITY, &[]);
    bench.certificate("under", "ca", "rsa:2048", CODE, &[]);
    let with_authority = ["-h", "sha256", "-ac", "ca.pem"];
    bench.sign("unsigned.dll", "chain.dll", "under", &with_authority);
    bench.sign("unsigned.dll", "authority.dll", "middle", &["-h", "sha256"]);
    let program_with = |roots: &str, arguments: &[&str]| {
        let output = Command::cargo_bin("ics-harness")
            .expect("cargo builds the program first")
            .current_dir(bench.0.path())
            .args(arguments)
            .args(["--trust", roots])
            .output()
            .expect("the program starts");
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    };
    let program = |arguments: &[&str]| program_with("root.pem", arguments);
    for (file, words) in [
        ("curve.dll", "not supported: ECDSA with the curve secp256k1"),
        (
            "rsa.dll",
            "not supported: RSA keys of 1024 bits with SHA-384",
        ),
        (
            "chain.dll",
            "not supported: certificates that are signed with ecdsa-with-SHA256",
        ),
        (
            "authority.dll",
            "not supported: a certificate of an authority that is itself no root as the signer's",
        ),
    ] {
        let (code, text) = program(&["inspect", "--signature", file]);
        assert!(
            code == Some(1)
                && text.contains(words)
                && text.contains("checked only in part")
                && !text.contains("fault:")
                && !text.contains("trusted"),
            "{code:?} {text}"
        );
        let (code, text) = program(&["check", "--rules", "file/signed", file]);
        assert!(
            code == Some(4) && text.contains(words) && text.contains("SKIP"),
            "{code:?} {text}"
        );
    }
    // A file that was changed is refused, also where its signature is not supported.
    bench.changed("curve.dll", "changed.dll", |bytes| bytes[0x600] ^= 1);
    let (code, text) = program(&["check", "--rules", "file/signed", "changed.dll"]);
    assert!(
        code == Some(1) && text.contains("was changed after it was signed"),
        "{code:?} {text}"
    );
    // So is one by a signer that no root leads to.
    let (code, text) = program_with(
        "other.pem",
        &["check", "--rules", "file/signed", "curve.dll"],
    );
    assert!(
        code == Some(1) && text.contains("no root that is trusted"),
        "{code:?} {text}"
    );
}
