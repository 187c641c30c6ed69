//! The tokens of PROV 1.0, as data.
//!
//! Source: OMA-WAP-ProvCont 1.1, section 7. Tags and attributes have two code
//! pages each, and switch between them apart from each other. What Microsoft adds has
//! pages of its own; `datatype` has no token, and is a literal.

use std::sync::LazyLock;

use super::microsoft;

/// The public identifier's number.
pub(super) const PUBLIC_ID: u32 = 0x0B;

/// The same in words.
pub(super) const PUBLIC_NAME: &str = "-//WAPFORUM//DTD PROV 1.0//EN";

/// UTF-8 in the registry of character sets.
pub(super) const UTF_8: u32 = 0x6A;

/// Code pages of tags, and of attributes.
pub(super) const PAGES: u8 = 2;

/// Tags: page, token, name.
pub(super) const TAGS: [(u8, u8, &str); 5] = [
    (0, 0x05, "wap-provisioningdoc"),
    (0, 0x06, "characteristic"),
    (0, 0x07, "parm"),
    (1, 0x06, "characteristic"),
    (1, 0x07, "parm"),
];

/// Attribute starts of a page: token, attribute, and what its value begins with.
pub(super) type Starts = [(u8, &'static str, &'static str)];

/// Attribute values of a page: token, text.
pub(super) type Values = [(u8, &'static str)];

/// Attribute starts of page 0.
const STARTS_0: &Starts = &[
    (0x05, "name", ""),
    (0x06, "value", ""),
    (0x07, "name", "NAME"),
    (0x08, "name", "NAP-ADDRESS"),
    (0x09, "name", "NAP-ADDRTYPE"),
    (0x0A, "name", "CALLTYPE"),
    (0x0B, "name", "VALIDUNTIL"),
    (0x0C, "name", "AUTHTYPE"),
    (0x0D, "name", "AUTHNAME"),
    (0x0E, "name", "AUTHSECRET"),
    (0x0F, "name", "LINGER"),
    (0x10, "name", "BEARER"),
    (0x11, "name", "NAPID"),
    (0x12, "name", "COUNTRY"),
    (0x13, "name", "NETWORK"),
    (0x14, "name", "INTERNET"),
    (0x15, "name", "PROXY-ID"),
    (0x16, "name", "PROXY-PROVIDER-ID"),
    (0x17, "name", "DOMAIN"),
    (0x18, "name", "PROVURL"),
    (0x19, "name", "PXAUTH-TYPE"),
    (0x1A, "name", "PXAUTH-ID"),
    (0x1B, "name", "PXAUTH-PW"),
    (0x1C, "name", "STARTPAGE"),
    (0x1D, "name", "BASAUTH-ID"),
    (0x1E, "name", "BASAUTH-PW"),
    (0x1F, "name", "PUSHENABLED"),
    (0x20, "name", "PXADDR"),
    (0x21, "name", "PXADDRTYPE"),
    (0x22, "name", "TO-NAPID"),
    (0x23, "name", "PORTNBR"),
    (0x24, "name", "SERVICE"),
    (0x25, "name", "LINKSPEED"),
    (0x26, "name", "DNLINKSPEED"),
    (0x27, "name", "LOCAL-ADDR"),
    (0x28, "name", "LOCAL-ADDRTYPE"),
    (0x29, "name", "CONTEXT-ALLOW"),
    (0x2A, "name", "TRUST"),
    (0x2B, "name", "MASTER"),
    (0x2C, "name", "SID"),
    (0x2D, "name", "SOC"),
    (0x2E, "name", "WSP-VERSION"),
    (0x2F, "name", "PHYSICAL-PROXY-ID"),
    (0x30, "name", "CLIENT-ID"),
    (0x31, "name", "DELIVERY-ERR-SDU"),
    (0x32, "name", "DELIVERY-ORDER"),
    (0x33, "name", "TRAFFIC-CLASS"),
    (0x34, "name", "MAX-SDU-SIZE"),
    (0x35, "name", "MAX-BITRATE-UPLINK"),
    (0x36, "name", "MAX-BITRATE-DNLINK"),
    (0x37, "name", "RESIDUAL-BER"),
    (0x38, "name", "SDU-ERROR-RATIO"),
    (0x39, "name", "TRAFFIC-HANDL-PRIO"),
    (0x3A, "name", "TRANSFER-DELAY"),
    (0x3B, "name", "GUARANTEED-BITRATE-UPLINK"),
    (0x3C, "name", "GUARANTEED-BITRATE-DNLINK"),
    (0x3D, "name", "PXADDR-FQDN"),
    (0x3E, "name", "PROXY-PW"),
    (0x3F, "name", "PPGAUTH-TYPE"),
    (0x45, "version", ""),
    (0x46, "version", "1.0"),
    (0x47, "name", "PULLENABLED"),
    (0x48, "name", "DNS-ADDR"),
    (0x49, "name", "MAX-NUM-RETRY"),
    (0x4A, "name", "FIRST-RETRY-TIMEOUT"),
    (0x4B, "name", "REREG-THRESHOLD"),
    (0x4C, "name", "T-BIT"),
    (0x4E, "name", "AUTH-ENTITY"),
    (0x4F, "name", "SPI"),
    (0x50, "type", ""),
    (0x51, "type", "PXLOGICAL"),
    (0x52, "type", "PXPHYSICAL"),
    (0x53, "type", "PORT"),
    (0x54, "type", "VALIDITY"),
    (0x55, "type", "NAPDEF"),
    (0x56, "type", "BOOTSTRAP"),
    (0x57, "type", "VENDORCONFIG"),
    (0x58, "type", "CLIENTIDENTITY"),
    (0x59, "type", "PXAUTHINFO"),
    (0x5A, "type", "NAPAUTHINFO"),
    (0x5B, "type", "ACCESS"),
];

/// Attribute starts of page 1, for application access.
const STARTS_1: &Starts = &[
    (0x05, "name", ""),
    (0x06, "value", ""),
    (0x07, "name", "NAME"),
    (0x14, "name", "INTERNET"),
    (0x1C, "name", "STARTPAGE"),
    (0x22, "name", "TO-NAPID"),
    (0x23, "name", "PORTNBR"),
    (0x24, "name", "SERVICE"),
    (0x2E, "name", "AACCEPT"),
    (0x2F, "name", "AAUTHDATA"),
    (0x30, "name", "AAUTHLEVEL"),
    (0x31, "name", "AAUTHNAME"),
    (0x32, "name", "AAUTHSECRET"),
    (0x33, "name", "AAUTHTYPE"),
    (0x34, "name", "ADDR"),
    (0x35, "name", "ADDRTYPE"),
    (0x36, "name", "APPID"),
    (0x37, "name", "APROTOCOL"),
    (0x38, "name", "PROVIDER-ID"),
    (0x39, "name", "TO-PROXY"),
    (0x3A, "name", "URI"),
    (0x3B, "name", "RULE"),
    (0x50, "type", ""),
    (0x53, "type", "PORT"),
    (0x55, "type", "APPLICATION"),
    (0x56, "type", "APPADDR"),
    (0x57, "type", "APPAUTH"),
    (0x58, "type", "CLIENTIDENTITY"),
    (0x59, "type", "RESOURCE"),
];

/// Attribute values of page 0.
const VALUES_0: &Values = &[
    (0x85, "IPV4"),
    (0x86, "IPV6"),
    (0x87, "E164"),
    (0x88, "ALPHA"),
    (0x89, "APN"),
    (0x8A, "SCODE"),
    (0x8B, "TETRA-ITSI"),
    (0x8C, "MAN"),
    (0x90, "ANALOG-MODEM"),
    (0x91, "V.120"),
    (0x92, "V.110"),
    (0x93, "X.31"),
    (0x94, "BIT-TRANSPARENT"),
    (0x95, "DIRECT-ASYNCHRONOUS-DATA-SERVICE"),
    (0x9A, "PAP"),
    (0x9B, "CHAP"),
    (0x9C, "HTTP-BASIC"),
    (0x9D, "HTTP-DIGEST"),
    (0x9E, "WTLS-SS"),
    (0x9F, "MD5"),
    (0xA2, "GSM-USSD"),
    (0xA3, "GSM-SMS"),
    (0xA4, "ANSI-136-GUTS"),
    (0xA5, "IS-95-CDMA-SMS"),
    (0xA6, "IS-95-CDMA-CSD"),
    (0xA7, "IS-95-CDMA-PACKET"),
    (0xA8, "ANSI-136-CSD"),
    (0xA9, "ANSI-136-GPRS"),
    (0xAA, "GSM-CSD"),
    (0xAB, "GSM-GPRS"),
    (0xAC, "AMPS-CDPD"),
    (0xAD, "PDC-CSD"),
    (0xAE, "PDC-PACKET"),
    (0xAF, "IDEN-SMS"),
    (0xB0, "IDEN-CSD"),
    (0xB1, "IDEN-PACKET"),
    (0xB2, "FLEX/REFLEX"),
    (0xB3, "PHS-SMS"),
    (0xB4, "PHS-CSD"),
    (0xB5, "TRETRA-SDS"),
    (0xB6, "TRETRA-PACKET"),
    (0xB7, "ANSI-136-GHOST"),
    (0xB8, "MOBITEX-MPAK"),
    (0xB9, "CDMA2000-1X-SIMPLE-IP"),
    (0xBA, "CDMA2000-1X-MOBILE-IP"),
    (0xC5, "AUTOBAUDING"),
    (0xCA, "CL-WSP"),
    (0xCB, "CO-WSP"),
    (0xCC, "CL-SEC-WSP"),
    (0xCD, "CO-SEC-WSP"),
    (0xCE, "CL-SEC-WTA"),
    (0xCF, "CO-SEC-WTA"),
    (0xD0, "OTA-HTTP-TO"),
    (0xD1, "OTA-HTTP-TLS-TO"),
    (0xD2, "OTA-HTTP-PO"),
    (0xD3, "OTA-HTTP-TLS-PO"),
    (0xE0, "AAA"),
    (0xE1, "HA"),
];

/// Attribute values of page 1. Those from 90 on stood at 80 in PROV 1.0, where
/// they collide with the global tokens; 1.1 moved them.
const VALUES_1: &Values = &[
    (0x86, "IPV6"),
    (0x87, "E164"),
    (0x88, "ALPHA"),
    (0x8D, "APPSRV"),
    (0x8E, "OBEX"),
    (0x90, ","),
    (0x91, "HTTP-"),
    (0x92, "BASIC"),
    (0x93, "DIGEST"),
];

/// Attribute starts by page.
pub(super) const STARTS: [&Starts; PAGES as usize] = [STARTS_0, STARTS_1];

/// Attribute values by page.
pub(super) const VALUES: [&Values; PAGES as usize] = [VALUES_0, VALUES_1];

/// What a token of the attribute space is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Begins an attribute with this name, and its value with this text.
    Start(&'static str, &'static str),
    /// Adds this text to the value.
    Value(&'static str),
}

/// The tokens of each page of the attribute space, by number.
static MEANINGS: LazyLock<[[Option<Meaning>; 256]; PAGES as usize]> = LazyLock::new(|| {
    let mut pages = [[None; 256]; PAGES as usize];
    for (page, (starts, values)) in pages.iter_mut().zip(STARTS.into_iter().zip(VALUES)) {
        for &(token, name, text) in starts {
            page[usize::from(token)] = Some(Meaning::Start(name, text));
        }
        for &(token, text) in values {
            page[usize::from(token)] = Some(Meaning::Value(text));
        }
    }
    pages
});

/// What a token means on a page of the attribute space.
pub(super) fn meaning(page: u8, token: u8) -> Option<Meaning> {
    if page >= microsoft::FIRST_PAGE {
        let mut starts = microsoft::starts(page).iter();
        let start = starts.find(|one| one.0 == token);
        let start = start.map(|one| Meaning::Start(one.1, one.2));
        let mut values = microsoft::values(page).iter();
        return start.or_else(|| Some(Meaning::Value(values.find(|one| one.0 == token)?.1)));
    }
    MEANINGS
        .get(usize::from(page))
        .and_then(|page| page[usize::from(token)])
}

/// The tag of a token, without its two upper bits, on a page of the tag space.
pub(super) fn tag(page: u8, token: u8, form: Form) -> Option<&'static str> {
    let is_microsoft = page == microsoft::TAG_PAGE || (page == 0 && form == Form::Older);
    let mut tags = TAGS.iter();
    let prov = tags.find(|one| (one.0, one.1) == (page, token));
    prov.map(|one| one.2).or_else(|| {
        let mut tags = microsoft::TAGS.iter();
        let tag = tags.find(|one| one.0 == token);
        tag.filter(|_| is_microsoft).map(|one| one.1)
    })
}

/// What the numbers of code pages mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Those of PROV 1.1, and Microsoft's from 200 on.
    Prov,
    /// Microsoft's older form.
    Older,
}

