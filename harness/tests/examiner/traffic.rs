//! `--pcap`: the traffic of failed runs, as other programs read it.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use pcap_file::pcapng::{Block, PcapNgReader};

use crate::check::{check, degraded, harness, plugin, stderr, workspace};
use crate::prerequisites::{missing, not_shown};

/// The type of a Decryption Secrets Block.
const SECRETS: u32 = 0x0000_000a;

/// How many packets a file has, and the TLS secrets before them.
fn read(file: &Path) -> (usize, String) {
    let mut reader = PcapNgReader::new(File::open(file).expect("a file")).expect("pcapng");
    let (mut packets, mut secrets) = (0, String::new());
    while let Some(block) = reader.next_block() {
        match block.expect("a block") {
            Block::EnhancedPacket(_) => packets += 1,
            Block::Unknown(block) if block.type_ == SECRETS && packets == 0 => {
                secrets += &String::from_utf8_lossy(&block.value[8..]);
            }
            _ => {}
        }
    }
    (packets, secrets)
}

/// The requests and responses in a file as tshark shows them, a line each.
fn http(file: &Path) -> String {
    let fields = [
        "http.request.method",
        "http.request.uri",
        "http.response.code",
    ];
    let output = Command::new("tshark")
        .args(["-n", "-r"])
        .arg(file)
        .args(["-Y", "http", "-T", "fields"])
        .args(fields.iter().flat_map(|field| ["-e", field]))
        .output()
        .expect("tshark starts");
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_failed_run_leaves_its_traffic_with_what_was_encrypted() {
    if let Some(reason) = degraded() {
        not_shown("captured traffic", reason);
        return;
    }
    let built = plugin("sample-plugins/carrier-json");
    let profile = workspace().join("harness/tests/profiles/wrong-answer.toml");
    let profile = profile.to_str().expect("text");
    let folder = tempfile::tempdir().expect("a folder");
    let traffic = folder.path().join("traffic");
    let path = traffic.to_str().expect("text");
    let arguments = ["--profile", profile, "--rules", "profile/odd,tls/expired"];
    let examined = check(
        &built.library,
        &[&arguments[..], &["--pcap", path]].concat(),
    );
    // A run that passes leaves nothing.
    let files: Vec<_> = fs::read_dir(&traffic).expect("a folder").collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let file = traffic.join("profile-odd.pcapng");
    let named: Vec<_> = examined
        .report
        .rules
        .iter()
        .map(|rule| &rule.pcap)
        .collect();
    let name = file.display().to_string();
    assert_eq!(named, [&None, &Some(name)], "{}", stderr(&examined.output));
    let (packets, secrets) = read(&file);
    assert!(packets > 10, "{packets}");
    assert!(secrets.contains("CLIENT_TRAFFIC_SECRET_0 "), "{secrets}");
    match missing("tshark") {
        Some(how) => not_shown("captured traffic in Wireshark's dissectors", &how),
        None => assert_eq!(
            http(&file).trim_end(),
            "POST\t/tethering\t\n\t\t200\nPOST\t/tethering\t\n\t\t200\nPOST\t/tethering\t\n\t\t200"
        ),
    }
    // The folder has something of this examination now.
    let again = harness(&["check", "--pcap", path])
        .arg(&built.library)
        .output();
    let again = again.expect("the program starts");
    assert_eq!(again.status.code(), Some(2));
    assert!(
        stderr(&again).contains("is not empty"),
        "{}",
        stderr(&again)
    );
}

#[test]
fn one_call_can_be_captured_in_a_private_network_only() {
    if let Some(reason) = degraded() {
        not_shown("captured traffic", reason);
        return;
    }
    let built = plugin("sample-plugins/carrier-json");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("call.pcapng");
    let call = |isolation: &str| {
        let mut command = harness(&["call", "--isolation", isolation, "--scenario", "http/500"]);
        let command = command.arg("--pcap").arg(&file).arg(&built.library);
        command.output().expect("the program starts")
    };
    let loopback = call("loopback");
    assert_eq!(loopback.status.code(), Some(2));
    assert!(stderr(&loopback).contains("in a private network only"));
    assert!(!file.exists());
    let private = call("namespace");
    assert_eq!(private.status.code(), Some(0), "{}", stderr(&private));
    let (packets, secrets) = read(&file);
    assert!(packets > 10 && !secrets.is_empty());
    if missing("tshark").is_none() {
        assert!(http(&file).contains("500"), "{}", http(&file));
    }
}
