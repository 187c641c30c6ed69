//! Profiles: what an operator's server is asked, and what it responds.
//!
//! A profile is a TOML file, the built-in ones included. It has *steps*, the requests that a plugin sends in a check, in
//! order. One of them is the *deciding* one: the plugin's answer is that of its response. Every fault of a scenario is
//! derived from the responses here.

mod built_in;
mod crypto;
mod error;
mod format;
pub mod har;
pub mod lint;
mod matcher;
pub mod member;
mod read;
mod recorded;
mod request;
pub mod show;
pub(crate) mod suggest;
mod template;
#[cfg(test)]
mod tests;
mod xml;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use built_in::{BUILT_IN, DEFAULT, built_in, built_in_source};
pub use error::ProfileError;
pub use format::schema;
pub(crate) use matcher::path_fits;
pub use matcher::{Matcher, Mismatch, NO_STEP};
pub use member::MemberPath;
pub use read::{parse_text, read};
pub use request::Request;
pub use template::{Issued, RenderError};

use crate::abi::ICS_ENTITLEMENT_RESULT;
use template::Templates;

/// The name of the profile that is looked for beside a plugin.
pub const FILE_NAME: &str = "conformance.toml";

/// What is known of an operator's server and of a check.
#[derive(Debug)]
pub struct Profile {
    pub name: String,
    /// The file that it was read from; none for a built-in one.
    pub path: Option<PathBuf>,
    /// In the order in which a plugin makes the requests.
    pub steps: Vec<Step>,
    /// Which step's response is the answer.
    pub deciding: usize,
    /// The member of the deciding step's allow body that decides, where the body has one.
    pub member: Option<MemberPath>,
    /// The https ports of the server; the first is the main one.
    pub https_ports: Vec<u16>,
    /// The http ports of the server; the first is the main one.
    pub http_ports: Vec<u16>,
    /// The longest time that a call may take, where the profile says so.
    pub deadline: Option<Duration>,
    /// The certificate and the key of the authority that a test build trusts.
    pub authority: Option<(PathBuf, PathBuf)>,
    /// What the plugin needs beside its library and in its environment.
    pub needs: Needs,
    /// Names of values that reports mask, besides the usual ones.
    pub masked: Vec<String>,
    /// Rules that the plugin is known to break, with the reason.
    pub exceptions: Vec<Exception>,
    /// What was taken loosely from HAR files, as text for people.
    pub notes: Vec<String>,
    /// Its text and that of the files that it names: two profiles with the same are the same.
    digest: String,
    templates: Templates,
}

/// One request of a check, and the responses to it.
#[derive(Debug)]
pub struct Step {
    pub name: String,
    pub matcher: Matcher,
    /// The usual response.
    pub allow: Response,
    /// The responses that deny; the first one is the usual one. Empty for a step that does not decide and has none.
    pub deny: Vec<Response>,
    /// Other responses, each with the answer that the plugin must give.
    pub named: Vec<NamedResponse>,
}

/// A response as the profile describes it.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub content_type: String,
    /// Further header fields.
    pub headers: Vec<(String, Text)>,
    pub body: Text,
    /// The member of the body that denies, if it is not that of the allow response.
    pub member: Option<MemberPath>,
}

/// The text of a response: as it is, or a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    Fixed(Vec<u8>),
    /// The name of a template of the profile.
    Template(String),
}

/// A response with a name.
#[derive(Clone, Debug)]
pub struct NamedResponse {
    pub name: String,
    /// Why the server sends it.
    pub description: Option<String>,
    pub response: Response,
    /// What the plugin must return.
    pub answer: Answer,
}

/// What a plugin must return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Answer {
    Success,
    Failed,
    Unavailable,
}

impl Answer {
    /// The value of the C interface.
    pub fn value(self) -> i32 {
        match self {
            Self::Success => ICS_ENTITLEMENT_RESULT::ENTITLEMENT_SUCCESS as i32,
            Self::Failed => ICS_ENTITLEMENT_RESULT::ENTITLEMENT_FAILED as i32,
            Self::Unavailable => ICS_ENTITLEMENT_RESULT::ENTITLEMENT_UNAVAILABLE as i32,
        }
    }

    /// The name in profiles.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

/// What a plugin needs besides its library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Files to put beside the library: name there, and where they are now.
    pub files: Vec<(String, PathBuf)>,
    /// Variables of the host's environment.
    pub environment: Vec<(String, String)>,
}

/// A rule that the plugin is known to break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The id of the rule, or a pattern.
    pub rule: String,
    pub reason: String,
}

/// One response to one request, as it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CannedResponse {
    pub status: u16,
    pub content_type: String,
    /// Further header fields.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// The responses of one step to one request. Faults are derived from these.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Responses {
    pub allow: CannedResponse,
    pub deny: CannedResponse,
    /// Other responses that deny as well.
    pub further_denials: Vec<CannedResponse>,
    /// The member of the allow body that decides.
    pub member: Option<MemberPath>,
    /// The member of the deny body that denies, if it has one.
    pub deny_member: Option<MemberPath>,
}

impl CannedResponse {
    /// The content type without its parameters.
    fn media_type(&self) -> String {
        let (media_type, _) = self
            .content_type
            .split_once(';')
            .unwrap_or((&self.content_type, ""));
        media_type.trim().to_ascii_lowercase()
    }
}

