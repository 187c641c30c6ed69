//! What others wrote never steers the terminal of the person who reads it: every
//! command is given hostile file names, arguments, documents and plugins, and
//! nothing but the harness's own styles comes out.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tempfile::TempDir;

use crate::prerequisites::{missing, not_shown};

/// A colour that the harness has not, CSI in one character, BEL, bidirectional
/// controls, characters without width, a line separator, DEL, and a line of its own.
const HOSTILE: &str =
    "\x1b[35;47m\u{9b}2J\x07\u{202e}\u{2066}\u{200f}\u{200b}\u{2028}\x7f\rX\nFORGED";

/// The same as XML may have it.
const HOSTILE_XML: &str = "\u{9b}2J\u{202e}\u{2066}\u{200f}\u{200b}\u{2028}\u{7f}";

/// What the harness's own styles are made of.
const STYLES: [&str; 9] = ["0", "1", "2", "31", "32", "33", "34", "35", "36"];

/// Prints, asks for a name, sends a request and begins a handshake, all hostile.
const PLUGIN: &str = r#"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVIL "\x1b[35;47m\xc2\x9b" "2J\x07\xe2\x80\xae\x9b\r"

static void send_to(int port, const void *bytes, size_t length) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    char answer[256];
    inet_pton(AF_INET, "203.0.113.9", &to.sin_addr);
    if (!connect(fd, (void *)&to, sizeof to) && write(fd, bytes, length) > 0)
        while (read(fd, answer, sizeof answer) > 0) {}
    close(fd);
}

int IsEntitled(void) {
    unsigned char question[64] = "\0\1\1\0\0\1\0\0\0\0\0\0\x0b\x1b[35mR\xc2\x9b" "1mD\0\0\1\0\1";
    struct sockaddr_in dns = {.sin_family = AF_INET, .sin_port = htons(53)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct timeval wait = {.tv_sec = 2};
    inet_pton(AF_INET, "192.0.2.53", &dns.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    sendto(fd, question, 12 + 1 + 11 + 1 + 4, 0, (void *)&dns, sizeof dns);
    recv(fd, question, sizeof question, 0);
    close(fd);
    const char *request = "GET /a?\xc2\x9b" "31m HTTP/1.1\r\nHost: x" "\xc2\x9b" "2J\xe2\x80\xae\x9b\r\n"
                          "Connection: close\r\n\r\n";
    send_to(80, request, strlen(request));
    const char *method = "G\x1b[35;47mT / HTTP/1.1\r\n\r\n";
    send_to(80, method, strlen(method));
    unsigned char hello[] = "\x16\x03\x01\0\x4a\x01\0\0\x46\x03\x03" "01234567890123456789012345678901"
                            "\0\0\x02\xc0\x2f\x01\0\0\x1b\0\0\0\x0f\0\x0d\0\0\x0a\x1b[35;47m\xc2\x9b"
                            "\0\x0d\0\x04\0\x02\x04\x03";
    send_to(443, hello, sizeof hello - 1);
    fputs(EVIL "\nFORGED\n", stdout);
    fflush(stdout);
    fputs(EVIL "\nFORGED\n", stderr);
    return 77;
}
"#;

/// The files that commands are given; their folder has a hostile name itself.
struct Bed {
    folder: TempDir,
    at: PathBuf,
}

impl Bed {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().join(HOSTILE);
        fs::create_dir(&at).expect("made");
        let bed = Self { folder, at };
        bed.write("plugin.c", PLUGIN);
        bed.write("dependency.c", "int dependency(void) { return 0; }\n");
        bed.write(
            "needs.c",
            "int dependency(void);\nint IsEntitled(void) { return dependency(); }\n",
        );
        bed.compile(&["plugin.c"], "plugin.so");
        // What it needs has a hostile name, and is gone when it is loaded.
        let soname = format!("-Wl,-soname,{}", HOSTILE.replace(',', ""));
        bed.compile(&["dependency.c", &soname], "dependency.so");
        bed.compile(&["needs.c", "dependency.so"], "needs.so");
        fs::remove_file(bed.at.join("dependency.so")).expect("removed");
        bed.write(
            "good.xml",
            &format!(
                r#"<wap-provisioningdoc>
    <characteristic type="HotSpot">
        <parm name="Enabled" value="true"/>
        <parm name="EntitlementDll" value="C:\plugin.dll"/>
    </characteristic>
    <characteristic type="CM_CellularEntries">
        <characteristic type="{HOSTILE_XML}">
            <parm name="UserName" value="{HOSTILE_XML}"/>
            <parm name="Other{HOSTILE_XML}" value="{HOSTILE_XML}"/>
        </characteristic>
    </characteristic>
</wap-provisioningdoc>
"#
            ),
        );
        let bad = format!(
            "<wap-provisioningdoc>\n<characteristic type=\"{HOSTILE_XML}\">\n\
             <parm name=\"\x1b[35;47m\" value=\"\x07\u{9b}\"/>\n</characteristic>\n\
             <{HOSTILE_XML}/></wap-provisioningdoc>\n"
        );
        let bad = [bad.as_bytes(), b"\xff\x9b"].concat();
        fs::write(bed.at.join("bad.xml"), bad).expect("written");
        bed
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.at.join(name), text).expect("written");
    }

    fn compile(&self, what: &[&str], to: &str) {
        let status = Command::new("cc")
            .current_dir(&self.at)
            .args(["-shared", "-fPIC", "-w", "-o", to])
            .args(what)
            .status();
        assert!(status.expect("the compiler starts").success(), "{what:?}");
    }

    /// The path of a file, as an argument. That of one which is not there is no UTF-8.
    fn file(&self, name: &str) -> OsString {
        let gone = name
            .strip_prefix("gone")
            .map(|rest| OsString::from_vec([b"gone\xff\x9b", rest.as_bytes()].concat()));
        let name = gone.unwrap_or_else(|| name.into());
        self.at.join(name).into_os_string()
    }

    /// A device that the good document was applied to.
    fn device(&self) -> OsString {
        let device = self.file("device");
        if !Path::new(&device).exists() {
            let result = run(args(&["provision", "apply"])
                .file(self.file("good.xml"))
                .with(&["--state"])
                .file(device.clone()));
            assert_eq!(result.code, Some(0), "{result:?}");
        }
        device
    }

    /// What the document becomes, written to a file.
    fn made(&self, command: &str, to: &str) -> OsString {
        let to = self.file(to);
        let made = args(&["provision", command])
            .file(self.file("good.xml"))
            .with(&["--output"])
            .file(to.clone());
        let made = match command {
            "sign" => made.with(&["--method", "userpin", "--pin", "1234"]),
            _ => made,
        };
        let result = run(made);
        assert_eq!(result.code, Some(0), "{result:?}");
        to
    }
}

