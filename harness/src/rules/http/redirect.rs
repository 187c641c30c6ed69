//! Redirects that lead to an allow response.

use super::{HELP_REDIRECT, variants};
use crate::rules::rule::{Level, Rule};
use crate::run::scripts::one_call_each;
use crate::testbed::Http;
use crate::testbed::content::{Redirect, RedirectKind, RedirectTarget};
use crate::worker::script::Step;

pub(super) const RULES: &[Rule] = &[
    variants(
        "http/redirect-elsewhere",
        "A redirect to another host is not followed, by whatever status or field it comes, and even if that host has a valid certificate.",
        HELP_REDIRECT,
        ELSEWHERE,
    ),
    Rule {
        level: Level::Should,
        clause: "The operator's protocol defines no redirects; what a device on the path can make the client ask is no longer the operator's question.",
        ..variants(
            "http/redirect-same-host",
            "A redirect to another path of the same host is not followed.",
            HELP_REDIRECT,
            SAME_HOST,
        )
    },
];

const fn to(by: RedirectKind, to: RedirectTarget) -> Http {
    Http::Redirect(Redirect { by, to })
}

/// Redirects to another host by each status and field, over HTTPS and over cleartext HTTP.
pub(in crate::rules) const ELSEWHERE: &[Step] = &one_call_each::<10, 22>([
    to(RedirectKind::Status(301), RedirectTarget::OtherHost),
    to(RedirectKind::Status(302), RedirectTarget::OtherHost),
    to(RedirectKind::Status(303), RedirectTarget::OtherHost),
    to(RedirectKind::Status(307), RedirectTarget::OtherHost),
    to(RedirectKind::Status(308), RedirectTarget::OtherHost),
    to(RedirectKind::Refresh, RedirectTarget::OtherHost),
    to(
        RedirectKind::Status(301),
        RedirectTarget::OtherHostInCleartext,
    ),
    to(
        RedirectKind::Status(303),
        RedirectTarget::OtherHostInCleartext,
    ),
    to(
        RedirectKind::Status(307),
        RedirectTarget::OtherHostInCleartext,
    ),
    to(
        RedirectKind::Status(308),
        RedirectTarget::OtherHostInCleartext,
    ),
]);

const SAME_HOST: &[Step] = &one_call_each::<6, 14>([
    to(RedirectKind::Status(301), RedirectTarget::SameHost),
    to(RedirectKind::Status(302), RedirectTarget::SameHost),
    to(RedirectKind::Status(303), RedirectTarget::SameHost),
    to(RedirectKind::Status(307), RedirectTarget::SameHost),
    to(RedirectKind::Status(308), RedirectTarget::SameHost),
    to(RedirectKind::Refresh, RedirectTarget::SameHost),
]);
