//! Reads a profile, and finds every fault of its contents.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ics_device::document::names::{nearest, one_of, quoted};
use ics_device::document::{Diagnostic, Diagnostics, Span};
use ics_device::units::parse_duration;
use sha2::{Digest, Sha256};
use toml::Spanned;

use super::format::{Conditions, DenyFile, NamedResponseFile, ProfileFile, ResponseFile, StepFile};
use super::matcher::Pattern;
use super::template::Templates;
use super::{
    Exception, Matcher, MemberPath, NamedResponse, Needs, Profile, ProfileError, Response, Step,
    Text,
};
use super::{har, recorded};

/// The longest profile, and the longest body file, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// The most steps of a check.
const MAX_STEPS: usize = 16;

/// Reads a profile.
///
/// # Errors
/// If it cannot be read, or has faults: all of them that were found.
pub fn read(path: &Path) -> Result<Arc<Profile>, ProfileError> {
    let unreadable = |source| ProfileError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let bytes = read_bounded(path).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        unreadable(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "it is not UTF-8 text",
        ))
    })?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    parse(&text, folder.unwrap_or(Path::new(".")), Some(path))
        .map(Arc::new)
        .map_err(|faults| ProfileError::Faulty {
            path: path.to_owned(),
            text,
            faults,
        })
}

/// Reads the text of a profile that is in no file.
///
/// # Errors
/// If it has faults.
pub fn parse_text(text: &str) -> Result<Arc<Profile>, ProfileError> {
    parse(text, Path::new("."), None)
        .map(Arc::new)
        .map_err(|faults| ProfileError::Faulty {
            path: "<text>".into(),
            text: text.to_owned(),
            faults,
        })
}

/// Reads a file that a profile names, unless it is very long.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    let problem = if metadata.is_dir() {
        Some("it is a folder; name a file".to_owned())
    } else if metadata.len() > MAX_BYTES {
        Some(format!("it is longer than {} MiB", MAX_BYTES >> 20))
    } else {
        None
    };
    match problem {
        Some(problem) => Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            problem,
        )),
        None => std::fs::read(path),
    }
}

/// Reads the text of a profile. Files that it names are relative to `folder`.
pub(super) fn parse(
    text: &str,
    folder: &Path,
    path: Option<&Path>,
) -> Result<Profile, Diagnostics> {
    let mut faults = Diagnostics::new();
    let file: ProfileFile = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            faults.push(of_toml(&error));
            return Err(faults);
        }
    };
    let mut reader = Reader {
        folder,
        faults,
        templates: Templates::new(folder),
        digest: Sha256::new(),
    };
    reader.digest.update(text.as_bytes());
    let profile = reader.profile(file);
    if reader.faults.refuse() {
        return Err(reader.faults);
    }
    let digest = reader.digest.finalize();
    let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Profile {
        path: path.map(Path::to_owned),
        digest,
        templates: reader.templates,
        ..profile
    })
}

/// An error of the TOML parser, with the nearest name to an unknown one.
fn of_toml(error: &toml::de::Error) -> Diagnostic {
    let span = error.span().unwrap_or_default();
    let at = Span::new(span.start, span.end);
    let message = error.message();
    for kind in ["unknown field", "unknown variant"] {
        let Some(rest) = message.strip_prefix(kind) else {
            continue;
        };
        let mut names = rest.split('`').skip(1).step_by(2);
        let Some(wrong) = names.next() else {
            continue;
        };
        let known: Vec<&str> = names.collect();
        let what = if kind == "unknown field" {
            "key"
        } else {
            "value"
        };
        let fault = Diagnostic::error(at, format!("unknown {what} {}", quoted(wrong)))
            .expected(one_of(known.iter().copied()));
        return match nearest(wrong, known) {
            Some(near) => fault.help(format!("write {}", quoted(near))),
            None => fault,
        };
    }
    Diagnostic::error(at, message.trim_end().replace('\n', "; "))
}

struct Reader<'a> {
    folder: &'a Path,
    faults: Diagnostics,
    templates: Templates,
    digest: Sha256,
}

fn span<T>(value: &Spanned<T>) -> Span {
    let span = value.span();
    Span::new(span.start, span.end)
}