/// Arguments and what is typed.
#[derive(Clone, Debug)]
struct Arguments(Vec<OsString>, String);

fn args(words: &[&str]) -> Arguments {
    Arguments(words.iter().map(OsString::from).collect(), String::new())
}

impl Arguments {
    fn file(mut self, path: OsString) -> Self {
        self.0.push(path);
        self
    }

    fn with(mut self, words: &[&str]) -> Self {
        self.0.extend(words.iter().map(OsString::from));
        self
    }

    fn typed(mut self, text: String) -> Self {
        self.1 = text;
        self
    }
}

/// What a command put on a terminal, on standard error, and into a page.
struct CommandOutput {
    code: Option<i32>,
    out: Vec<u8>,
    err: Vec<u8>,
    page: Vec<u8>,
}

impl fmt::Debug for CommandOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [out, err] = [&self.out, &self.err].map(|bytes| bytes.escape_ascii());
        write!(f, "code {:?}\n{out}\n{err}", self.code)
    }
}

/// The program, whose standard output is the terminal of which this is the other end.
fn start(arguments: &[OsString]) -> (Child, File) {
    let terminal =
        openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
    grantpt(&terminal)
        .and_then(|()| unlockpt(&terminal))
        .expect("a terminal");
    let name = ptsname(&terminal, Vec::new()).expect("it has a name");
    let other = File::options()
        .write(true)
        .open(OsStr::from_bytes(name.to_bytes()))
        .expect("a terminal");
    let child = Command::new(env!("CARGO_BIN_EXE_ics-harness"))
        .args(arguments)
        .env("TERM", "xterm")
        .env("CLICOLOR_FORCE", "1")
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(other)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    (child, File::from(terminal))
}

/// All that comes until the other end is closed.
fn all(mut from: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A terminal without its program ends in an error.
    let _ = from.read_to_end(&mut bytes);
    bytes
}

