//! The contract as Markdown: the text of `CONTRACT.md`.

use super::table;

/// The contract as Markdown.
pub fn contract() -> String {
    let mut page = String::from(
        "# The contract of `IsEntitled`\n\n\
         Generated from the rule table by `ics-harness rules --markdown`; a test compares the two.\n\n\
         Levels: **must** (the specification says so, or the device would crash, hang, or share its connection without permission),\n\
         **should** (good practice; fails a run with `--strict`), **may** (advice; never fails a run).\n\
         In a fault scenario it is the server's *allow response* that is damaged: if the plugin returned SUCCESS there,\n\
         the device would share its connection without permission.\n",
    );
    let mut group = "";
    for rule in table::all() {
        if rule.group() != group {
            group = rule.group();
            page.push_str(&format!("\n## {group}\n"));
        }
        page.push_str(&format!(
            "\n### `{}` ({})\n\n{}\n\n- Clause: {}\n- Expected: {}\n- Help: {}\n",
            rule.id,
            rule.level.name(),
            rule.title,
            rule.clause,
            rule.expected,
            rule.help
        ));
    }
    page
}
