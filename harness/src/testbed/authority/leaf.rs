//! The parameters of server certificates: names, dates and usages, right or wrong.

use std::net::IpAddr;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};
use time::{Duration, OffsetDateTime};

use super::CertificateSubject;
use crate::testbed::Tls;
use crate::testbed::dns::{SERVER, SERVER_6};
use crate::testbed::error::SetupError;

/// The name in a [`Tls::WrongName`] certificate.
const OTHER_NAME: &str = "other-name.example";

/// The longest common name that X.520 permits, in characters.
const MAX_COMMON_NAME: usize = 64;

/// The parameters of a server's certificate in that state of TLS. What is wrong with the issuer or the key
/// is not decided here.
pub(super) fn params(
    tls: Tls,
    subject: &CertificateSubject,
) -> Result<CertificateParams, SetupError> {
    let mut params = CertificateParams::default();
    let names = Names::new(tls, subject)?;
    params.distinguished_name.remove(DnType::CommonName);
    // Some clients use the common name where there is no alternative name, so it never says more than they do.
    if names.common.len() <= MAX_COMMON_NAME {
        params
            .distinguished_name
            .push(DnType::CommonName, names.common);
    }
    params.subject_alt_names = names.alternative;
    (params.not_before, params.not_after) = validity(tls);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    if tls == Tls::OldVersion {
        params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
    }
    params.extended_key_usages = vec![if tls == Tls::NotAServer {
        ExtendedKeyUsagePurpose::ClientAuth
    } else {
        ExtendedKeyUsagePurpose::ServerAuth
    }];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn validity(tls: Tls) -> (OffsetDateTime, OffsetDateTime) {
    let now = OffsetDateTime::now_utc();
    let (day, month) = (Duration::days(1), Duration::days(90));
    match tls {
        Tls::Expired => (now - month, now - day),
        Tls::ExpiredAnHourAgo => (now - month, now - Duration::hours(1)),
        Tls::NotYetValid => (now + day, now + month),
        _ => (now - day, now + month),
    }
}

/// The names of a certificate.
struct Names {
    common: String,
    alternative: Vec<SanType>,
}

impl Names {
    fn new(tls: Tls, subject: &CertificateSubject) -> Result<Self, SetupError> {
        let text = subject.text();
        Ok(match tls {
            Tls::WrongName => Self::dns([OTHER_NAME.to_owned()])?,
            Tls::RelatedNames => match subject {
                CertificateSubject::Name(name) => Self::dns(related(name))?,
                CertificateSubject::Address(address) => Self::address(neighbour(*address)),
            },
            Tls::WideWildcards => Self::dns(wildcards(&text))?,
            Tls::NulInName => Self::dns([format!("{text}\0.{OTHER_NAME}")])?,
            Tls::CommonNameOnly => Self {
                common: text,
                alternative: Vec::new(),
            },
            Tls::ServerAddress => match subject {
                CertificateSubject::Name(_) => Self {
                    common: SERVER.to_string(),
                    alternative: vec![
                        SanType::IpAddress(SERVER.into()),
                        SanType::IpAddress(SERVER_6.into()),
                    ],
                },
                // The other way round: the address as the text of a DNS name.
                CertificateSubject::Address(_) => Self::dns([text])?,
            },
            _ => match subject {
                CertificateSubject::Name(name) => Self::dns([name.clone()])?,
                CertificateSubject::Address(address) => Self::address(*address),
            },
        })
    }

    fn dns(names: impl IntoIterator<Item = String>) -> Result<Self, SetupError> {
        let names: Vec<String> = names.into_iter().collect();
        let alternative = names
            .iter()
            .map(|name| Ok(SanType::DnsName(name.as_str().try_into()?)));
        Ok(Self {
            alternative: alternative.collect::<Result<_, rcgen::Error>>()?,
            common: names.into_iter().next().unwrap_or_default(),
        })
    }

    fn address(address: IpAddr) -> Self {
        Self {
            common: address.to_string(),
            alternative: vec![SanType::IpAddress(address)],
        }
    }
}

impl CertificateSubject {
    fn text(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Address(address) => address.to_string(),
        }
    }
}

/// Names that the owner of the domain, or an attacker with a similar domain, can have certificates for.
fn related(name: &str) -> Vec<String> {
    let mut names = vec![
        format!("{name}.evil.example"),
        format!("evil-{name}"),
        format!("www.{name}"),
    ];
    if let Some((_, parent)) = name.split_once('.') {
        names.extend([
            parent.to_owned(),
            format!("sibling.{parent}"),
            format!("evil-{parent}"),
        ]);
    }
    names
}

/// Wildcards that do not cover the name, because a wildcard stands for one label, and never for all of them.
fn wildcards(name: &str) -> Vec<String> {
    let labels: Vec<&str> = name.split('.').collect();
    let mut names = vec!["*".to_owned()];
    // `*.example` for a.b.example, and so on.
    names.extend((2..labels.len()).map(|first| format!("*.{}", labels[first..].join("."))));
    names
}

/// Another address of the same network.
fn neighbour(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => (u32::from(address) ^ 1).to_be_bytes().into(),
        IpAddr::V6(address) => (u128::from(address) ^ 1).to_be_bytes().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{neighbour, related, wildcards};

    #[test]
    fn no_related_name_is_the_name() {
        let names = related("a.b.example");
        assert!(!names.iter().any(|name| name == "a.b.example"), "{names:?}");
        assert!(names.contains(&"b.example".to_owned()));
        assert!(names.contains(&"evil-b.example".to_owned()));
        assert!(names.contains(&"a.b.example.evil.example".to_owned()));
        assert_eq!(related("host").len(), 3);
    }

    #[test]
    fn wildcards_cover_more_than_one_label() {
        assert_eq!(wildcards("a.b.example"), ["*", "*.example"]);
        assert_eq!(
            wildcards("a.b.c.example"),
            ["*", "*.c.example", "*.example"]
        );
        assert_eq!(wildcards("b.example"), ["*"]);
    }

    #[test]
    fn a_neighbour_is_another_address() {
        assert_eq!(neighbour([192, 0, 2, 7].into()).to_string(), "192.0.2.6");
        let address: std::net::IpAddr = "2001:db8::10".parse().unwrap();
        assert_eq!(neighbour(address).to_string(), "2001:db8::11");
    }
}
