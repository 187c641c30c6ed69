//! Steps, and the conditions of their requests.

use ics_device::document::names::quoted;
use ics_device::document::{Diagnostic, Span};

use super::{Reader, span};
use crate::profile::format::{Conditions, NamedResponseFile, StepFile};
use crate::profile::matcher::Pattern;
use crate::profile::xml::XmlPath;
use crate::profile::{Matcher, NamedResponse, Response, Step};

impl Reader<'_> {
    pub(super) fn step(&mut self, file: StepFile, at: Span, decides: bool) -> Step {
        let name = file.name.get_ref().clone();
        let path = file.path.as_ref().map(|path| path.get_ref().clone());
        if let Some(text) = &file.path
            && !text.get_ref().starts_with('/')
        {
            self.fault(
                span(text),
                format!("the path {}", quoted(text.get_ref())),
                "begin it with `/`",
            );
        }
        if let Some(text) = &file.path
            && text.get_ref().contains('?')
        {
            self.fault(
                span(text),
                "a path with a query",
                "write the query's parameters as `query = { name = \"*\" }`",
            );
        }
        let methods = file.method.map(|methods| {
            let at = span(&methods);
            let methods = methods.into_inner().0;
            if let Some(wrong) = methods.iter().find(|method| {
                method.is_empty() || !method.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
            }) {
                self.fault(
                    at,
                    format!("the method {}", quoted(wrong)),
                    "write it in capitals, such as `POST`",
                );
            }
            methods
        });
        let matcher = Matcher {
            methods: methods.unwrap_or_default(),
            host: file.host.as_ref().map(|text| {
                let lower = text.get_ref().to_ascii_lowercase();
                self.pattern(&lower, span(text))
            }),
            port: file.port,
            path: path.clone(),
            query: self.conditions(&file.query),
            headers: self.conditions(&file.headers),
            json: self.conditions(&file.json),
            xml: self.xml_conditions(&file.xml),
            form: self.conditions(&file.form),
        };
        let allow = match file.allow {
            Some(allow) => self.response(
                allow.into_inner(),
                &format!("{name}.allow"),
                path.as_deref(),
            ),
            None => {
                self.fault(
                    at,
                    format!("the step {} without an allow response", quoted(&name)),
                    "add `[step.allow]` with a status and a body",
                );
                Response::empty()
            }
        };
        let deny: Vec<Response> = file
            .deny
            .map(|deny| deny.into_inner().0)
            .unwrap_or_default()
            .into_iter()
            .enumerate()
            .map(|(number, deny)| {
                self.response(deny, &format!("{name}.deny.{number}"), path.as_deref())
            })
            .collect();
        if decides && deny.is_empty() {
            self.fault(
                at,
                format!(
                    "the deciding step {} without a deny response",
                    quoted(&name)
                ),
                "add `[step.deny]` with a status and a body",
            );
        }
        let mut named: Vec<NamedResponse> = Vec::new();
        for file in file.response {
            let file = file.into_inner();
            self.unique(
                &file.name,
                named.iter().map(|one| one.name.as_str()),
                "response",
            );
            named.push(self.named(file, &name, path.as_deref()));
        }
        Step {
            name,
            matcher,
            allow,
            deny,
            named,
        }
    }

    fn named(&mut self, file: NamedResponseFile, step: &str, path: Option<&str>) -> NamedResponse {
        let name = file.name.get_ref().clone();
        let (description, answer) = (file.description.clone(), file.answer);
        let response = self.response(file.response(), &format!("{step}.{name}"), path);
        NamedResponse {
            name,
            description,
            response,
            answer,
        }
    }

    fn conditions(&mut self, conditions: &Conditions) -> Vec<(String, Pattern)> {
        let all = conditions.0.iter();
        all.map(|(name, value)| {
            (
                name.clone(),
                self.pattern(&value.get_ref().to_string(), span(value)),
            )
        })
        .collect()
    }

    fn xml_conditions(&mut self, conditions: &Conditions) -> Vec<(XmlPath, Pattern)> {
        let mut all = Vec::new();
        for (path, value) in &conditions.0 {
            let pattern = self.pattern(&value.get_ref().to_string(), span(value));
            match path.parse() {
                Ok::<XmlPath, String>(path) => all.push((path, pattern)),
                Err(reason) => {
                    self.fault(span(value), format!("the path {}", quoted(path)), &reason)
                }
            }
        }
        all
    }

    fn pattern(&mut self, text: &str, at: Span) -> Pattern {
        Pattern::new(text).unwrap_or_else(|reason| {
            self.faults.push(Diagnostic::error(at, reason));
            Pattern::new("*").unwrap_or_else(|_| unreachable!("a wildcard is a pattern"))
        })
    }
}
