//! The TLS port, with clients that verify certificates and clients that do not.

use std::io::{Read, Write};
use std::net::TcpStream;

use ics_harness::testbed::transcript::{Event, Handshake, Meaning, Transcript};
use ics_harness::testbed::{Scenario, Tls};

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

fn bad_certificates(test: &TestServers) {
    for (tls, alert) in [
        (Tls::Expired, "certificate expired"),
        (Tls::WrongName, "bad certificate"),
        (Tls::SelfSigned, "unknown ca"),
        (Tls::UnknownIssuer, "unknown ca"),
    ] {
        let network = test.network(scenario(tls));
        secure(&careful(test.servers.authority())).unwrap_err();
        let transcript = network.finish();
        let refused = Handshake::Refused(format!("alert: {alert}"));
        assert_eq!(*outcome(&transcript).1, refused, "{tls:?}");
        assert_eq!(transcript.refused_handshakes(), 1);
        assert_eq!(transcript.requests(), 0);
    }
}

fn careless_is_seen(test: &TestServers) {
    for tls in [
        Tls::Expired,
        Tls::WrongName,
        Tls::SelfSigned,
        Tls::UnknownIssuer,
    ] {
        let network = test.network(scenario(tls));
        let (reply, _) = ask(&mut secure(&careless()).unwrap());
        assert!(reply.ends_with(ALLOWED), "{reply}");
        let transcript = network.finish();
        assert!(matches!(outcome(&transcript).1, Handshake::Completed(_)));
        assert_eq!(transcript.requests(), 1, "{transcript}");
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
