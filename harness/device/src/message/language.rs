//! Languages of resources, and the order in which the system looks for them.

use std::fmt;

/// A Windows language identifier: the primary language in the low ten bits, the
/// sublanguage above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LangId(pub u16);

impl LangId {
    /// No language in particular.
    pub const NEUTRAL: Self = Self(0);
    /// The user's default, as a resource can be marked.
    pub const USER_DEFAULT: Self = Self(0x0400);
    /// The system's default, as a resource can be marked.
    pub const SYSTEM_DEFAULT: Self = Self(0x0800);
    /// English, no country.
    pub const ENGLISH: Self = Self(0x0009);
    /// English of the United States.
    pub const ENGLISH_US: Self = Self(0x0409);

    /// The identifier of a language tag such as `de-CH`, for languages that
    /// phones are sold in; nothing for others.
    pub fn from_tag(tag: &str) -> Option<Self> {
        TAGS.iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(tag))
            .map(|(id, _)| Self(*id))
    }

    /// The language without its country.
    #[must_use]
    pub fn primary(self) -> Self {
        Self(self.0 & 0x03ff)
    }
}

/// The tag where it is known, the number otherwise.
impl fmt::Display for LangId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match TAGS.iter().find(|(id, _)| *id == self.0) {
            Some((_, tag)) => f.write_str(tag),
            None if *self == Self::NEUTRAL => f.write_str("neutral"),
            None => write!(f, "{:#06x}", self.0),
        }
    }
}

/// The languages that the system tries, in order, for a user of `user`; after
/// them it takes any. The order is that of Microsoft's article 169483 for string
/// resources on Windows NT, with the user's language without its country after
/// the one with it, as "Developing International Software" has it.
pub fn search_order(user: LangId) -> Vec<LangId> {
    let mut order = Vec::with_capacity(7);
    for language in [
        LangId::NEUTRAL,
        user,
        user.primary(),
        LangId::ENGLISH_US,
        LangId::ENGLISH,
        LangId::USER_DEFAULT,
        LangId::SYSTEM_DEFAULT,
    ] {
        if !order.contains(&language) {
            order.push(language);
        }
    }
    order
}

/// From Microsoft's list of language identifiers (MS-LCID).
const TAGS: &[(u16, &str)] = &[
    (0x0401, "ar-SA"),
    (0x0402, "bg-BG"),
    (0x0403, "ca-ES"),
    (0x0404, "zh-TW"),
    (0x0405, "cs-CZ"),
    (0x0406, "da-DK"),
    (0x0407, "de-DE"),
    (0x0408, "el-GR"),
    (0x0409, "en-US"),
    (0x0c0a, "es-ES"),
    (0x040b, "fi-FI"),
    (0x040c, "fr-FR"),
    (0x040d, "he-IL"),
    (0x040e, "hu-HU"),
    (0x0410, "it-IT"),
    (0x0411, "ja-JP"),
    (0x0412, "ko-KR"),
    (0x0413, "nl-NL"),
    (0x0414, "nb-NO"),
    (0x0415, "pl-PL"),
    (0x0416, "pt-BR"),
    (0x0418, "ro-RO"),
    (0x0419, "ru-RU"),
    (0x041a, "hr-HR"),
    (0x041b, "sk-SK"),
    (0x041d, "sv-SE"),
    (0x041e, "th-TH"),
    (0x041f, "tr-TR"),
    (0x0421, "id-ID"),
    (0x0422, "uk-UA"),
    (0x0424, "sl-SI"),
    (0x0425, "et-EE"),
    (0x0426, "lv-LV"),
    (0x0427, "lt-LT"),
    (0x0429, "fa-IR"),
    (0x042a, "vi-VN"),
    (0x042d, "eu-ES"),
    (0x0439, "hi-IN"),
    (0x043e, "ms-MY"),
    (0x0456, "gl-ES"),
    (0x0804, "zh-CN"),
    (0x0807, "de-CH"),
    (0x0809, "en-GB"),
    (0x080a, "es-MX"),
    (0x080c, "fr-BE"),
    (0x0810, "it-CH"),
    (0x0813, "nl-BE"),
    (0x0816, "pt-PT"),
    (0x0c04, "zh-HK"),
    (0x0c07, "de-AT"),
    (0x0c09, "en-AU"),
    (0x0c0c, "fr-CA"),
    (0x1009, "en-CA"),
    (0x100c, "fr-CH"),
    (0x4009, "en-IN"),
    (0x0007, "de"),
    (0x0009, "en"),
    (0x000a, "es"),
    (0x000c, "fr"),
    (0x0010, "it"),
    (0x0016, "pt"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swiss_user_is_served_neutral_then_swiss_then_german_then_english() {
        let order = search_order(LangId::from_tag("de-CH").expect("a known tag"));
        let shown: Vec<_> = order.iter().map(LangId::to_string).collect();
        assert_eq!(
            shown,
            ["neutral", "de-CH", "de", "en-US", "en", "0x0400", "0x0800"]
        );
    }

    #[test]
    fn nothing_is_tried_twice() {
        assert_eq!(search_order(LangId::ENGLISH_US).len(), 5);
    }
}
