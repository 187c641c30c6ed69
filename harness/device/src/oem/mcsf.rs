//! The customization answer file: its sections, and the paths and names of settings.

use std::collections::HashSet;

use super::collect::{Collector, Written};
use super::tree::Node;
use super::vocabulary::{
    CELLULAR, CONNECTIONS, MCSF_FRAGMENT, MCSF_NAMESPACE, MCSF_PARTS, MCSF_ROOT, MCSF_SECTION,
    MCSF_SETTINGS,
};
use super::{Form, Section};
use crate::csp::hotspot;
use crate::document::names::{count, nearest, quoted};
use crate::document::{Diagnostic, Diagnostics, Located, Span};

pub(super) fn read(root: &Node, faults: &mut Diagnostics) -> Vec<Section> {
    if root.name.eq_ignore_ascii_case(MCSF_FRAGMENT) {
        check_name(root, MCSF_FRAGMENT, faults);
        let mut collector = Collector::new(Form::Mcsf, root.at, faults);
        settings(root, &mut collector);
        return vec![Section {
            element: "Settings",
            name: None,
            at: root.at,
            document: collector.finish(),
        }];
    }
    check_name(root, MCSF_ROOT, faults);
    check_namespace(root, MCSF_NAMESPACE, faults);
    let targets = target_ids(root);
    let mut sections = Vec::new();
    for part in &root.children {
        match part.name.as_str() {
            "Static" => sections.push(section(part, "Static", &targets, faults)),
            "Variant" => sections.push(section(part, "Variant", &targets, faults)),
            "Imports" => note_imports(part, faults),
            "Targets" => {}
            _ => part.unexpected(&MCSF_PARTS, faults),
        }
    }
    sections
}

/// Reports a name in other letter case, or a misspelt one.
pub(super) fn check_name(node: &Node, documented: &str, faults: &mut Diagnostics) {
    if node.name.value != documented {
        faults.push(
            Diagnostic::error(node.name.at, format!("root element {}", quoted(&node.name)))
                .expected(format!("`{documented}`"))
                .help(format!("write `{documented}`")),
        );
    }
}

/// Warns of an element without the namespace that its tool needs.
pub(super) fn check_namespace(node: &Node, documented: &str, faults: &mut Diagnostics) {
    let (at, found) = match node.namespace() {
        Some(namespace) if namespace.value == documented => return,
        Some(namespace) => (namespace.at, format!("the namespace {}", quoted(namespace))),
        None => (
            node.name.at,
            format!("`{}` without a namespace", node.name.value),
        ),
    };
    faults.push(
        Diagnostic::warning(at, found)
            .expected(format!(
                "`{documented}`; the OEM's tool may not take the file"
            ))
            .help(format!("write xmlns=\"{documented}\"")),
    );
}

/// The identifiers of the targets that the file has.
pub(super) fn target_ids(parent: &Node) -> HashSet<&str> {
    let targets = parent
        .children
        .iter()
        .filter(|one| one.name.value == "Targets");
    let targets = targets.flat_map(|one| &one.children);
    targets
        .filter_map(|target| Some(target.attribute("Id")?.as_str()))
        .collect()
}

/// Warns of references to targets that are not in the file.
pub(super) fn check_targets(refs: &Node, targets: &HashSet<&str>, faults: &mut Diagnostics) {
    for reference in &refs.children {
        let Some(id) = reference.required("Id", faults) else {
            continue;
        };
        if !targets.contains(id.as_str()) {
            let found = format!("no target of this file is called {}", quoted(id));
            let near = nearest(id, targets.iter().copied());
            let fault = Diagnostic::warning(id.at, found)
                .expected("the Id of a target, unless an imported file has it");
            faults.push(match near {
                Some(near) => fault.help(format!("write {}", quoted(near))),
                None => fault,
            });
        }
    }
}

fn note_imports(imports: &Node, faults: &mut Diagnostics) {
    for import in &imports.children {
        let Some(source) = import.required("Source", faults) else {
            continue;
        };
        faults.push(
            Diagnostic::note(
                source.at,
                format!("the file {} is imported", quoted(source)),
            )
            .expected("its settings checked by themselves: it is not read here"),
        );
    }
}

