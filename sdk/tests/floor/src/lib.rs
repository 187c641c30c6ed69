//! The floor that a plugin's speed is compared with. No plugin: it has no deadline, trusts what the environment names,
//! and leaves what it opened when it fails.
//!
//! `FLOOR_SERVER` is the address; with `FLOOR_CA`, a certificate in PEM, it speaks https to `localhost`, else http. The
//! TLS configuration is made in the first call and kept, so that the next ones resume its sessions, as the SDK's do.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const REQUEST: &[u8] =
    b"GET /v1 HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\nconnection: close\r\n\r\n";

const SUCCESS: i32 = 0;
const UNAVAILABLE: i32 = 2;

/// One request on the caller's thread.
#[unsafe(no_mangle)]
pub extern "C" fn IsEntitled() -> i32 {
    match ask() {
        Some(answer) if answer.ends_with(br#"{"status":"allowed"}"#) => SUCCESS,
        _ => UNAVAILABLE,
    }
}

fn ask() -> Option<Vec<u8>> {
    let stream = TcpStream::connect(std::env::var("FLOOR_SERVER").ok()?).ok()?;
    stream.set_nodelay(true).ok()?;
    match config() {
        None => exchange(stream),
        Some(config) => {
            let name = ServerName::try_from("localhost").ok()?;
            let tls = ClientConnection::new(Arc::clone(config), name).ok()?;
            exchange(StreamOwned::new(tls, stream))
        }
    }
}

fn exchange(mut stream: impl Read + Write) -> Option<Vec<u8>> {
    stream.write_all(REQUEST).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(answer)
}

fn config() -> Option<&'static Arc<ClientConfig>> {
    static CONFIG: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let ca = std::env::var_os("FLOOR_CA")?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca).ok()? {
            roots.add(certificate.ok()?).ok()?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .ok()?;
        Some(Arc::new(
            builder.with_root_certificates(roots).with_no_client_auth(),
        ))
    });
    config.as_ref()
}