impl Form {
    /// The page of the attribute space that this number switches to.
    pub(super) fn attribute_page(self, page: u8) -> u8 {
        match self {
            Self::Prov => page,
            Self::Older => microsoft::of_older(page),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_used_twice_and_none_is_a_global_one() {
        // SWITCH_PAGE to LITERAL, and the same with each of the upper bits.
        let global = |token: u8| matches!(token & 0x3F, 0..=4);
        for page in 0..usize::from(PAGES) {
            let starts = STARTS[page].iter().map(|one| one.0);
            let mut all: Vec<_> = starts.chain(VALUES[page].iter().map(|one| one.0)).collect();
            assert!(STARTS[page].iter().all(|one| one.0 < 0x80), "page {page}");
            assert!(VALUES[page].iter().all(|one| one.0 >= 0x80), "page {page}");
            assert!(!all.iter().any(|token| global(*token)), "page {page}");
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "page {page}");
        }
    }

    #[test]
    fn no_token_of_microsoft_s_is_used_twice() {
        for page in microsoft::FIRST_PAGE..=microsoft::LAST_PAGE {
            let starts = microsoft::starts(page).iter().map(|one| one.0);
            let values = microsoft::values(page).iter().map(|one| one.0);
            let mut all: Vec<_> = starts.chain(values).collect();
            assert!(all.iter().all(|token| !matches!(token & 0x3F, 0..=4)));
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "page {page}");
        }
    }

    #[test]
    fn the_tables_hold_what_the_specification_counts() {
        let counts = [
            STARTS[0].len(),
            STARTS[1].len(),
            VALUES[0].len(),
            VALUES[1].len(),
        ];
        assert_eq!(counts, [81, 29, 58, 9]);
        assert_eq!(meaning(0, 0x07), Some(Meaning::Start("name", "NAME")));
        assert_eq!(meaning(0, 0x5B), Some(Meaning::Start("type", "ACCESS")));
        assert_eq!(meaning(1, 0x36), Some(Meaning::Start("name", "APPID")));
        assert_eq!(meaning(0, 0xAB), Some(Meaning::Value("GSM-GPRS")));
        assert_eq!(meaning(1, 0x0B), None);
        assert_eq!(meaning(2, 0x05), None);
        assert_eq!(meaning(201, 0x2E), Some(Meaning::Start("name", "Enabled")));
        assert_eq!(meaning(201, 0x8A), Some(Meaning::Value("Software\\")));
        assert_eq!(meaning(204, 0x48), None);
    }
}
