//! exploring
use crate::generated::document;
use ics_harness::device::document::{Document, Role, read, wbxml, xml};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::process::Command;

#[test]
fn explore() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let dir = tempfile::tempdir().unwrap();
    let a = dir.path().join("a.xml");
    let b = dir.path().join("b.wbxml");
    let c = dir.path().join("c.xml");
    let d = dir.path().join("d.wbxml");
    let mut bad = 0;
    let strategy = document();
    for i in 0..2000 {
        let doc: Document = strategy.new_tree(&mut runner).unwrap().current();
        let text = xml::write(&doc).unwrap();
        std::fs::write(&a, &text).unwrap();
        std::fs::write(&b, wbxml::encode(&doc).unwrap()).unwrap();
        for (prog, from, to) in [("wbxml2xml", &b, &c), ("xml2wbxml", &a, &d)] {
            let out = Command::new(prog)
                .arg("-o")
                .arg(to)
                .arg(from)
                .output()
                .unwrap();
            if !out.status.success() {
                bad += 1;
                eprintln!(
                    "#{i} {prog} FAILED {:?} {}\n{text}",
                    out.status,
                    String::from_utf8_lossy(&out.stderr)
                );
                continue;
            }
            let bytes = std::fs::read(to).unwrap();
            let back = read(&bytes, Role::Response);
            if !back.faults.is_empty() {
                bad += 1;
                eprintln!(
                    "#{i} {prog} FAULTS\n{}",
                    crate::vectors::shown("x", &bytes, &back)
                );
                continue;
            }
            if back.document.as_ref() != Some(&doc) {
                bad += 1;
                eprintln!(
                    "#{i} {prog} DIFF\n{}\n",
                    similar_lines(&text, &xml::write(&back.document.unwrap()).unwrap())
                );
            }
        }
    }
    eprintln!("bad {bad}");
}
fn similar_lines(a: &str, b: &str) -> String {
    a.lines()
        .zip(b.lines())
        .find(|(x, y)| x != y)
        .map(|(x, y)| format!("-{x}\n+{y}"))
        .unwrap_or_else(|| format!("LEN {} {}\n{a}\n{b}", a.lines().count(), b.lines().count()))
}
