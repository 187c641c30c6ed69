//! The beginning of a profile, from what was seen.

use std::sync::Arc;

use super::answers::Plausible;
use crate::profile::suggest::{TELLING, form_pattern, header_pattern, members, path_shape};
use crate::profile::{CannedResponse, Needs, Profile, ProfileError, Request, parse_text};
use crate::run::Conditions;
use crate::testbed::exchanges::Exchange;
use crate::testbed::isolation::{Isolation, IsolationKind};

/// What is written where only the operator knows.
const TODO: &str = "# TODO";

/// What is written where hosts were not seen.
const UNKNOWN_HOSTS: &str = "# the hosts and ports of the servers were not seen: outside of a private network, the settings of the plugin's copy name localhost";

/// A profile in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    pub name: String,
    pub https_ports: Vec<u16>,
    pub http_ports: Vec<u16>,
    /// What the plugin needs beside it and in its environment, as the profile says that was given.
    pub needs: Needs,
    /// Whether the hosts and ports of its requests are those that the plugin has when it is used.
    pub hosts_are_known: bool,
    pub steps: Vec<Step>,
    /// What was seen besides the requests, for the people who complete it.
    pub remarks: Vec<String>,
}

/// A step in the making.
#[derive(Clone, Debug)]
pub struct Step {
    /// The requests of this step that were seen; at least one.
    pub requests: Vec<Request>,
    /// The response that was recorded.
    pub recorded: Option<CannedResponse>,
    /// The answer that led to the next step, or is tried.
    pub answer: Option<&'static Plausible>,
    /// Whether it was asked in HTTP/2.
    pub http_2: bool,
}

/// Whether two requests belong to the same step.
pub fn same_request(one: &Request, other: &Request) -> bool {
    let key = |request: &Request| {
        let form = request.form();
        let telling = form
            .into_iter()
            .filter(|(name, _)| TELLING.contains(&name.as_str()));
        (
            request.method.clone(),
            request.host.to_ascii_lowercase(),
            request.secure,
            path_shape(request.path()),
            telling.collect::<Vec<_>>(),
        )
    };
    key(one) == key(other)
}

impl Step {
    pub(super) fn recorded(exchange: &Exchange) -> Self {
        Self {
            recorded: Some(exchange.response.clone()),
            ..Self::seen(exchange)
        }
    }

    fn seen(exchange: &Exchange) -> Self {
        Self {
            requests: vec![exchange.request.clone()],
            recorded: None,
            answer: None,
            http_2: exchange.http_2,
        }
    }

    /// The request in a few words.
    pub fn title(&self) -> String {
        let request = &self.requests[0];
        let scheme = if request.secure { "https" } else { "http" };
        format!(
            "{} {scheme}://{}{}",
            request.method,
            request.host,
            path_shape(request.path())
        )
    }
}