impl Responses {
    /// The answer that another server's response to the same request asks for, by its status and the member that decides.
    /// A denial without such a member has to be the same text.
    pub(crate) fn answer_to(&self, other: &CannedResponse) -> Answer {
        let decides = |known: &CannedResponse, member: &MemberPath| {
            let value = member.value(&other.body);
            value.is_some() && value == member.value(&known.body)
        };
        let allows = self.allow.status == other.status
            && self
                .member
                .as_ref()
                .is_none_or(|member| decides(&self.allow, member));
        let denies = |denial: &CannedResponse| {
            denial.status == other.status
                && match &self.deny_member {
                    Some(member) => decides(denial, member),
                    None => {
                        denial.body.trim_ascii() == other.body.trim_ascii()
                            && (denial.body.is_empty() || denial.media_type() == other.media_type())
                    }
                }
        };
        let mut denials = std::iter::once(&self.deny).chain(&self.further_denials);
        if allows {
            Answer::Success
        } else if denials.any(denies) {
            Answer::Failed
        } else {
            Answer::Unavailable
        }
    }
}

impl PartialEq for Profile {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, &self.digest) == (&other.path, &other.digest)
    }
}

impl Eq for Profile {}

impl Profile {
    /// The profile that is used unless another one is named.
    pub fn default_one() -> Arc<Self> {
        built_in(DEFAULT).expect("the default profile is one of the built-in ones")
    }

    pub fn deciding_step(&self) -> &Step {
        &self.steps[self.deciding]
    }

    /// Which step a request belongs to.
    ///
    /// A request may fit several steps, such as the same one before and after a token was fetched: the last one that
    /// fits is the most specific one, and a step without a condition is the last resort.
    ///
    /// # Errors
    /// If it belongs to none: the step that it comes nearest to, and what is different.
    pub fn step_of(&self, request: &Request, issued: &Issued) -> Result<usize, Mismatch> {
        let mut nearest: Option<Mismatch> = None;
        let mut found: Option<(usize, usize)> = None;
        for (number, step) in self.steps.iter().enumerate() {
            match step.matcher.matches(request, issued) {
                Ok(conditions) => {
                    if found.is_none_or(|(_, most)| conditions >= most) {
                        found = Some((number, conditions));
                    }
                }
                Err(mismatch) => {
                    let mismatch = mismatch.at(&step.name);
                    if nearest
                        .as_ref()
                        .is_none_or(|other| mismatch.met > other.met)
                    {
                        nearest = Some(mismatch);
                    }
                }
            }
        }
        match (found, nearest) {
            (Some((number, _)), _) => Ok(number),
            (None, Some(mismatch)) => Err(mismatch),
            // A profile has at least one step.
            (None, None) => Err(Mismatch::default()),
        }
    }

    /// The responses of a step to a request.
    ///
    /// # Errors
    /// If a template fails, such as one that needs what the request does not have.
    pub fn responses(
        &self,
        step: usize,
        request: &Request,
        issued: &Issued,
    ) -> Result<Responses, RenderError> {
        let of = &self.steps[step];
        let render = |response: &Response| self.render(response, request, issued);
        // A step that has no response of its own that denies refuses as servers do.
        let mut denials = of
            .deny
            .iter()
            .map(render)
            .collect::<Result<Vec<_>, _>>()?
            .into_iter();
        let member = self.member.clone().filter(|_| step == self.deciding);
        let deny = denials.next().unwrap_or_else(CannedResponse::refusal);
        let deny_member = of
            .deny
            .first()
            .and_then(|deny| deny.member.clone())
            .or_else(|| member.clone());
        Ok(Responses {
            allow: render(&of.allow)?,
            deny_member: deny_member.filter(|path| path.value(&deny.body).is_some()),
            deny,
            further_denials: denials.collect(),
            member,
        })
    }

    /// A response of the profile as it is sent.
    ///
    /// # Errors
    /// If a template fails.
    pub fn render(
        &self,
        response: &Response,
        request: &Request,
        issued: &Issued,
    ) -> Result<CannedResponse, RenderError> {
        let text = |text: &Text| match text {
            Text::Fixed(bytes) => Ok(bytes.clone()),
            Text::Template(name) => self.templates.render(name, request, issued),
        };
        let headers = response.headers.iter().map(|(name, value)| {
            let value = text(value)?;
            Ok((name.clone(), String::from_utf8_lossy(&value).into_owned()))
        });
        Ok(CannedResponse {
            status: response.status,
            content_type: response.content_type.clone(),
            headers: headers.collect::<Result<_, _>>()?,
            body: text(&response.body)?,
        })
    }

    /// Every response with a name, with the step that it belongs to, in a fixed order.
    pub fn named_responses(&self) -> impl Iterator<Item = (usize, &NamedResponse)> {
        let steps = self.steps.iter().enumerate();
        steps.flat_map(|(number, step)| step.named.iter().map(move |named| (number, named)))
    }

    /// How many steps come before the deciding one.
    pub fn earlier_steps(&self) -> usize {
        self.deciding
    }

    /// The folder that its files are relative to.
    pub fn folder(&self) -> &Path {
        let parent = self.path.as_deref().and_then(Path::parent);
        parent.unwrap_or(Path::new("."))
    }

    /// A digest of its text and of the files that it names.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl CannedResponse {
    /// What a server responds to a request that it does not accept.
    fn refusal() -> Self {
        Self {
            status: 401,
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
            body: br#"{"error":"invalid_client"}"#.to_vec(),
        }
    }
}
