//! The customizations of Windows Configuration Designer: settings are elements.

use std::collections::HashSet;

use super::collect::{Collector, Written};
use super::mcsf::{check_name, check_namespace, check_targets, target_ids};
use super::tree::Node;
use super::vocabulary::{CELLULAR, CONNECTIONS, WCD_NAMESPACE, WCD_ROOT, WCD_SECTIONS};
use super::{Form, Section};
use crate::csp::hotspot;
use crate::document::names::nearest;
use crate::document::{Diagnostic, Diagnostics, Located};

/// Whether this is the `Settings` of a whole file alone.
pub(super) fn is_fragment(root: &Node) -> bool {
    let mut children = root.children.iter();
    root.name.value == "Settings" && children.any(|one| one.name.value == "Customizations")
}

pub(super) fn read(root: &Node, faults: &mut Diagnostics) -> Vec<Section> {
    if is_fragment(root) {
        return customizations(root, faults);
    }
    check_name(root, WCD_ROOT, faults);
    let mut sections = Vec::new();
    for part in &root.children {
        match part.name.as_str() {
            "Settings" => {
                check_namespace(part, WCD_NAMESPACE, faults);
                sections.extend(customizations(part, faults));
            }
            "PackageConfig" => {}
            _ => part.unexpected(&["PackageConfig", "Settings"], faults),
        }
    }
    sections
}

/// The sections inside `Settings`, the one under the root.
fn customizations(settings: &Node, faults: &mut Diagnostics) -> Vec<Section> {
    let mut sections = Vec::new();
    for child in &settings.children {
        if child.name.value != "Customizations" {
            child.unexpected(&["Customizations"], faults);
            continue;
        }
        let targets = target_ids(child);
        for part in &child.children {
            let mut kinds = WCD_SECTIONS.into_iter();
            match kinds.find(|kind| *kind == part.name.value) {
                Some(element) => sections.push(section(part, element, &targets, faults)),
                None if part.name.value == "Targets" => {}
                None => {
                    let known = ["Targets", "Common", "Variant", "Profile", "Replace"];
                    part.unexpected(&known, faults);
                }
            }
        }
    }
    sections
}

fn section(
    part: &Node,
    element: &'static str,
    targets: &HashSet<&str>,
    faults: &mut Diagnostics,
) -> Section {
    let mut collector = Collector::new(Form::Wcd, part.at, faults);
    for child in &part.children {
        match child.name.as_str() {
            // What is replaced is a profile of COSA, which is not in the file.
            "TargetRefs" if element == "Replace" => {}
            "TargetRefs" => check_targets(child, targets, collector.faults),
            "Settings" => child
                .children
                .iter()
                .for_each(|one| group(one, &mut collector)),
            // Files of the tool have the groups here.
            _ => group(child, &mut collector),
        }
    }
    Section {
        element,
        name: name_of(part, element),
        at: part.at,
        document: collector.finish(),
    }
}

/// A section's name; of one without a name the target that it is for.
fn name_of(part: &Node, element: &str) -> Option<Located<String>> {
    if element == "Common" {
        return None;
    }
    let refs = part.children.iter();
    let refs = refs.filter(|one| one.name.value == "TargetRefs");
    let mut ids = refs.flat_map(|one| &one.children);
    let name = part.attribute("Name").cloned();
    name.or_else(|| ids.find_map(|one| one.attribute("Id").cloned()))
}

/// A group of settings. Those of other parts of Windows are not read.
fn group(node: &Node, collector: &mut Collector<'_>) {
    let is = |node: &Node, name: &str| node.name.eq_ignore_ascii_case(name);
    if nearest(&node.name, [hotspot::NAME]).is_some() {
        check_spelling(node, hotspot::NAME, collector.faults);
        collector.hotspot(node.at);
        for setting in &node.children {
            if let Some(written) = written(setting, collector.faults) {
                collector.of_hotspot(written, node.at);
            }
        }
    } else if is(node, CONNECTIONS) {
        check_spelling(node, CONNECTIONS, collector.faults);
        for inner in node.children.iter().filter(|one| is(one, CELLULAR)) {
            check_spelling(inner, CELLULAR, collector.faults);
            let connections = inner.children.iter();
            connections.for_each(|one| connection(one, collector));
        }
    }
}

/// Reports another spelling of a group's name: elements are found by their exact name.
fn check_spelling(node: &Node, name: &'static str, faults: &mut Diagnostics) {
    if node.name.value != name {
        node.unexpected(&[name], faults);
    }
}

fn connection(node: &Node, collector: &mut Collector<'_>) {
    if node.name.value != "Connection" {
        return node.unexpected(&["Connection"], collector.faults);
    }
    let Some(name) = node.required("ConnectionName", collector.faults) else {
        return;
    };
    if name.is_empty() {
        collector.faults.push(
            Diagnostic::error(name.at, "an empty `ConnectionName`")
                .expected("the name of a connection")
                .help("write its name, or remove the element"),
        );
        return;
    }
    collector.connection(name, node.at);
    for setting in &node.children {
        if let Some(written) = written(setting, collector.faults) {
            collector.of_connection(name, written);
        }
    }
}

/// An element as a setting: its name, and the text in it.
fn written(node: &Node, faults: &mut Diagnostics) -> Option<Written> {
    if let Some(child) = node.children.first() {
        let found = format!("`{}` inside `{}`", child.name.value, node.name.value);
        faults.push(
            Diagnostic::error(child.at, found)
                .expected("the setting's value as text")
                .help("end the setting before it"),
        );
        return None;
    }
    if node.spoilt {
        return None;
    }
    // An empty element is an empty value.
    let empty = || Located::new(String::new(), node.at);
    Some(Written {
        name: node.name.clone(),
        value: node.text.clone().unwrap_or_else(empty),
        at: node.at,
    })
}