fn run(Arguments(arguments, typed): Arguments) -> CommandOutput {
    let (mut child, terminal) = start(&arguments);
    let out = thread::spawn(|| all(terminal));
    let err = child.stderr.take().expect("a pipe");
    let err = thread::spawn(|| all(err));
    let mut input = child.stdin.take().expect("a pipe");
    // A command that reads nothing may have ended.
    let _ = input.write_all(typed.as_bytes());
    drop(input);
    CommandOutput {
        code: child.wait().expect("it ends").code(),
        out: out.join().expect("read"),
        err: err.join().expect("read"),
        page: Vec::new(),
    }
}

/// Serves, is asked for something hostile, and is stopped.
fn serve(bed: &Bed) -> CommandOutput {
    let arguments = args(&["serve", "--ca"]).file(bed.file("ca.pem"));
    let (mut child, terminal) = start(&arguments.0);
    let mut lines = BufReader::new(terminal);
    let mut out = Vec::new();
    while !out.windows(4).any(|four| four == b"ca: ") {
        assert!(lines.read_until(b'\n', &mut out).expect("a line") > 0);
    }
    let text = String::from_utf8_lossy(&out);
    let (_, address) = text.split_once("http://").expect("an address");
    let (address, _) = address.split_once('/').expect("an address");
    let port = address.rsplit(':').next().expect("a port");
    let port: u16 = port.parse().expect("a port");
    let mut client = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    client
        .write_all(b"GET /\xc2\x9b HTTP/1.1\r\nHost: x\xc2\x9b2J\xff\r\nConnection: close\r\n\r\n")
        .expect("it reads");
    all(&client);
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    let err = all(child.stderr.take().expect("a pipe"));
    CommandOutput {
        code: child.wait().expect("it ends").code(),
        out: [out, all(lines)].concat(),
        err,
        page: Vec::new(),
    }
}

/// Simulates a timeline with hostile names, and draws it.
fn simulate(bed: &Bed) -> Vec<CommandOutput> {
    let json = |text: &str| serde_json::to_string(text).expect("text");
    // TOML has the escapes of JSON, but for DEL.
    let toml = |text: &str| json(text).replace('\x7f', "\\u007f");
    let quoted = toml(HOSTILE);
    let named = toml(&format!("wifi '{HOSTILE}' 12345678"));
    bed.write(
        "day.toml",
        &format!(
            "begin = \"09:00\"\nend = \"10:00\"\n[[connection]]\nname = {quoted}\n\
             [[event]]\nat = \"09:01\"\ndo = {named}\n\
             [[event]]\nat = \"09:02\"\ndo = \"on\"\n\
             [[event]]\nat = \"09:03\"\ndo = \"apply good.xml\"\n"
        ),
    );
    bed.write(
        "faulty.toml",
        &format!("begin = {quoted}\nserver = {quoted}\n{quoted} = 1\n[[event]]\ndo = {quoted}\n"),
    );
    let simulation = |document: &str, timeline: &str| {
        args(&["simulate"])
            .file(bed.file(document))
            .with(&["--timeline"])
            .file(bed.file(timeline))
            .with(&["--plugin"])
            .file(bed.file("needs.so"))
    };
    let mut drawn = run(simulation("good.xml", "day.toml")
        .with(&["--html"])
        .file(bed.file("day.html")));
    drawn.page = fs::read(bed.at.join("day.html")).unwrap_or_else(|_| panic!("no page: {drawn:?}"));
    vec![
        drawn,
        run(simulation("good.xml", "day.toml").with(&["--json"])),
        run(simulation("bad.xml", "day.toml")),
        run(simulation("good.xml", "faulty.toml")),
        run(simulation("good.xml", "gone.toml")),
    ]
}

type Case = fn(&Bed) -> Vec<CommandOutput>;

