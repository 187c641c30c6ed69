//! How each command is given hostile bytes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use rustix::process::{Pid, Signal, kill_process};

use super::fixtures::{Bed, HOSTILE, HOSTILE_XML};
use super::program::{CommandOutput, all, args, run, start};

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
    bed.write("habits.toml", "[habits]\non = \"12:00\"\nlasts = \"1h\"\n");
    bed.write(
        "faulty-habits.toml",
        &format!(
            "date = {quoted}\n{quoted} = 1\n[habits]\non = {quoted}\nlasts = {{ {quoted} = 1 }}\n\
             takes = {{ normal = {{ {quoted} = {quoted} }} }}\n[[outage]]\nfrom = {quoted}\n"
        ),
    );
    let load = |timeline: &str| {
        args(&["simulate"])
            .file(bed.file("good.xml"))
            .with(&["--devices", "5", "--timeline"])
            .file(bed.file(timeline))
    };
    let mut plotted = run(load("habits.toml")
        .with(&["--html"])
        .file(bed.file("load.html")));
    plotted.page =
        fs::read(bed.at.join("load.html")).unwrap_or_else(|_| panic!("no page: {plotted:?}"));
    vec![
        drawn,
        plotted,
        run(load("habits.toml").with(&["--json"])),
        run(load("faulty-habits.toml")),
        run(load("habits.toml").with(&["--interval", HOSTILE])),
        run(simulation("good.xml", "day.toml").with(&["--json"])),
        run(simulation("bad.xml", "day.toml")),
        run(simulation("good.xml", "faulty.toml")),
        run(simulation("good.xml", "gone.toml")),
    ]
}

pub(super) type Case = fn(&Bed) -> Vec<CommandOutput>;

