//! Signs the DLLs of the tests, as a DLL that is handed in is signed.

use super::*;

/// A key and its certificate, made on first use; why there is none, if so.
fn identity() -> &'static Result<tempfile::TempDir, String> {
    static IDENTITY: OnceLock<Result<tempfile::TempDir, String>> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        if let Some(how) = missing("openssl").or_else(|| missing("osslsigncode")) {
            return Err(how);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let made = Command::new("openssl")
            .current_dir(folder.path())
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
            ])
            .args([
                "-keyout",
                "key.pem",
                "-out",
                "certificate.pem",
                "-subj",
                "/CN=oem",
            ])
            .args(["-addext", "extendedKeyUsage=codeSigning"])
            .output()
            .expect("the program starts");
        assert!(made.status.success(), "{made:?}");
        Ok(folder)
    })
}

/// Why DLLs cannot be signed here, if so.
pub(super) fn lacks() -> Option<String> {
    identity().as_ref().err().cloned()
}

/// Signs a library in its place.
pub(super) fn sign(library: &Path) {
    let Ok(identity) = identity() else {
        return;
    };
    let signed = library.with_extension("signed");
    let made = Command::new("osslsigncode")
        .arg("sign")
        .arg("-certs")
        .arg(identity.path().join("certificate.pem"))
        .arg("-key")
        .arg(identity.path().join("key.pem"))
        .args(["-h", "sha256", "-in"])
        .arg(library)
        .arg("-out")
        .arg(&signed)
        .output()
        .expect("the program starts");
    assert!(made.status.success(), "{made:?}");
    fs::rename(signed, library).expect("renamed");
}