/// How each command is given hostile bytes.
fn cases() -> BTreeMap<&'static str, Case> {
    let cases: [(&str, Case); 20] = [
        ("check", |bed| {
            let check = |plugin| args(&["check"]).file(bed.file(plugin));
            vec![
                run(check("plugin.so").with(&["--rules", "answer/entitled,answer/offline,file/*"])),
                run(check("plugin.so").with(&["--rules", "answer/entitled", "--json", "-"])),
                run(check("needs.so").with(&["--rules", "answer/entitled,load/succeeds"])),
                run(check("plugin.so").with(&["--rules", HOSTILE])),
                run(check("gone.so")),
            ]
        }),
        ("call", |bed| {
            let call = |plugin| args(&["call"]).file(bed.file(plugin));
            vec![
                run(call("plugin.so")),
                run(call("needs.so")),
                run(call("gone.so")),
                run(call("plugin.so").with(&["--scenario", HOSTILE])),
                run(call("plugin.so").with(&["--deadline", HOSTILE])),
            ]
        }),
        ("bench", |bed| {
            bed.write("quick.c", "int IsEntitled(void) { return 0; }\n");
            let library = format!("{HOSTILE}.so");
            bed.compile(&["quick.c"], &library);
            let bench = args(&["bench", "--rounds", "1", "--calls", "1"]).file(bed.file(&library));
            let measured = vec![run(bench.clone()), run(bench.with(&["--json"]))];
            let well = |result: &CommandOutput| result.code == Some(0);
            assert!(measured.iter().all(well), "{measured:?}");
            measured
        }),
        ("inspect", |bed| {
            let inspect = |plugin| args(&["inspect"]).file(bed.file(plugin));
            vec![
                run(inspect("plugin.so")),
                run(inspect("needs.so")),
                run(inspect("needs.so").with(&["--json"])),
                run(inspect("bad.xml")),
                run(inspect("gone.so")),
            ]
        }),
        ("provision check", |bed| {
            let check = |document| args(&["provision", "check"]).file(bed.file(document));
            vec![
                run(check("bad.xml")),
                run(check("good.xml")),
                run(check("bad.xml").with(&["--json"])),
                run(check("gone.xml").with(&["--json"])),
                run(check("gone.xml")),
            ]
        }),
        ("provision show", |bed| {
            let show = |document| args(&["provision", "show"]).file(bed.file(document));
            vec![
                run(show("good.xml")),
                run(show("bad.xml")),
                run(show("good.xml").with(&["--state"]).file(bed.device())),
                run(show("good.xml").with(&["--state"]).file(bed.file("gone"))),
            ]
        }),
        ("provision apply", |bed| {
            let apply = |document, state| {
                args(&["provision", "apply"])
                    .file(bed.file(document))
                    .with(&["--state"])
                    .file(bed.file(state))
            };
            vec![
                run(apply("good.xml", "new")),
                run(apply("bad.xml", "new")),
                run(apply("good.xml", "good.xml")),
            ]
        }),
        ("provision query", |bed| {
            let query = |paths: &[&str]| {
                args(&["provision", "query", "--state"])
                    .file(bed.device())
                    .with(paths)
            };
            vec![
                run(query(&[])),
                run(query(&[HOSTILE_XML])),
                run(query(&[&format!("a/b/c/d{HOSTILE}")])),
                run(query(&["--document"]).file(bed.file("good.xml"))),
            ]
        }),
        ("provision encode", |bed| {
            let encode = |document| args(&["provision", "encode"]).file(bed.file(document));
            vec![
                run(encode("bad.xml").with(&["--output"]).file(bed.file("x"))),
                run(encode("gone.xml")),
                run(encode("good.xml")
                    .with(&["--output"])
                    .file(bed.file("good.xml"))),
            ]
        }),
        ("provision decode", |bed| {
            let decode = |document| args(&["provision", "decode"]).file(document);
            vec![
                run(decode(bed.made("encode", "good.wbxml"))),
                run(decode(bed.made("sign", "good.push"))),
                run(decode(bed.file("bad.xml"))),
            ]
        }),
        ("provision sign", |bed| {
            let sign = |document| {
                args(&["provision", "sign", "--method", "userpin", "--pin", "1234"])
                    .file(bed.file(document))
            };
            vec![
                run(sign("bad.xml")),
                run(sign("gone.xml")),
                run(args(&["provision", "sign", "--method", HOSTILE])),
            ]
        }),
        ("provision verify", |bed| {
            let verify =
                |document, pin| args(&["provision", "verify", "--pin", pin]).file(document);
            let push = bed.made("sign", "good.push");
            vec![
                run(verify(push.clone(), "1234")),
                run(verify(push, "4321")),
                run(verify(bed.file("bad.xml"), "1234")),
            ]
        }),
        ("provision nodes", |_| {
            vec![run(args(&["provision", "nodes", HOSTILE]))]
        }),
        ("simulate", simulate),
        ("device run", |bed| {
            let typed = ["", "server ", "skip ", "join ", "apply "]
                .map(|verb| format!("{verb}'{}'\n", HOSTILE.replace('\n', " ")));
            let more = format!(
                "connection '{HOSTILE_XML}\x1b' up\nconnection nope down\n\
                                wifi '{HOSTILE_XML}\x1b' 12345678\non\nstatus\n"
            );
            let typed = typed.concat() + &more;
            let device = args(&["device", "run"]).file(bed.device());
            vec![
                run(device.clone().typed(typed.clone())),
                run(device
                    .with(&["--plugin"])
                    .file(bed.file("needs.so"))
                    .typed(typed)),
                run(args(&["device", "run"]).file(bed.file("good.xml"))),
            ]
        }),
        ("rules", |_| vec![run(args(&["rules", HOSTILE]))]),
        ("explain", |_| vec![run(args(&["explain", HOSTILE]))]),
        ("header", |bed| {
            vec![
                run(args(&["header", "--check"]).file(bed.file("bad.xml"))),
                run(args(&["header", "--check"]).file(bed.file("gone.h"))),
                run(args(&["header", "--output"]).file(bed.file("gone/x.h"))),
                run(args(&["header", "--guard", HOSTILE])),
            ]
        }),
        ("serve", |bed| {
            vec![
                serve(bed),
                run(args(&["serve", "--ca"]).file(bed.file("gone/ca.pem"))),
                run(args(&["serve", "--scenario", HOSTILE])),
            ]
        }),
        ("schema", |bed| {
            vec![run(
                args(&["schema", "--output"]).file(bed.file("gone/x.json"))
            )]
        }),
    ];
    cases.into_iter().collect()
}

