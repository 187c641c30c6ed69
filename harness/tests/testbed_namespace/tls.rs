//! The TLS port, with clients that verify certificates and clients that do not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use ics_harness::testbed::transcript::{Event, Handshake, Meaning, Transcript};
use ics_harness::testbed::{Http, Scenario, Tls, WireFault};

use crate::TestServers;
use crate::client::{
    ALLOWED, HOST, READ_TIMEOUT, SERVER, ask, careful, careless, cleartext, curl, request, secure,
};
use crate::runner::{Claim, has};

pub(crate) const CLAIMS: &[Claim] = &[
    ("tls_valid_is_trusted_and_allowed", valid),
    (
        "tls_bad_certificates_are_refused_for_their_reason",
        bad_certificates,
    ),
    ("tls_a_careless_client_is_seen_to_ask", careless_is_seen),
    ("tls_a_handshake_that_is_not_used_is_seen", unused),
    ("tls_alert_ends_the_handshake", alert),
    ("tls_cut_is_in_the_middle_of_the_handshake", cut),
    ("tls_truncated_body_ends_without_close_notify", truncated),
    ("tls_old_versions_and_weak_suites_are_refused", old_and_weak),
    (
        "tls_old_versions_and_weak_suites_are_seen_to_be_accepted",
        old_and_weak_accepted,
    ),
    ("tls_half_a_request_is_seen", half_a_request),
    ("tls_silence_is_silence", silence),
    ("tls_garbage_is_no_record", garbage),
    ("tls_plaintext_answers_400_and_resets", plaintext),
    (
        "tls_faults_do_not_affect_the_cleartext_port",
        cleartext_port,
    ),
    ("tls_address_without_a_name_has_a_certificate", by_address),
    ("tls_curl_reports_the_reason", curl_reports_the_reason),
];

fn scenario(tls: Tls) -> Scenario {
    Scenario {
        tls,
        ..Scenario::ALLOW
    }
}

fn outcome(transcript: &Transcript) -> (&Option<String>, &Handshake) {
    transcript
        .entries
        .iter()
        .find_map(|entry| match &entry.event {
            Event::Handshake { name, outcome, .. } => Some((name, outcome)),
            _ => None,
        })
        .unwrap_or_else(|| panic!("no handshake in {transcript}"))
}

fn valid(test: &TestServers) {
    let network = test.network(Scenario::ALLOW);
    let mut stream = secure(&careful(test.servers.authority())).unwrap();
    assert_eq!(stream.conn.alpn_protocol(), None);
    let (reply, _) = ask(&mut stream);
    assert!(
        reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.ends_with(ALLOWED),
        "{reply}"
    );
    drop(stream);
    let transcript = network.finish();
    let (name, handshake) = outcome(&transcript);
    assert_eq!(name.as_deref(), Some(HOST));
    assert_eq!(*handshake, Handshake::Completed("TLS 1.3".to_owned()));
    assert_eq!(transcript.answers(Meaning::Allow), 1);
    assert_eq!(transcript.cleartext_requests(), 0);
}

/// Certificates and chains that a client must reject, with the alert of rustls.
pub(crate) const BAD_CERTIFICATES: &[(Tls, &str)] = &[
    (Tls::Expired, "certificate expired"),
    (Tls::ExpiredAnHourAgo, "certificate expired"),
    (Tls::NotYetValid, "certificate expired"),
    (Tls::WrongName, "bad certificate"),
    (Tls::RelatedNames, "bad certificate"),
    (Tls::WideWildcards, "bad certificate"),
    (Tls::NulInName, "bad certificate"),
    (Tls::CommonNameOnly, "bad certificate"),
    (Tls::ServerAddress, "bad certificate"),
    (Tls::SelfSigned, "unknown ca"),
    (Tls::UnknownIssuer, "unknown ca"),
    (Tls::UnknownRootSent, "unknown ca"),
    (Tls::MissingIntermediate, "unknown ca"),
    (Tls::IssuedByLeaf, "certificate unknown"),
    (Tls::IssuerWithoutCaFlag, "certificate unknown"),
    (Tls::PathTooLong, "certificate unknown"),
    (Tls::ExpiredIssuer, "certificate expired"),
    (Tls::NameConstraint, "certificate unknown"),
    (Tls::NotAServer, "unsupported certificate"),
    (Tls::WeakKey, "decrypt error"),
    (Tls::Sha1Signature, "decrypt error"),
    (Tls::WrongKey, "decrypt error"),
];

