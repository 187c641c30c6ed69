//! OCSP responses (RFC 6960), which a server staples to its handshake.

use rcgen::{KeyPair, PublicKeyData, SigningKey};
use rustls::pki_types::CertificateDer;
use sha1::{Digest, Sha1};
use time::{Duration, OffsetDateTime};
use x509_parser::parse_x509_certificate;
use yasna::models::{GeneralizedTime, ObjectIdentifier};
use yasna::{DERWriter, Tag, construct_der};

use crate::testbed::error::SetupError;

/// The status of a response that has an answer.
const SUCCESSFUL: i64 = 0;

/// The reason of a revocation: the key is known to others.
const KEY_COMPROMISE: i64 = 1;

/// The object identifiers `id-pkix-ocsp-basic` and `id-sha1`.
const BASIC_RESPONSE: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 1, 1];
const SHA1: &[u64] = &[1, 3, 14, 3, 2, 26];

/// A response, signed by the issuer of the certificate, that says that the certificate was revoked an hour ago.
pub(super) fn revoked(
    certificate: &CertificateDer<'_>,
    issuer: &KeyPair,
) -> Result<Vec<u8>, SetupError> {
    let unreadable = |_| rcgen::Error::CouldNotParseCertificate;
    let (_, parsed) = parse_x509_certificate(certificate).map_err(unreadable)?;
    let now = OffsetDateTime::now_utc();
    let an_hour_ago = GeneralizedTime::from_datetime(now - Duration::hours(1));
    let next_week = GeneralizedTime::from_datetime(now + Duration::days(7));
    let response_data = construct_der(|data| {
        data.write_sequence(|data| {
            let by_name = |name: DERWriter<'_>| name.write_der(parsed.issuer().as_raw());
            data.next().write_tagged(Tag::context(1), by_name);
            data.next().write_generalized_time(&an_hour_ago);
            data.next().write_sequence_of(|responses| {
                responses.next().write_sequence(|response| {
                    response.next().write_sequence(|id| {
                        id.next().write_sequence(|algorithm| {
                            algorithm
                                .next()
                                .write_oid(&ObjectIdentifier::from_slice(SHA1));
                            algorithm.next().write_null();
                        });
                        id.next()
                            .write_bytes(&Sha1::digest(parsed.issuer().as_raw()));
                        id.next().write_bytes(&Sha1::digest(issuer.der_bytes()));
                        id.next().write_bigint_bytes(parsed.raw_serial(), true);
                    });
                    let revoked = Tag::context(1);
                    response.next().write_tagged_implicit(revoked, |status| {
                        status.write_sequence(|status| {
                            status.next().write_generalized_time(&an_hour_ago);
                            status.next().write_tagged(Tag::context(0), |reason| {
                                reason.write_enum(KEY_COMPROMISE);
                            });
                        });
                    });
                    response.next().write_generalized_time(&an_hour_ago);
                    response
                        .next()
                        .write_tagged(Tag::context(0), |next_update| {
                            next_update.write_generalized_time(&next_week);
                        });
                });
            });
        });
    });
    let signature = issuer.sign(&response_data)?;
    let algorithm = signature_algorithm(certificate)?;
    let basic_response = construct_der(|basic| {
        basic.write_sequence(|basic| {
            basic.next().write_der(&response_data);
            basic.next().write_der(&algorithm);
            basic
                .next()
                .write_bitvec_bytes(&signature, signature.len() * 8);
        });
    });
    Ok(construct_der(|response| {
        response.write_sequence(|response| {
            response.next().write_enum(SUCCESSFUL);
            response.next().write_tagged(Tag::context(0), |bytes| {
                bytes.write_sequence(|bytes| {
                    bytes
                        .next()
                        .write_oid(&ObjectIdentifier::from_slice(BASIC_RESPONSE));
                    bytes.next().write_bytes(&basic_response);
                });
            });
        });
    }))
}

/// The algorithm that the certificate is signed with, as DER: the issuer's key signs the response with the same one.
fn signature_algorithm(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, SetupError> {
    let algorithm = yasna::parse_der(certificate, |certificate| {
        certificate.read_sequence(|certificate| {
            certificate.next().read_der()?;
            let algorithm = certificate.next().read_der()?;
            certificate.next().read_der()?;
            Ok(algorithm)
        })
    });
    Ok(algorithm.map_err(|_| rcgen::Error::CouldNotParseCertificate)?)
}