impl Reader<'_> {
    fn fault(&mut self, at: Span, found: impl Into<String>, help: &str) {
        self.faults.push(Diagnostic::error(at, found).help(help));
    }

    fn profile(&mut self, mut file: ProfileFile) -> Profile {
        let at = span(&file.name);
        if file.name.get_ref().trim().is_empty() {
            self.fault(
                at,
                "an empty name",
                "name the protocol, such as `operator-v2`",
            );
        }
        let deadline = file.deadline.as_ref().and_then(|text| self.deadline(text));
        let recorded = file
            .allow
            .take()
            .map(|allow| self.recorded(&allow, file.deny.take(), &file.step));
        let places: Vec<Span> = file.step.iter().map(span).collect();
        let deciding: Vec<usize> = file
            .step
            .iter()
            .enumerate()
            .filter(|(_, step)| step.get_ref().decides)
            .map(|(number, _)| number)
            .collect();
        if places.is_empty() && recorded.is_none() {
            self.fault(
                at,
                "a profile without a step",
                "add `[[step]]` with a name, an allow and a deny response",
            );
        }
        if let Some(step) = places.get(MAX_STEPS) {
            self.fault(
                *step,
                format!("more than {MAX_STEPS} steps"),
                "a check has fewer requests",
            );
        }
        if let [_, second, ..] = deciding.as_slice() {
            self.fault(
                places[*second],
                "a second step that decides",
                "leave `decides` to one step",
            );
        }
        let deciding = deciding
            .first()
            .copied()
            .unwrap_or(places.len().saturating_sub(1));
        let mut member = None;
        let mut steps: Vec<Step> = Vec::new();
        for (number, step) in file.step.into_iter().enumerate() {
            let decides = number == deciding;
            let step = step.into_inner();
            self.unique(
                &step.name,
                steps.iter().map(|step| step.name.as_str()),
                "step",
            );
            if let Some(path) = &step.deciding {
                if decides {
                    member = self.parsed::<MemberPath>(path);
                } else {
                    self.fault(
                        span(path),
                        "a deciding member of a step that does not decide",
                        "remove it, or add `decides = true` to this step",
                    );
                }
            }
            steps.push(self.step(step, places[number], decides));
        }
        let mut notes = Vec::new();
        let mut deciding = deciding;
        if let Some((recorded, taken)) = recorded {
            deciding = recorded.len().saturating_sub(1);
            (steps, notes) = (recorded, taken);
            member = file
                .deciding
                .and_then(|path| self.parsed::<MemberPath>(&path));
        } else if let Some(path) = &file.deciding {
            self.fault(
                span(path),
                "a deciding member outside of a step",
                "move it into the step that decides",
            );
        }
        if let (Some((path, at)), Some(step)) = (&member, steps.get(deciding)) {
            self.member(path, *at, step);
        }
        let authority = file
            .ca
            .map(|ca| (self.existing(&ca.certificate), self.existing(&ca.key)));
        let files = file.plugin.files.iter().map(|(name, path)| {
            if name.starts_with('/') || name.split('/').any(|part| part == ".." || part.is_empty())
            {
                self.fault(
                    span(path),
                    format!("{} is no name beside the library", quoted(name)),
                    "write a file name",
                );
            }
            (name.clone(), self.existing(path))
        });
        let files = files.collect();
        for exception in &file.exception {
            if exception.reason.get_ref().trim().is_empty() {
                self.fault(
                    span(&exception.reason),
                    "an exception without a reason",
                    "say why the plugin may break the rule",
                );
            }
        }
        let exceptions = file.exception.into_iter().map(|exception| Exception {
            rule: exception.rule.into_inner(),
            reason: exception.reason.into_inner(),
        });
        let ports = |given: Vec<u16>, usual| if given.is_empty() { vec![usual] } else { given };
        Profile {
            name: file.name.into_inner(),
            path: None,
            steps,
            deciding,
            member: member.map(|(path, _)| path),
            https_ports: ports(file.https_ports, 443),
            http_ports: ports(file.http_ports, 80),
            deadline,
            authority,
            needs: Needs {
                files,
                environment: file.plugin.environment.into_iter().collect(),
            },
            exceptions: exceptions.collect(),
            notes,
            digest: String::new(),
            templates: Templates::new(self.folder),
        }
    }

    /// The steps of HAR files, and what was taken loosely.
    fn recorded(
        &mut self,
        allow: &Spanned<String>,
        deny: Option<Spanned<DenyFile>>,
        steps: &[Spanned<StepFile>],
    ) -> (Vec<Step>, Vec<String>) {
        if let Some(step) = steps.first() {
            self.fault(
                span(step),
                "a step beside a recording",
                "remove `allow = …`, or the steps: a recording has its own",
            );
        }
        let (mut steps, notes) = match self.recording(allow.get_ref(), span(allow)) {
            Some(recording) => recorded::steps(&recording),
            None => return (Vec::new(), Vec::new()),
        };
        let Some(question) = steps.last_mut() else {
            self.fault(
                span(allow),
                "a recording without an exchange",
                "record a check that was permitted",
            );
            return (steps, notes);
        };
        let Some(deny) = deny else {
            self.fault(
                span(allow),
                "a recording of what is permitted, and none of what is denied",
                "add `deny = \"deny.har\"`, or `[deny]` with a status and a body",
            );
            return (steps, notes);
        };
        let at = span(&deny);
        question.deny = match deny.into_inner() {
            DenyFile::Response(response) => vec![self.response(response, "question.deny", None)],
            DenyFile::Har(file) => match self.recording(&file, at) {
                Some(recording) => recorded::denials(question, &recording),
                None => return (steps, notes),
            },
        };
        if question.deny.is_empty() {
            self.fault(
                at,
                "a recording without a response to the deciding request",
                "record a check that was denied, of the same host and path",
            );
        }
        (steps, notes)
    }

    fn recording(&mut self, file: &str, at: Span) -> Option<har::Recording> {
        let path = self.folder.join(file);
        match har::read(&path) {
            Ok(recording) => {
                // It was read a moment ago.
                self.digest.update(std::fs::read(&path).unwrap_or_default());
                Some(recording)
            }
            Err(error) => {
                self.faults.push(
                    Diagnostic::error(at, error.to_string())
                        .help("export it as HAR 1.2, with content"),
                );
                None
            }
        }
    }

    fn deadline(&mut self, text: &Spanned<String>) -> Option<Duration> {
        match parse_duration(text.get_ref()) {
            Ok(deadline) if !deadline.is_zero() && deadline <= Duration::from_secs(3600) => {
                Some(deadline)
            }
            Ok(_) => {
                self.fault(
                    span(text),
                    quoted(text.get_ref()),
                    "write more than zero and no more than `1h`",
                );
                None
            }
            Err(expected) => {
                self.fault(
                    span(text),
                    quoted(text.get_ref()),
                    &format!("write {expected}"),
                );
                None
            }
        }
    }

    fn step(&mut self, file: StepFile, at: Span, decides: bool) -> Step {
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

    /// Names are parts of rule ids and of command lines.
    fn unique<'a>(
        &mut self,
        name: &Spanned<String>,
        mut others: impl Iterator<Item = &'a str>,
        what: &str,
    ) {
        let text = name.get_ref();
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || !text.chars().all(allowed) {
            self.fault(
                span(name),
                format!("the name {}", quoted(text)),
                "use lower-case letters, digits and `-`, such as `stale-token`",
            );
        } else if others.any(|other| other == text) {
            self.fault(
                span(name),
                format!("a second {what} with the name {}", quoted(text)),
                "give it a name of its own",
            );
        }
    }

    fn response(&mut self, file: ResponseFile, name: &str, path: Option<&str>) -> Response {
        let status = file.status.as_ref().map_or(200, |status| *status.get_ref());
        if let Some(at) = &file.status
            && !(200..=599).contains(&status)
        {
            self.fault(
                span(at),
                format!("the status {status}"),
                "write a final status, from 200 to 599",
            );
        }
        let is_template = file.template.unwrap_or(true);
        let body = match (file.body, file.body_file) {
            (Some(_), Some(second)) => {
                self.fault(
                    span(&second),
                    "a body and a file with the body",
                    "leave one of them out",
                );
                Text::Fixed(Vec::new())
            }
            (Some(body), None) => {
                let at = span(&body);
                self.text(name, path, body.into_inner(), at, is_template)
            }
            (None, Some(file)) => self.body_file(&file, name, path, is_template),
            (None, None) => Text::Fixed(Vec::new()),
        };
        let headers = file.headers.into_iter().map(|(field, value)| {
            let at = span(&value);
            if hyper::header::HeaderName::try_from(field.as_str()).is_err() {
                self.fault(at, format!("{} is no name of a header field", quoted(&field)), "use letters, digits and `-`");
            }
            let own = matches!(field.to_ascii_lowercase().as_str(), "content-length" | "transfer-encoding" | "connection" | "content-type" | "content-encoding");
            if own {
                self.fault(at, format!("the header field {}", quoted(&field)), "leave it out: the test bed sets it; the type is `content-type = …` of the response");
            }
            let text = self.text(&format!("{name}.{field}"), path, value.into_inner(), at, is_template);
            (field, text)
        });
        Response {
            status,
            headers: headers.collect(),
            content_type: file
                .content_type
                .unwrap_or_else(|| "application/json".to_owned()),
            body,
            member: file
                .deciding
                .and_then(|path| self.parsed::<MemberPath>(&path))
                .map(|(path, _)| path),
        }
    }

    fn body_file(
        &mut self,
        file: &Spanned<String>,
        name: &str,
        path: Option<&str>,
        is_template: bool,
    ) -> Text {
        let full = self.folder.join(file.get_ref());
        let bytes = match read_bounded(&full) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.fault(
                    span(file),
                    format!("cannot read {}: {error}", full.display()),
                    "name a file beside the profile",
                );
                return Text::Fixed(Vec::new());
            }
        };
        self.digest.update(&bytes);
        match String::from_utf8(bytes) {
            Ok(text) => self.text(name, path, text, span(file), is_template),
            // Bytes are no template.
            Err(error) => Text::Fixed(error.into_bytes()),
        }
    }

    fn text(
        &mut self,
        name: &str,
        path: Option<&str>,
        text: String,
        at: Span,
        is_template: bool,
    ) -> Text {
        let marked = ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark));
        if !is_template || !marked {
            return Text::Fixed(text.into_bytes());
        }
        if let Err((reason, line)) = self.templates.add(name, path, text) {
            let fault = Diagnostic::error(at, format!("line {line} of this template: {reason}"));
            self.faults.push(
                fault.help("mend it, or add `template = false` if the body has braces of its own"),
            );
        }
        Text::Template(name.to_owned())
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

    fn xml_conditions(&mut self, conditions: &Conditions) -> Vec<(super::xml::XmlPath, Pattern)> {
        let mut all = Vec::new();
        for (path, value) in &conditions.0 {
            let pattern = self.pattern(&value.get_ref().to_string(), span(value));
            match path.parse() {
                Ok::<super::xml::XmlPath, String>(path) => all.push((path, pattern)),
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

    fn parsed<T: FromStr<Err = String>>(&mut self, text: &Spanned<String>) -> Option<(T, Span)> {
        match text.get_ref().parse() {
            Ok(value) => Some((value, span(text))),
            Err(reason) => {
                self.faults
                    .push(Diagnostic::error(span(text), quoted(text.get_ref())).help(reason));
                None
            }
        }
    }

    /// The allow body, where it is known before a request, has the deciding member, and the deny body another value.
    fn member(&mut self, path: &MemberPath, at: Span, step: &Step) {
        let Text::Fixed(body) = &step.allow.body else {
            return;
        };
        let Some(allowed) = path.value(body) else {
            let found = format!("the allow body has no member {}", quoted(&path.to_string()));
            return self.fault(at, found, "name a member of the allow body, such as `result.tethering`, or `/doc/item/@value` in XML");
        };
        for deny in &step.deny {
            if let Text::Fixed(body) = &deny.body
                && deny.status == step.allow.status
                && path.value(body).is_some_and(|denied| denied == allowed)
            {
                let found = format!(
                    "a deny response with the same {} as the allow response: {}",
                    quoted(&path.to_string()),
                    quoted(&allowed)
                );
                self.fault(at, found, "name the member in which they differ");
            }
        }
    }

    /// A file that must be there.
    fn existing(&mut self, file: &Spanned<String>) -> PathBuf {
        let path = self.folder.join(file.get_ref());
        match read_bounded(&path) {
            Ok(bytes) => self.digest.update(&bytes),
            Err(error) => {
                self.fault(
                    span(file),
                    format!("cannot read {}: {error}", path.display()),
                    "name a file, relative to the profile",
                );
            }
        }
        path
    }
}

impl Response {
    fn empty() -> Self {
        Self {
            status: 200,
            content_type: String::new(),
            headers: Vec::new(),
            body: Text::Fixed(Vec::new()),
            member: None,
        }
    }
}
