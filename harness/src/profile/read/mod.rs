//! Reads a profile, and finds every fault of its contents.

mod recording;
mod response;
mod step;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ics_device::document::names::{nearest, one_of, quoted};
use ics_device::document::{Diagnostic, Diagnostics, Span};
use ics_device::units::parse_duration;
use sha2::{Digest, Sha256};
use toml::Spanned;

use super::format::ProfileFile;
use super::template::Templates;
use super::{Exception, MemberPath, Needs, Profile, ProfileError, Step, Text};

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
            masked: file.masked,
            exceptions: exceptions.collect(),
            notes,
            digest: String::new(),
            templates: Templates::new(self.folder),
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