impl Draft {
    pub fn new(name: &str, conditions: &Conditions) -> Self {
        let stem = std::path::Path::new(name)
            .file_stem()
            .and_then(|stem| stem.to_str());
        Self {
            name: stem
                .unwrap_or("plugin")
                .trim_start_matches("lib")
                .to_owned(),
            https_ports: vec![conditions.ports.https],
            http_ports: vec![conditions.ports.http],
            needs: conditions.profile.needs.clone(),
            hosts_are_known: true,
            steps: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// The same, of what is seen in that isolation: only in a private network does the plugin ask the servers that it asks
    /// when it is used.
    #[must_use]
    pub fn seen_in(self, isolation: &Isolation) -> Self {
        Self {
            hosts_are_known: isolation.kind() == IsolationKind::Namespace,
            ..self
        }
    }

    /// Adds the requests that are of no known step, up to the first one: what follows it depends on its answer. Whether
    /// there was one.
    pub(super) fn add(&mut self, exchanges: &[Exchange]) -> bool {
        for exchange in exchanges {
            let known = self
                .steps
                .iter_mut()
                .find(|step| same_request(&step.requests[0], &exchange.request));
            match known {
                Some(step) => step.requests.push(exchange.request.clone()),
                None => {
                    self.steps.push(Step::seen(exchange));
                    return true;
                }
            }
        }
        false
    }

    /// The draft as a profile that the test bed can serve.
    pub fn profile(&self) -> Result<Arc<Profile>, ProfileError> {
        let mut profile = parse_text(&self.text(true))?;
        if let Some(profile) = Arc::get_mut(&mut profile) {
            profile.needs = self.needs.clone();
        }
        Ok(profile)
    }

    /// The draft as TOML, with what the operator has to say marked.
    pub fn toml(&self) -> String {
        self.text(false)
    }

    fn text(&self, complete: bool) -> String {
        let remarks = self.remarks.iter().filter(|_| !complete);
        let mut text: String = remarks
            .map(|remark| format!("# {}\n", remark.replace('\n', " ")))
            .collect();
        if !self.hosts_are_known && !complete {
            text += &format!("{UNKNOWN_HOSTS}\n");
        }
        text += &format!("name = {}\n", quoted(&self.name));
        let ports = |ports: &[u16]| {
            ports
                .iter()
                .map(u16::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        };
        if self.https_ports != [443] {
            text += &format!("https-ports = [{}]\n", ports(&self.https_ports));
        }
        if self.http_ports != [80] {
            text += &format!("http-ports = [{}]\n", ports(&self.http_ports));
        }
        let last = self.steps.len().saturating_sub(1);
        for (number, step) in self.steps.iter().enumerate() {
            text += &self.step(step, number, number == last && !complete);
        }
        if complete {
            // What the steps do not know yet comes here, and is seen.
            text += "\n[[step]]\nname = \"further\"\n[step.allow]\nbody = \"{}\"\n[step.deny]\nstatus = 403\n";
        } else if self.needs != Needs::default() {
            let files = self.needs.files.iter();
            let files = files.map(|(name, path)| (name.clone(), path.display().to_string()));
            text += "\n[plugin]\n";
            text += &table("files", files.collect());
            text += &table("environment", self.needs.environment.clone());
        }
        text
    }

    fn step(&self, step: &Step, number: usize, decides: bool) -> String {
        let request = &step.requests[0];
        let name = if decides {
            "question".to_owned()
        } else {
            format!("step-{}", number + 1)
        };
        let mut text = format!(
            "\n[[step]]\nname = {}\nmethod = {}\n",
            quoted(&name),
            quoted(&request.method)
        );
        let usual = if request.secure { 443 } else { 80 };
        if self.hosts_are_known {
            text += &format!("host = {}\n", quoted(request.host_name()));
        }
        if self.hosts_are_known && request.port() != usual {
            text += &format!("port = {}\n", request.port());
        }
        text += &format!("path = {}\n", quoted(&path_shape(request.path())));
        text += &table(
            "query",
            any_value(request.query().into_iter().map(|(name, _)| name)),
        );
        text += &table("headers", self.headers(request, number));
        let content_type = request.header("content-type").unwrap_or_default();
        if let Some(json) = request.json() {
            let mut paths = Vec::new();
            members(&json, "", &mut paths);
            text += &table("json", any_value(paths.into_iter()));
        } else if content_type.starts_with("application/x-www-form-urlencoded") {
            let form = request.form().into_iter().map(|(name, value)| {
                let pattern = form_pattern(&name, &value);
                (name, pattern)
            });
            text += &table("form", form.collect());
        } else if !request.body.is_empty() {
            let begin: String = request.text().chars().take(200).collect();
            text += &format!("# its body begins: {}\n", quoted(&begin));
        }
        if decides {
            text += &format!(
                "deciding = \"status\" {TODO}: the member of the allow response that decides; `a.b` in JSON, `/a/b/@c` in XML\n"
            );
        }
        text += "\n[step.allow]\n";
        match (&step.recorded, step.answer) {
            (Some(recorded), _) => text += &response(recorded),
            (None, Some(answer)) => {
                text += &format!(
                    "status = {}\ncontent-type = {}\nbody = {}\n",
                    answer.status,
                    quoted(answer.content_type),
                    quoted(answer.body)
                );
            }
            (None, None) => {
                text += &format!(
                    "content-type = \"application/json\"\nbody = '{{\"status\":\"allowed\"}}' {TODO}: what the server sends when sharing is permitted\n"
                );
            }
        }
        if decides {
            text += &format!(
                "\n[step.deny] {TODO}: what the server sends when it is not\nstatus = 403\n"
            );
        }
        text
    }

    /// The header fields that other clients do not send.
    fn headers(&self, request: &Request, number: usize) -> Vec<(String, String)> {
        let issued_before = self.steps[..number.min(self.steps.len())]
            .iter()
            .any(|step| {
                step.answer
                    .is_some_and(|answer| answer.body.contains("issue("))
            });
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in &request.headers {
            let Some(mut pattern) = header_pattern(name, value) else {
                continue;
            };
            // The server checks that it is a token that it issued.
            if name == "authorization" && issued_before {
                pattern = pattern.replace('*', "{{ issued.token }}");
            }
            if !fields.iter().any(|(other, _)| other == name) {
                fields.push((name.clone(), pattern));
            }
        }
        fields
    }
}

/// A response that was recorded.
fn response(recorded: &CannedResponse) -> String {
    let mut text = format!(
        "status = {}\ncontent-type = {}\n",
        recorded.status,
        quoted(&recorded.content_type)
    );
    let body = String::from_utf8_lossy(&recorded.body);
    if !body.is_empty() {
        text += &format!("body = {}\n", quoted(&body));
    }
    if body.contains("{{") || body.contains("{%") {
        text += "template = false\n";
    }
    text
}

fn any_value(names: impl Iterator<Item = String>) -> Vec<(String, String)> {
    names.map(|name| (name, "*".to_owned())).collect()
}

/// An inline table, if there is something in it.
fn table(name: &str, mut pairs: Vec<(String, String)>) -> String {
    pairs.dedup_by(|one, other| one.0 == other.0);
    if pairs.is_empty() {
        return String::new();
    }
    let pairs = pairs
        .iter()
        .map(|(name, value)| format!("{} = {}", key(name), quoted(value)));
    format!("{name} = {{ {} }}\n", pairs.collect::<Vec<_>>().join(", "))
}

/// A TOML key, in quotes where it needs them.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match !name.is_empty() && name.chars().all(bare) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