/// The paths of all commands that can be run.
fn commands(of: &clap::Command, path: &str, all: &mut Vec<String>) {
    for command in of.get_subcommands() {
        let path = format!("{path} {}", command.get_name());
        if command.has_subcommands() {
            commands(command, &path, all);
        } else {
            all.push(path.trim_start().to_owned());
        }
    }
}

/// What a text has that steers a terminal, reverses its order, or passes for a
/// line of the harness.
fn steering(bytes: &[u8]) -> Option<String> {
    let Ok(text) = str::from_utf8(bytes) else {
        return Some("bytes that are not UTF-8".to_owned());
    };
    // A terminal begins each line at its left.
    let mut text = text.replace("\r\n", "\n");
    for style in STYLES {
        text = text.replace(&format!("\x1b[{style}m"), "");
    }
    let steers = |one: &char| {
        (one.is_control() && *one != '\n') || (HOSTILE.contains(*one) && !one.is_ascii())
    };
    let forged = text.lines().any(|line| line.starts_with("FORGED"));
    let found = text.chars().find(steers).map(|one| format!("{one:?}"));
    found.or(forged.then(|| "a forged line".to_owned()))
}

#[test]
fn every_command_writes_out_hostile_bytes() {
    if let Some(how) = missing("cc") {
        return not_shown("that hostile bytes are written out", &how);
    }
    let mut known = Vec::new();
    commands(&ics_harness::cli::command(), "", &mut known);
    let cases = cases();
    let tried: Vec<&str> = cases.keys().copied().collect();
    known.sort_unstable();
    assert_eq!(tried, known, "each command has a case");

    let bed = Bed::new();
    for (command, case) in cases {
        for (index, result) in case(&bed).into_iter().enumerate() {
            let shown = format!("`{command}`, the case {index}: {result:?}");
            assert!(result.code.is_some_and(|code| code <= 4), "{shown}");
            for part in [&result.out, &result.err, &result.page] {
                if let Some(found) = steering(part) {
                    panic!("{found}: {shown}");
                }
            }
            // It did meet what is hostile.
            let all = [result.out, result.err, result.page].concat();
            let all = String::from_utf8_lossy(&all).into_owned();
            assert!(
                all.contains(r"\u{9b}") || all.contains(r"\u009b"),
                "{shown}"
            );
        }
    }
    drop(bed.folder);
}

/// Control characters in what a plugin prints, resolves and sends are shown as escapes.
#[test]
fn what_a_plugin_prints_asks_and_sends_is_shown_as_escapes() {
    if let Some(how) = missing("cc") {
        return not_shown("that a plugin's bytes are shown as escapes", &how);
    }
    let bed = Bed::new();
    let result = run(args(&["call"]).file(bed.file("plugin.so")));
    let err = String::from_utf8(result.err).expect("text");
    for printed in ["stdout", "stderr"] {
        let line = format!(r"bytes on {printed}: \u{{1b}}[35;47m\u{{9b}}2J\u{{7}}\u{{202e}}\x9b\r");
        assert!(err.contains(&line), "{err}");
    }
    if !err.contains(" dns ") {
        let how = "a private network is not available";
        return not_shown("that questions and requests are shown as escapes", how);
    }
    assert!(err.contains(r"for x\u{9b}2J\u{202e}\x9b"), "{err}");
}