/// How each command is given hostile bytes.
pub(super) fn cases() -> BTreeMap<&'static str, Case> {
    let cases: [(&str, Case); 33] = [
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
        ("report", |bed| {
            let saved = bed.file("saved.json");
            let check = args(&["check", "--rules", "file/*,answer/entitled", "--json"])
                .file(saved.clone())
                .file(bed.file("needs.so"));
            let report = |file| args(&["report"]).file(file);
            bed.write("version.json", "{\"schema\": 2}");
            let mut results = vec![
                run(check),
                run(report(saved.clone())),
                run(report(bed.file("version.json"))),
                run(report(bed.file("bad.xml"))),
                run(report(bed.file("gone.json"))),
                run(report(saved.clone()).with(&["--report", HOSTILE])),
            ];
            for format in ["html", "json", "junit", "markdown", "sarif"] {
                let form = format!("{format}=-");
                results.push(run(report(saved.clone()).with(&["--report", &form])));
            }
            results
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
        ("discover", |bed| {
            let discover = |plugin| args(&["discover"]).file(bed.file(plugin));
            vec![run(discover("plugin.so")), run(discover("gone.so"))]
        }),
        ("record", |bed| {
            let record =
                |url: &str| args(&["record", "--upstream", url]).file(bed.file("plugin.so"));
            vec![
                // Nothing listens there: a port that is reserved for nothing.
                run(record("http://127.0.0.1:1")),
                run(record(HOSTILE)),
                run(record("http://127.0.0.1:1").with(&["--resolve", HOSTILE])),
            ]
        }),
        ("profile check", |bed| {
            let quoted = serde_json::to_string(HOSTILE)
                .expect("text")
                .replace('\x7f', "\\u007f");
            let step = format!(
                "[[step]]\nname = \"a\"\npath = {quoted}\nheaders = {{ x = {quoted} }}\n[step.allow]\nbody = {quoted}\n[step.deny]\nstatus = 403\n"
            );
            bed.write("bad.toml", &format!("name = {quoted}\n{step}[[step.response]]\nname = {quoted}\nanswer = \"FAILED\"\n"));
            bed.write(
                "good.toml",
                &format!(
                    "name = {quoted}\n{}",
                    step.replace(&format!("path = {quoted}\n"), "")
                ),
            );
            bed.write("none.toml", &format!("{quoted} = {quoted}\n"));
            ["bad.toml", "good.toml", "none.toml", "gone.toml"]
                .map(|file| run(args(&["profile", "check"]).file(bed.file(file))))
                .into()
        }),
        ("profile show", |bed| {
            let show = |name: &str| run(args(&["profile", "show"]).file(bed.file(name)));
            vec![show("gone.toml"), run(args(&["profile", "show", HOSTILE]))]
        }),
        ("profile schema", |bed| {
            vec![run(
                args(&["profile", "schema", "--output"]).file(bed.file("gone/x"))
            )]
        }),
        ("new", |bed| {
            let new = |name: &str| args(&["new", name, "--language", "c"]);
            bed.write("unread.toml", &format!("{HOSTILE} = 1\n"));
            vec![
                run(new(HOSTILE)),
                run(new("a").with(&["--output"]).file(bed.file("made"))),
                run(new("a").with(&["--output"]).file(bed.file("made"))),
                run(new("a").with(&["--protocol", HOSTILE])),
                run(new("a").with(&["--profile"]).file(bed.file("unread.toml"))),
                run(new("a").with(&["--profile"]).file(bed.file("gone.toml"))),
                run(args(&["new", "a", "--language", "rust", "--sdk", HOSTILE])),
            ]
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
        ("provision convert", |bed| {
            let variant = |name: &str| {
                format!(
                    "<Variant Name=\"{name}\"><Settings Path=\"Connections\">\
                     <Setting Name=\"Cellular/{HOSTILE_XML}/Zork{HOSTILE_XML}\" Value=\"1\"/>\
                     <Setting Name=\"Cellular/{HOSTILE_XML}/AccessPointName\" Value=\"{HOSTILE_XML}\"/>\
                     </Settings></Variant>\n"
                )
            };
            let form = |inside: &str| {
                format!(
                    "<ImageCustomizations xmlns=\"{HOSTILE_XML}\">\n{inside}</ImageCustomizations>"
                )
            };
            bed.write("one.xml", &form(&variant(HOSTILE_XML)));
            bed.write("two.xml", &form(&(variant(HOSTILE_XML) + &variant("b"))));
            let bad =
                "<Static><Settings Path=\"HotSpot\"><Setting Name=\"\x1b[35;47m\" Value=\"\x07\"/>";
            bed.write("worse.xml", &form(&format!("{bad}<{HOSTILE_XML}/>")));
            let convert =
                |document, to| args(&["provision", "convert", "--to", to]).file(bed.file(document));
            let to = "provisioningdoc";
            vec![
                run(convert("one.xml", to)
                    .with(&["--output"])
                    .file(bed.file("x.xml"))),
                run(convert("one.xml", "wcd")
                    .with(&["--output"])
                    .file(bed.file("x.xml"))),
                run(convert("two.xml", to)),
                run(convert("two.xml", to).with(&["--variant", HOSTILE])),
                run(convert("worse.xml", to)),
                run(convert("good.xml", "mcsf")),
                run(convert("bad.xml", "mcsf")),
                run(convert("gone.xml", "mcsf")),
                run(convert("good.xml", HOSTILE)),
                run(args(&["provision", "check"])
                    .file(bed.file("one.xml"))
                    .file(bed.file("worse.xml"))),
                run(args(&["provision", "show"]).file(bed.file("one.xml"))),
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
        ("provision sms", |bed| {
            let sms = |file| args(&["provision", "sms"]).file(bed.file(file));
            let text = format!(
                "0605040B8423F0 {HOSTILE}\n+CMT: {HOSTILE}\nUDH: {HOSTILE}\nFrom: {HOSTILE}\nData: 00"
            );
            bed.write("hostile.sms", &text);
            vec![
                run(sms("hostile.sms")),
                run(sms("bad.xml")),
                run(sms("gone.sms")),
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
        ("ca export", |bed| {
            vec![
                run(args(&["ca", "export", "--output"])
                    .file(bed.file("gone/ca.pem"))
                    .with(&["--key-output"])
                    .file(bed.file("gone/ca.key"))),
                run(args(&["ca", "export", HOSTILE])),
            ]
        }),
        ("certify", |bed| {
            let certify = |file: &str| args(&["certify", "--verify"]).file(bed.file(file));
            vec![
                run(certify("bad.xml")),
                run(certify("gone.zip")),
                run(certify("bad.xml")
                    .with(&["--public"])
                    .file(bed.file("ca.pem"))),
            ]
        }),
        ("completions", |bed| {
            vec![run(
                args(&["completions", "bash", "--output"]).file(bed.file("gone/x"))
            )]
        }),
        ("man", |bed| {
            vec![run(args(&["man"]).file(bed.file("gone")))]
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
