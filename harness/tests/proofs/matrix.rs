//! The confusion matrix: for each breaker what the harness said of each rule, as text and as a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use ics_harness::report::Verdict;
use ics_harness::rules;

use crate::check::workspace;

/// What was said of one rule, and whether the table of proofs explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) verdict: Verdict,
    pub(crate) seen: String,
    /// Why it is not PASS; none if no one explains it, or if it is PASS.
    pub(crate) explanation: Option<String>,
}

impl Cell {
    /// Whether it is something else than a pass, and no one explains it.
    pub(crate) fn unexplained(&self) -> bool {
        self.verdict != Verdict::Pass && self.explanation.is_none()
    }

    fn letter(&self) -> char {
        match self.verdict {
            _ if self.unexplained() => '!',
            Verdict::Pass => '.',
            Verdict::Fail | Verdict::XFail => 'F',
            Verdict::Skip => '-',
            Verdict::Error => 'E',
        }
    }
}

/// The row of one breaker.
#[derive(Debug)]
pub(crate) struct Row {
    /// The rule that it breaks.
    pub(crate) rule: &'static str,
    /// The rule and what breaks it.
    pub(crate) breaker: String,
    pub(crate) cells: BTreeMap<String, Cell>,
}

/// Writes the matrix as `matrix.txt` and `matrix.html`, and returns their folder.
pub(crate) fn write(rows: &[Row]) -> io::Result<PathBuf> {
    let folder = folder();
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("matrix.txt"), text(rows))?;
    fs::write(folder.join("matrix.html"), page(rows))?;
    Ok(folder)
}

/// Beside the other results of builds, wherever cargo was told to put them.
fn folder() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_ics-harness"))
        .ancestors()
        .nth(2)
        .map_or_else(|| workspace().join("target"), Path::to_owned);
    target.join("confusion")
}

/// The rules in their order; those of profiles last.
fn columns(rows: &[Row]) -> Vec<&str> {
    let mut columns: Vec<&str> = rules::all().map(|rule| rule.id).collect();
    for rule in rows.iter().flat_map(|row| row.cells.keys()) {
        if rule.starts_with("profile/") && !columns.contains(&rule.as_str()) {
            columns.push(rule);
        }
    }
    columns
}

/// Each breaker with its row of letters, and every cell that is no pass below.
fn text(rows: &[Row]) -> String {
    let columns = columns(rows);
    let mut text = String::from(
        ". passed   F failed, with a reason   - skipped, with a reason   E error   ! not explained\n\n",
    );
    for row in rows {
        let letters: String = columns
            .iter()
            .map(|rule| row.cells.get(*rule).map_or(' ', Cell::letter))
            .collect();
        let _ = writeln!(text, "{letters}  {}", row.breaker);
    }
    text.push('\n');
    for row in rows {
        for (rule, cell) in row
            .cells
            .iter()
            .filter(|(_, cell)| cell.verdict == Verdict::Fail || cell.unexplained())
        {
            let why = cell.explanation.as_deref().unwrap_or("NOT EXPLAINED");
            let _ = writeln!(
                text,
                "{}: {} {rule}: {} ({why})",
                row.breaker,
                cell.letter(),
                cell.seen
            );
        }
    }
    text
}

const STYLE: &str = "\
body{font:14px system-ui,sans-serif;margin:1rem;color:#222;background:#fff}\
table{border-collapse:collapse}th{font-weight:400;text-align:left;white-space:nowrap}\
thead th{writing-mode:vertical-rl;transform:rotate(180deg);font-size:11px;padding:2px}\
tbody th{position:sticky;left:0;background:#fff;padding-right:8px;font-size:12px}\
td{width:12px;height:12px;min-width:12px;border:1px solid #e4e4e4;font-size:9px;text-align:center}\
.p{background:#e7f4e4}.f{background:#c62828;color:#fff}.c{background:#ef9a9a}.s{background:#f5f5f5;color:#999}\
.u{background:#000;color:#ff0}.scroll{overflow-x:auto}\
@media(prefers-color-scheme:dark){body,tbody th{background:#181818;color:#ddd}td{border-color:#333}\
.p{background:#1e3320}.c{background:#7f3b3b}.s{background:#262626}}";

/// One table: breakers as rows, rules as columns, what was seen as the title of each cell.
fn page(rows: &[Row]) -> String {
    let columns = columns(rows);
    let mut page = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Confusion matrix</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style>\
         <h1>Breakers and rules</h1><p>{} breakers, {} rules. Red: the rule that the breaker is made for. \
         Light red: another failure, with its reason. Grey: skipped, with its reason. Black: not explained.</p>\
         <div class=\"scroll\"><table><thead><tr><th></th>",
        rows.len(),
        columns.len()
    );
    for rule in &columns {
        let _ = write!(page, "<th>{rule}</th>");
    }
    page.push_str("</tr></thead><tbody>");
    for row in rows {
        let _ = write!(page, "<tr><th>{}</th>", escaped(&row.breaker));
        for rule in &columns {
            match row.cells.get(*rule) {
                None => page.push_str("<td></td>"),
                Some(cell) => {
                    let title = format!(
                        "{rule}: {}{}",
                        cell.seen,
                        cell.explanation
                            .as_ref()
                            .map_or_else(String::new, |why| format!(" ({why})"))
                    );
                    let _ = write!(
                        page,
                        "<td class=\"{}\" title=\"{}\">{}</td>",
                        class(row, rule, cell),
                        escaped(&title),
                        cell.letter()
                    );
                }
            }
        }
        page.push_str("</tr>");
    }
    page.push_str("</tbody></table></div></html>\n");
    page
}

fn class(row: &Row, rule: &str, cell: &Cell) -> &'static str {
    match cell.verdict {
        _ if cell.unexplained() => "u",
        Verdict::Pass => "p",
        Verdict::Fail if row.rule == rule => "f",
        Verdict::Fail | Verdict::Error | Verdict::XFail => "c",
        Verdict::Skip => "s",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