fn section(
    part: &Node,
    element: &'static str,
    targets: &HashSet<&str>,
    faults: &mut Diagnostics,
) -> Section {
    let name = match element {
        "Variant" => part.required("Name", faults).cloned(),
        _ => None,
    };
    for child in &part.children {
        match child.name.as_str() {
            "TargetRefs" => {
                check_targets(child, targets, faults);
                if let [_, second, ..] = child.children.as_slice() {
                    let found = format!("{} in one variant", count(child.children.len(), "target"));
                    faults.push(
                        Diagnostic::error(second.at, found)
                            .expected("one `TargetRef`")
                            .help("write a state for each into one target, or several variants"),
                    );
                }
            }
            one if MCSF_SECTION.contains(&one) => {}
            _ => child.unexpected(&MCSF_SECTION, faults),
        }
    }
    let mut collector = Collector::new(Form::Mcsf, part.at, faults);
    let all = part
        .children
        .iter()
        .filter(|one| one.name.value == "Settings");
    all.for_each(|one| settings(one, &mut collector));
    Section {
        element,
        name,
        at: part.at,
        document: collector.finish(),
    }
}

/// The path that is meant, if it is one that is known here. Other paths are for other
/// parts of the image, some of which have names like that of connections.
fn known_path(path: &str) -> Option<&'static str> {
    match path.eq_ignore_ascii_case(CONNECTIONS) {
        true => Some(CONNECTIONS),
        false => nearest(path, [hotspot::NAME]),
    }
}

/// What is under `Settings`, if its path is one that is known here.
fn settings(node: &Node, collector: &mut Collector<'_>) {
    let Some(path) = node.required("Path", collector.faults) else {
        return;
    };
    let Some(near) = known_path(path) else {
        return;
    };
    if path.value != near {
        let found = format!("the path {}", quoted(path));
        let fault = match path.eq_ignore_ascii_case(near) {
            true => Diagnostic::warning(path.at, found),
            false => Diagnostic::error(path.at, found),
        };
        collector.faults.push(
            fault
                .expected(format!("`{near}`"))
                .help(format!("write `{near}`")),
        );
    }
    let is_hotspot = near == hotspot::NAME;
    if is_hotspot {
        collector.hotspot(node.at);
    }
    for child in &node.children {
        match child.name.as_str() {
            "Setting" => {}
            "Asset" => continue,
            _ => {
                child.unexpected(&MCSF_SETTINGS, collector.faults);
                continue;
            }
        }
        let Some(written) = setting(child, collector.faults) else {
            continue;
        };
        match is_hotspot {
            true => collector.of_hotspot(written, node.at),
            false => of_connection(written, collector),
        }
    }
}

fn setting(node: &Node, faults: &mut Diagnostics) -> Option<Written> {
    if let Some(text) = &node.text {
        faults.push(
            Diagnostic::error(text.at, "text in a `Setting`")
                .expected("its value in the attribute `Value`")
                .help("write <Setting Name=\"…\" Value=\"…\"/>"),
        );
    }
    let name = node.required("Name", faults);
    let value = node.required("Value", faults);
    Some(Written {
        name: name?.clone(),
        value: value?.clone(),
        at: node.at,
    })
}

/// A setting under `Connections`: `Cellular/<connection>/<name>`. Other groups there are
/// not about cellular connections.
fn of_connection(written: Written, collector: &mut Collector<'_>) {
    let path = &written.name;
    let Some((group, rest)) = path.split_once('/') else {
        return;
    };
    if !group.eq_ignore_ascii_case(CELLULAR) {
        return;
    }
    let parts = rest
        .rsplit_once('/')
        .filter(|(connection, name)| !connection.is_empty() && !name.is_empty());
    let Some((connection, name)) = parts else {
        collector.faults.push(
            Diagnostic::error(path.at, format!("the setting {}", quoted(path)))
                .expected("`Cellular/`, the connection's name, `/` and the setting's name")
                .help("write Name=\"Cellular/Internet/AccessPointName\", for example"),
        );
        return;
    };
    let start = group.len() + 1;
    let connection = part(path, start, connection);
    let name = part(path, start + connection.len() + 1, name);
    collector.of_connection(&connection, Written { name, ..written });
}

/// A part of a text, with its place where the text is written as it is.
fn part(whole: &Located<String>, from: usize, text: &str) -> Located<String> {
    let begin = whole.at.start as usize + from;
    let at = match whole.at.len as usize == whole.len() {
        true => Span::new(begin, begin + text.len()),
        // It has references.
        false => whole.at,
    };
    Located::new(text.to_owned(), at)
}
