//! Time stamps by other programs than osslsigncode: those of RFC 3161 by `openssl ts`, and the older countersignatures
//! (PKCS #9), which no program at hand makes for a time of the test's choice. Both are served over HTTP to `osslsigncode
//! add`, as a time-stamping authority does.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedAttributes, SignedData, SignerIdentifier,
    SignerInfo, SignerInfos,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911::{
    ID_CONTENT_TYPE, ID_DATA, ID_MESSAGE_DIGEST, ID_SIGNED_DATA, ID_SIGNING_TIME,
};
use der::asn1::{OctetString, OctetStringRef, SetOfVec, UtcTime};
use der::{Any, Decode, DecodePem, Encode};
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::{Bench, accepted, run};

const RSA: ObjectIdentifier = const_oid::db::rfc5912::RSA_ENCRYPTION;

/// How a countersignature is made.
#[derive(Clone, Copy)]
struct Countersigning<'a> {
    /// The certificate of the authority.
    by: &'a str,
    /// What it says the time is, in seconds since 1970.
    at: u64,
    /// The digest, such as `sha256`.
    hash: &'a str,
    /// Whether another text is signed than the signature.
    of_something_else: bool,
}

/// 2021-01-01, while the expired certificate was valid, and 2023-01-01, when it was not any more.
const THEN: u64 = 1_609_459_200;
const LATER: u64 = 1_672_531_200;

const USUAL: Countersigning<'static> = Countersigning {
    by: "stamps",
    at: THEN,
    hash: "sha256",
    of_something_else: false,
};

/// Serves one request by a function of its body, with a response of that content type, while the program `client` runs.
fn serve_one(kind: &str, client: impl FnOnce(&str), respond: impl FnOnce(&[u8]) -> Vec<u8> + Send) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let (stream, _) = listener.accept().expect("a connection");
            let body = request_body(&stream);
            let answer = respond(&body);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                answer.len()
            );
            let mut stream = &stream;
            stream.write_all(head.as_bytes()).expect("an answer");
            stream.write_all(&answer).expect("an answer");
        });
        client(&url);
    });
}

fn request_body(stream: &TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a head");
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a number");
        }
        if line == "expect: 100-continue" {
            let mut stream = stream;
            stream
                .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
                .expect("an answer");
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    body
}

impl Bench {
    /// Adds a time stamp of RFC 3161 by `openssl ts`.
    fn stamp_by_openssl(&self, input: &str, output: &str) {
        let configuration = "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4\n\
                             digests=sha256\naccuracy=secs:1\nclock_precision_digits=3\ness_cert_id_alg=sha256\n";
        fs::write(self.file("tsa.cnf"), configuration).expect("a file");
        fs::write(self.file("serial"), "01\n").expect("a file");
        self.add_stamp("-ts", input, output, |query| {
            fs::write(self.file("query"), query).expect("a file");
            self.openssl(&[
                "ts",
                "-reply",
                "-config",
                "tsa.cnf",
                "-queryfile",
                "query",
                "-signer",
                "stamps.pem",
                "-inkey",
                "stamps.key",
                "-out",
                "reply",
            ]);
            fs::read(self.file("reply")).expect("a file")
        });
    }

    /// Adds a countersignature.
    fn countersign(&self, input: &str, output: &str, how: Countersigning<'_>) {
        self.add_stamp("-t", input, output, |request| {
            let text: Vec<u8> = request
                .iter()
                .copied()
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect();
            let request = BASE64_STANDARD.decode(text).expect("Base64");
            let signed = match how.of_something_else {
                true => b"another signature".to_vec(),
                false => signature_in(&request),
            };
            let answer = self.countersignature(&signed, how);
            let mut lines = String::new();
            for line in BASE64_STANDARD.encode(answer).as_bytes().chunks(64) {
                lines.push_str(&String::from_utf8_lossy(line));
                lines.push('\n');
            }
            lines.into_bytes()
        });
    }

    fn add_stamp(
        &self,
        option: &str,
        input: &str,
        output: &str,
        respond: impl FnOnce(&[u8]) -> Vec<u8> + Send,
    ) {
        let client = |url: &str| {
            run(Command::new("osslsigncode")
                .current_dir(self.0.path())
                .args([
                    "add", option, url, "-h", "sha256", "-in", input, "-out", output,
                ]));
        };
        let kind = match option {
            "-ts" => "application/timestamp-reply",
            _ => "application/octet-stream",
        };
        serve_one(kind, client, respond);
    }