fn bad_certificates(test: &TestServers) {
    let mut wrong = Vec::new();
    for (tls, alert) in BAD_CERTIFICATES {
        let network = test.network(scenario(*tls));
        secure(&careful(test.servers.authority())).unwrap_err();
        let transcript = network.finish();
        let refused = Handshake::Refused(format!("alert: {alert}"));
        let seen = outcome(&transcript).1;
        if *seen != refused {
            wrong.push((tls, seen.clone()));
        }
        assert_eq!(transcript.refused_handshakes(), 1);
        assert_eq!(transcript.requests(), 0);
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn careless_is_seen(test: &TestServers) {
    for (tls, _) in BAD_CERTIFICATES {
        let network = test.network(scenario(*tls));
        let (reply, _) = ask(&mut secure(&careless()).unwrap());
        assert!(reply.ends_with(ALLOWED), "{tls:?}: {reply}");
        let transcript = network.finish();
        assert!(matches!(outcome(&transcript).1, Handshake::Completed(_)));
        assert_eq!(transcript.requests(), 1, "{transcript}");
    }
}

/// A client that compares keys completes the handshake, and then closes.
fn unused(test: &TestServers) {
    let network = test.network(Scenario::ALLOW);
    let stream = secure(&careful(test.servers.authority())).unwrap();
    drop(stream);
    let transcript = network.finish();
    assert!(matches!(outcome(&transcript).1, Handshake::Completed(_)));
    assert_eq!(transcript.unused_handshakes(), 1, "{transcript}");
    assert_eq!(transcript.refused_handshakes(), 0, "{transcript}");
    // In cleartext there is no handshake to complete.
    let network = test.network(Scenario::ALLOW);
    drop(cleartext());
    let transcript = network.finish();
    assert_eq!(transcript.unused_handshakes(), 0, "{transcript}");
}

fn alert(test: &TestServers) {
    let network = test.network(scenario(Tls::Alert));
    let error = secure(&careful(test.servers.authority())).unwrap_err();
    assert!(error.to_string().contains("InternalError"), "{error}");
    let transcript = network.finish();
    assert_eq!(*outcome(&transcript).1, Handshake::FaultInjected);
    assert_eq!(transcript.faults_met(), 1, "{transcript}");
}

fn cut(test: &TestServers) {
    let network = test.network(scenario(Tls::Cut));
    let error = secure(&careful(test.servers.authority())).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof, "{error}");
    let transcript = network.finish();
    assert_eq!(*outcome(&transcript).1, Handshake::FaultInjected);
    assert_eq!(transcript.faults_met(), 1, "{transcript}");
}

fn truncated(test: &TestServers) {
    let network = test.network(Scenario {
        http: Http::Broken(WireFault::NoCloseNotify),
        ..Scenario::ALLOW
    });
    let (reply, end) = ask(&mut secure(&careful(test.servers.authority())).unwrap());
    assert!(reply.ends_with(ALLOWED), "{reply}");
    assert!(!reply.contains("Content-Length"), "{reply}");
    let end = end.unwrap_err();
    assert_eq!(end.kind(), std::io::ErrorKind::UnexpectedEof, "{end}");
    assert_eq!(network.finish().answers(Meaning::Allow), 0);
}

/// rustls speaks no old version and offers no weak suite.
fn old_and_weak(test: &TestServers) {
    for tls in [Tls::OldVersion, Tls::WeakCipher] {
        let network = test.network(scenario(tls));
        secure(&careful(test.servers.authority())).unwrap_err();
        let transcript = network.finish();
        assert_eq!(*outcome(&transcript).1, Handshake::FaultInjected);
        assert_eq!(transcript.faults_met(), 1, "{transcript}");
    }
}

/// A client that accepts what OpenSSL can be told to accept goes on, and the server sees it.
fn old_and_weak_accepted(test: &TestServers) {
    const NAME: &str = "tls_old_versions_and_weak_suites_are_seen_to_be_accepted";
    if !has("openssl", NAME) {
        return;
    }
    let address = format!("{SERVER}:443");
    for (tls, arguments, accepted) in [
        (
            Tls::OldVersion,
            ["-cipher", "DEFAULT@SECLEVEL=0", "-min_protocol", "TLSv1"],
            "TLS 1.0",
        ),
        (
            Tls::WeakCipher,
            [
                "-cipher",
                "ALL:eNULL:@SECLEVEL=0",
                "-min_protocol",
                "TLSv1.2",
            ],
            "weak cipher suites",
        ),
    ] {
        let network = test.network(scenario(tls));
        let output = Command::new("openssl")
            .args(["s_client", "-connect", &address, "-servername", HOST])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let transcript = network.finish();
        assert!(
            matches!(outcome(&transcript).1, Handshake::FaultAccepted(what) if what.contains(accepted)),
            "{transcript}{output:?}"
        );
    }
}

fn half_a_request(test: &TestServers) {
    let network = test.network(scenario(Tls::Expired));
    let mut stream = secure(&careless()).unwrap();
    stream.write_all(&request().as_bytes()[..10]).unwrap();
    stream.flush().unwrap();
    drop(stream);
    let transcript = network.finish();
    assert_eq!(transcript.requests(), 0);
    assert_eq!(transcript.fragments(), 1, "{transcript}");
    assert!(
        transcript.entries.iter().any(|entry| matches!(
            entry.event,
            Event::Fragment {
                secure: true,
                bytes: 10,
                ..
            }
        )),
        "{transcript}"
    );
}

fn silence(test: &TestServers) {
    let network = test.network(scenario(Tls::Silent));
    let error = secure(&careful(test.servers.authority())).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    let transcript = network.finish();
    assert_eq!(
        outcome(&transcript),
        (&Some(HOST.to_owned()), &Handshake::FaultInjected)
    );
    assert_eq!(transcript.faults_met(), 1, "{transcript}");
}

fn garbage(test: &TestServers) {
    let network = test.network(scenario(Tls::Garbage));
    let error = secure(&careful(test.servers.authority())).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{error}");
    let transcript = network.finish();
    assert_eq!(*outcome(&transcript).1, Handshake::FaultInjected);
    assert_eq!(transcript.faults_met(), 1, "{transcript}");
}

fn plaintext(test: &TestServers) {
    let network = test.network(scenario(Tls::Plaintext));
    secure(&careful(test.servers.authority())).unwrap_err();
    // A cleartext request to that port gets an HTTP error.
    let mut stream = TcpStream::connect((SERVER, 443)).unwrap();
    stream.set_read_timeout(Some(READ_TIMEOUT)).unwrap();
    let (reply, end) = ask(&mut stream);
    end.unwrap();
    assert!(reply.starts_with("HTTP/1.1 400 "), "{reply}");
    let transcript = network.finish();
    assert_eq!(*outcome(&transcript).1, Handshake::FaultInjected);
    assert_eq!(transcript.cleartext_requests(), 1, "{transcript}");
    assert_eq!(transcript.answers(Meaning::Allow), 0, "{transcript}");
    assert_eq!(transcript.faults_met(), 1, "{transcript}");
}

fn cleartext_port(test: &TestServers) {
    for tls in [Tls::Expired, Tls::Plaintext, Tls::Garbage, Tls::Silent] {
        let network = test.network(scenario(tls));
        let (reply, _) = ask(&mut cleartext());
        assert!(reply.ends_with(ALLOWED), "{reply}");
        assert_eq!(network.finish().cleartext_requests(), 1);
    }
}

fn by_address(test: &TestServers) {
    if !has("curl", "tls_address_without_a_name_has_a_certificate") {
        return;
    }
    let network = test.network(Scenario::ALLOW);
    for url in ["https://198.18.7.7/", "https://[2001:db8:1::7]/"] {
        assert_eq!(curl(&[url]), (ALLOWED.to_owned(), 200, 0), "{url}");
    }
    let transcript = network.finish();
    assert_eq!(outcome(&transcript).0, &None);
}

fn curl_reports_the_reason(test: &TestServers) {
    if !has("curl", "tls_curl_reports_the_reason") {
        return;
    }
    for (tls, code) in [
        (Tls::Valid, 0),
        (Tls::Expired, 60),
        (Tls::WrongName, 60),
        (Tls::SelfSigned, 60),
        (Tls::UnknownIssuer, 60),
        (Tls::Plaintext, 35),
        (Tls::Garbage, 35),
        (Tls::Silent, 28),
    ] {
        let network = test.network(scenario(tls));
        let (_, _, exit) = curl(&[&format!("https://{HOST}/")]);
        let transcript = network.finish();
        assert_eq!(exit, code, "{tls:?}\n{transcript}");
        // Only an authenticated connection may carry a request.
        assert_eq!(
            transcript.requests(),
            usize::from(tls == Tls::Valid),
            "{transcript}"
        );
    }
    // The names of the alerts that OpenSSL sends.
    let network = test.network(scenario(Tls::UnknownIssuer));
    curl(&[&format!("https://{HOST}/")]);
    let transcript = network.finish();
    let refused = Handshake::Refused("alert: unknown ca".to_owned());
    assert_eq!(*outcome(&transcript).1, refused);
    // A cleartext request reads what is there before any TLS record.
    let mut nothing = [0];
    let network = test.network(Scenario::ALLOW);
    let mut stream = TcpStream::connect((SERVER, 443)).unwrap();
    stream.write_all(request().as_bytes()).unwrap();
    let _ = stream.read(&mut nothing);
    drop(stream);
    let transcript = network.finish();
    assert_eq!(transcript.requests(), 0, "{transcript}");
    assert!(
        matches!(outcome(&transcript).1, Handshake::Refused(_)),
        "{transcript}"
    );
}
