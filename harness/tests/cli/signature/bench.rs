//! Keys, certificates and signed libraries, made by openssl and osslsigncode.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use assert_cmd::cargo::CommandCargoExt;
use serde_json::Value;

use crate::prerequisites::{missing, not_shown};

/// A certificate for each purpose, with the line of openssl's configuration that makes it different.
const CERTIFICATES: &[(&str, &str, &[&str])] = &[
    ("good", "extendedKeyUsage=codeSigning", &[]),
    ("server", "extendedKeyUsage=serverAuth", &[]),
    ("no-usage", "keyUsage=digitalSignature", &[]),
    (
        "expired",
        "extendedKeyUsage=codeSigning",
        &["20200101000000Z", "20220101000000Z"],
    ),
    (
        "future",
        "extendedKeyUsage=codeSigning",
        &["20900101000000Z", "20950101000000Z"],
    ),
    (
        "stamps",
        "extendedKeyUsage=critical,timeStamping",
        &["20190101000000Z", "20950101000000Z"],
    ),
];

/// The time of a stamp while the expired certificate was valid: 2021-01-01.
pub(super) const THEN: &str = "1609459200";

/// Keys, certificates and a library that is not signed.
pub(super) struct Bench(pub(super) tempfile::TempDir);

impl Bench {
    pub(super) fn new() -> Option<Self> {
        let programs = ["x86_64-w64-mingw32-gcc", "openssl", "osslsigncode"];
        let lacks = programs.into_iter().find_map(missing).or_else(|| {
            let help = Command::new("osslsigncode")
                .args(["sign", "--help"])
                .output();
            let help = help.map(|output| [output.stdout, output.stderr].concat());
            let text = String::from_utf8_lossy(&help.unwrap_or_default()).into_owned();
            (!text.contains("-TSA-time")).then(|| {
                "osslsigncode is too old to stamp by itself; 2.7 or later is needed".to_owned()
            })
        });
        if let Some(how) = lacks {
            not_shown("code signatures", &how);
            return None;
        }
        let bench = Self(tempfile::tempdir().expect("a folder"));
        bench.authority("root", "20180101000000Z");
        bench.authority("other", "20180101000000Z");
        for (name, extension, dates) in CERTIFICATES {
            bench.certificate(name, "root", "rsa:2048", extension, dates);
        }
        bench.certificate(
            "stranger",
            "other",
            "rsa:2048",
            "extendedKeyUsage=critical,timeStamping",
            &["20190101000000Z", "20950101000000Z"],
        );
        let ec = "ec:secp384r1";
        bench.certificate("ec", "root", ec, "extendedKeyUsage=codeSigning", &[]);
        bench.certificate(
            "middle",
            "root",
            "rsa:2048",
            "basicConstraints=critical,CA:TRUE",
            &[],
        );
        bench.certificate(
            "below",
            "middle",
            "rsa:2048",
            "extendedKeyUsage=codeSigning",
            &[],
        );
        let source = bench.file("plugin.c");
        fs::write(
            &source,
            "__declspec(dllexport) int IsEntitled(void) { return 2; }\n",
        )
        .expect("a file or a program");
        run(Command::new("x86_64-w64-mingw32-gcc")
            .args(["-shared", "-s", "-o"])
            .args([bench.file("unsigned.dll"), source]));
        Some(bench)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn openssl(&self, arguments: &[&str]) {
        run(Command::new("openssl")
            .args(arguments)
            .current_dir(self.0.path()));
    }

    pub(super) fn authority(&self, name: &str, from: &str) {
        let extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign";
        self.root(name, [from, "20950101000000Z"], extensions);
    }

    /// A certificate that issued itself.
    pub(super) fn root(&self, name: &str, [from, to]: [&str; 2], extensions: &str) {
        self.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            &format!("{name}.key"),
            "-out",
            &format!("{name}.pem"),
            "-subj",
            &format!("/CN={name}"),
            "-days",
            "7300",
        ]);
        // openssl req of Debian 12 knows no beginning; that of ca does.
        fs::write(self.file("ca.cnf"), CA).expect("a file or a program");
        fs::write(self.file("index.txt"), "").expect("a file or a program");
        let request = format!("{name}.csr");
        self.openssl(&[
            "x509",
            "-x509toreq",
            "-in",
            &format!("{name}.pem"),
            "-signkey",
            &format!("{name}.key"),
            "-out",
            &request,
        ]);
        fs::write(
            self.file("extensions"),
            format!("{extensions}\nsubjectKeyIdentifier=hash\n"),
        )
        .expect("a file or a program");
        self.openssl(&[
            "ca",
            "-batch",
            "-config",
            "ca.cnf",
            "-selfsign",
            "-keyfile",
            &format!("{name}.key"),
            "-in",
            &request,
            "-out",
            &format!("{name}.pem"),
            "-startdate",
            from,
            "-enddate",
            to,
            "-extfile",
            "extensions",
            "-notext",
        ]);
    }

    pub(super) fn certificate(
        &self,
        name: &str,
        issuer: &str,
        key: &str,
        extension: &str,
        dates: &[&str],
    ) {
        self.issue(name, issuer, key, extension, dates, "sha256");
    }

    /// Makes a certificate that its issuer signs by way of that digest.
    pub(super) fn issue(
        &self,
        name: &str,
        issuer: &str,
        key: &str,
        extension: &str,
        dates: &[&str],
        hash: &str,
    ) {
        let (key_file, request, pem) = (
            format!("{name}.key"),
            format!("{name}.csr"),
            format!("{name}.pem"),
        );
        let subject = format!("/CN={name}");
        let mut arguments = vec![
            "req", "-new", "-nodes", "-keyout", &key_file, "-out", &request, "-subj", &subject,
        ];
        match key.strip_prefix("ec:") {
            Some(curve) => {
                let curve = format!("ec_paramgen_curve:{curve}");
                arguments.extend(["-newkey", "ec", "-pkeyopt"]);
                self.openssl(&[arguments, vec![curve.as_str()]].concat());
            }
            None => {
                arguments.extend(["-newkey", key]);
                self.openssl(&arguments);
            }
        }
        fs::write(self.file("extensions"), format!("{extension}\n")).expect("a file or a program");
        let [from, to] = match dates {
            [from, to] => [*from, *to],
            _ => ["20180101000000Z", "20950101000000Z"],
        };
        self.openssl(&[
            "ca",
            "-batch",
            "-config",
            "ca.cnf",
            "-keyfile",
            &format!("{issuer}.key"),
            "-cert",
            &format!("{issuer}.pem"),
            "-in",
            &request,
            "-out",
            &pem,
            "-md",
            hash,
            "-startdate",
            from,
            "-enddate",
            to,
            "-extfile",
            "extensions",
            "-notext",
        ]);
    }

    /// Signs a file by the certificate of that name.
    pub(super) fn sign(&self, input: &str, output: &str, by: &str, further: &[&str]) {
        run(Command::new("osslsigncode")
            .current_dir(self.0.path())
            .args([
                "sign",
                "-certs",
                &format!("{by}.pem"),
                "-key",
                &format!("{by}.key"),
            ])
            .args(further)
            .args(["-in", input, "-out", output]));
    }

    /// The file `input` with its bytes changed.
    pub(super) fn changed(&self, input: &str, output: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.file(input)).expect("a file or a program");
        change(&mut bytes);
        fs::write(self.file(output), bytes).expect("a file or a program");
    }

    pub(super) fn inspect(&self, file: &str, roots: Option<&str>) -> Value {
        let mut command = Command::cargo_bin("ics-harness").expect("a file or a program");
        command
            .current_dir(self.0.path())
            .args(["inspect", "--json", file]);
        if let Some(roots) = roots {
            command.args(["--trust", roots]);
        }
        serde_json::from_str(&run(&mut command)).expect("a file or a program")
    }

    /// The exit code of a check of the signature alone.
    pub(super) fn signature_code(&self, file: &str, roots: &str) -> Option<i32> {
        let mut command = Command::cargo_bin("ics-harness").expect("a file or a program");
        command
            .current_dir(self.0.path())
            .args(["inspect", "--signature", file, "--trust", roots]);
        command.output().expect("the program starts").status.code()
    }

    /// Whether osslsigncode accepts a file.
    pub(super) fn osslsigncode_accepts(&self, file: &str, roots: &str) -> bool {
        let output = Command::new("osslsigncode")
            .current_dir(self.0.path())
            .args([
                "verify",
                "-CAfile",
                roots,
                "-TSA-CAfile",
                roots,
                "-in",
                file,
            ])
            .output();
        output.expect("a file or a program").status.success()
    }
}

const CA: &str = "[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nunique_subject=no\nrand_serial=yes\n[p]\ncommonName=supplied\n";

/// Runs a program that has to succeed, and returns what it printed.
pub(super) fn run(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&stderr);
    assert!(
        status.success(),
        "{command:?}: {said}{}",
        String::from_utf8_lossy(&stdout)
    );
    String::from_utf8(stdout).expect("text")
}