    /// A message with one signature of the authority over `signed`.
    fn countersignature(&self, signed: &[u8], how: Countersigning<'_>) -> Vec<u8> {
        let pem = fs::read(self.file(&format!("{}.pem", how.by))).expect("a file");
        let certificate = Certificate::from_pem(pem).expect("a certificate");
        let time = UtcTime::from_unix_duration(std::time::Duration::from_secs(how.at));
        let attribute = |oid, value: Any| Attribute {
            oid,
            values: SetOfVec::try_from(vec![value]).expect("one value"),
        };
        let digest = OctetString::new(self.digest(signed, how.hash)).expect("a digest");
        let attributes: SignedAttributes = SetOfVec::try_from(vec![
            attribute(ID_CONTENT_TYPE, Any::encode_from(&ID_DATA).expect("DER")),
            attribute(
                ID_SIGNING_TIME,
                Any::encode_from(&time.expect("a time")).expect("DER"),
            ),
            attribute(ID_MESSAGE_DIGEST, Any::encode_from(&digest).expect("DER")),
        ])
        .expect("attributes");
        fs::write(self.file("attributes"), attributes.to_der().expect("DER")).expect("a file");
        self.openssl(&[
            "dgst",
            &format!("-{}", how.hash),
            "-sign",
            &format!("{}.key", how.by),
            "-out",
            "value",
            "attributes",
        ]);
        let value = fs::read(self.file("value")).expect("a file");
        let hash = match how.hash {
            "sha1" => const_oid::db::rfc5912::ID_SHA_1,
            _ => const_oid::db::rfc5912::ID_SHA_256,
        };
        let algorithm = |oid| AlgorithmIdentifierOwned {
            oid,
            parameters: Some(Any::null()),
        };
        let signer = SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: certificate.tbs_certificate.issuer.clone(),
                serial_number: certificate.tbs_certificate.serial_number.clone(),
            }),
            digest_alg: algorithm(hash),
            signed_attrs: Some(attributes),
            signature_algorithm: algorithm(RSA),
            signature: OctetString::new(value).expect("a signature"),
            unsigned_attrs: None,
        };
        let content = OctetStringRef::new(signed).expect("a text");
        let message = SignedData {
            version: CmsVersion::V1,
            digest_algorithms: SetOfVec::try_from(vec![algorithm(hash)]).expect("one"),
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: ID_DATA,
                econtent: Some(Any::encode_from(&content).expect("DER")),
            },
            certificates: Some(CertificateSet(
                SetOfVec::try_from(vec![CertificateChoices::Certificate(certificate)])
                    .expect("one"),
            )),
            crls: None,
            signer_infos: SignerInfos(SetOfVec::try_from(vec![signer]).expect("one")),
        };
        let info = ContentInfo {
            content_type: ID_SIGNED_DATA,
            content: Any::encode_from(&message).expect("DER"),
        };
        info.to_der().expect("DER")
    }

    /// The digest of a text, made by openssl.
    pub(super) fn digest(&self, text: &[u8], hash: &str) -> Vec<u8> {
        fs::write(self.file("text"), text).expect("a file");
        self.openssl(&[
            "dgst",
            &format!("-{hash}"),
            "-binary",
            "-out",
            "digest",
            "text",
        ]);
        fs::read(self.file("digest")).expect("a file")
    }
}

/// The signature in a request for a countersignature: the innermost text of bytes of `TimeStampRequest { countersignatureType,
/// attributes OPTIONAL, content ContentInfo }` ("Time Stamping Authenticode Signatures", Microsoft).
fn signature_in(request: &[u8]) -> Vec<u8> {
    let outer: Vec<Any> = Vec::from_der(request).expect("a sequence");
    let content = outer.last().expect("a content").to_der().expect("DER");
    let info = ContentInfo::from_der(&content).expect("a content");
    assert_eq!(info.content_type, ID_DATA);
    let bytes: OctetString = info.content.decode_as().expect("bytes");
    bytes.into_bytes()
}

#[test]
fn stamps_of_other_programs_are_judged_as_osslsigncode_does() {
    let Some(bench) = Bench::new() else { return };
    for by in ["good", "expired"] {
        let signed = format!("{by}.dll");
        bench.sign("unsigned.dll", &signed, by, &["-h", "sha256"]);
    }
    bench.stamp_by_openssl("good.dll", "openssl-ts.dll");
    let stamp = |input: &str, output: &str, how| bench.countersign(input, output, how);
    stamp("good.dll", "legacy.dll", USUAL);
    stamp("expired.dll", "expired-legacy.dll", USUAL);
    let late = Countersigning { at: LATER, ..USUAL };
    stamp("expired.dll", "expired-legacy-late.dll", late);
    let stranger = Countersigning {
        by: "stranger",
        ..USUAL
    };
    stamp("expired.dll", "expired-legacy-stranger.dll", stranger);
    let no_authority = Countersigning {
        by: "server",
        ..USUAL
    };
    stamp("expired.dll", "expired-legacy-no-usage.dll", no_authority);
    let other = Countersigning {
        of_something_else: true,
        ..USUAL
    };
    stamp("expired.dll", "expired-legacy-other.dll", other);
    let sha1 = Countersigning {
        hash: "sha1",
        ..USUAL
    };
    stamp("expired.dll", "expired-legacy-sha1.dll", sha1);
    let corpus: &[(&str, bool, &str)] = &[
        ("openssl-ts.dll", true, "RFC 3161"),
        ("legacy.dll", true, "PKCS #9"),
        ("expired.dll", false, "had expired"),
        ("expired-legacy.dll", true, "2021-01-01T00:00:00Z"),
        ("expired-legacy-late.dll", false, "had expired"),
        (
            "expired-legacy-stranger.dll",
            false,
            "its time stamp is not trusted",
        ),
        (
            "expired-legacy-no-usage.dll",
            false,
            "its time stamp is not trusted",
        ),
        ("expired-legacy-other.dll", false, ""),
        ("expired-legacy-sha1.dll", true, "PKCS #9"),
    ];
    let mut table = String::from("file                          osslsigncode  ours\n");
    let mut wrong = Vec::new();
    for (file, expected, words) in corpus {
        let theirs = bench.osslsigncode_accepts(file, "root.pem");
        let (ours, said) = accepted(&bench.inspect(file, Some("root.pem")));
        table.push_str(&format!("{file:<29} {theirs:<13} {ours}\n"));
        if (theirs, ours) != (*expected, *expected) || !said.contains(words) {
            wrong.push(format!("{file}: expected {expected} and `{words}`; osslsigncode {theirs}, ours {ours}: {said}"));
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{table}\n{}", wrong.join("\n"));
}
