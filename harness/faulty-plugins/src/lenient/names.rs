//! Comparisons of names as they should not be written.

/// The identifier of the extension subjectAltName.
const ALTERNATIVE_NAME: [u8; 5] = [6, 3, 0x55, 0x1d, 0x11];

/// The tags of a DNS name and of an address in subjectAltName.
const DNS: u8 = 0x82;
const ADDRESS: u8 = 0x87;

/// The names in a certificate.
pub(super) struct Names<'a> {
    certificate: &'a [u8],
    /// The tag and the content of each alternative name.
    alternative: Vec<(u8, &'a [u8])>,
}

impl<'a> Names<'a> {
    pub(super) fn of(certificate: &'a [u8]) -> Self {
        Self {
            certificate,
            alternative: alternative(certificate).unwrap_or_default(),
        }
    }

    fn dns(&self) -> impl Iterator<Item = String> {
        let names = self.alternative.iter().filter(|(tag, _)| *tag == DNS);
        names.map(|(_, name)| String::from_utf8_lossy(name).into_owned())
    }

    pub(super) fn ends_with_domain_of(&self, name: &str) -> bool {
        let domain = name.split_once('.').map_or(name, |(_, domain)| domain);
        self.dns().any(|each| each.ends_with(domain))
    }

    pub(super) fn match_as_pattern(&self, name: &str) -> bool {
        self.dns().any(|each| {
            each.strip_prefix('*')
                .is_some_and(|rest| name.ends_with(rest))
        })
    }

    pub(super) fn match_as_c_string(&self, name: &str) -> bool {
        self.dns()
            .any(|each| each.split('\0').next() == Some(name) && each != name)
    }

    pub(super) fn are_only_in_subject(&self, name: &str) -> bool {
        self.alternative.is_empty() && contains(self.certificate, name.as_bytes())
    }

    pub(super) fn have_an_address(&self) -> bool {
        self.alternative.iter().any(|(tag, _)| *tag == ADDRESS)
    }
}

/// Whether these bytes are somewhere in a certificate.
pub(super) fn contains(certificate: &[u8], wanted: &[u8]) -> bool {
    certificate
        .windows(wanted.len())
        .any(|window| window == wanted)
}

fn alternative(certificate: &[u8]) -> Option<Vec<Element<'_>>> {
    let at = certificate
        .windows(ALTERNATIVE_NAME.len())
        .position(|window| window == ALTERNATIVE_NAME)?;
    // The value is an OCTET STRING with a SEQUENCE; it is not critical where there is a subject.
    let ((_, value), _) = element(&certificate[at + ALTERNATIVE_NAME.len()..])?;
    let ((_, mut rest), _) = element(value)?;
    let mut names = Vec::new();
    while !rest.is_empty() {
        let (name, after) = element(rest)?;
        names.push(name);
        rest = after;
    }
    Some(names)
}

/// The tag and the content of a DER element.
type Element<'certificate> = (u8, &'certificate [u8]);

/// The first DER element, as its tag and content, and what follows it.
fn element(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => {
            let length = u16::from_be_bytes([*rest.first()?, *rest.get(1)?]);
            (usize::from(length), &rest[2..])
        }
        _ => return None,
    };
    Some(((tag, rest.get(..length)?), rest.get(length..)?))
}
