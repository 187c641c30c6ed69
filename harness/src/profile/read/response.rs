//! Responses, and the templates in them.

use ics_device::document::names::quoted;
use ics_device::document::{Diagnostic, Span};
use sha2::Digest;
use toml::Spanned;

use super::{Reader, read_bounded, span};
use crate::profile::format::ResponseFile;
use crate::profile::{MemberPath, Response, Text};

impl Reader<'_> {
    pub(super) fn response(
        &mut self,
        file: ResponseFile,
        name: &str,
        path: Option<&str>,
    ) -> Response {
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
                fault.help(
                    "correct it, or add `template = false` if the body has braces of its own",
                ),
            );
        }
        Text::Template(name.to_owned())
    }
}

impl Response {
    /// In place of one that is missing.
    pub(super) fn empty() -> Self {
        Self {
            status: 200,
            content_type: String::new(),
            headers: Vec::new(),
            body: Text::Fixed(Vec::new()),
            member: None,
        }
    }
}
