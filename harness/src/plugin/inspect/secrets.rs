//! Secrets that were left in a file: private keys, and credentials in plain text.

/// How much of a secret is shown: enough to find it.
const SHOWN: usize = 24;

/// How many secrets are listed.
const MAX_SECRETS: usize = 16;

/// What a private key in PEM begins with (RFC 7468, and OpenSSL's older labels).
const KEYS: &[&str] = &[
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----",
    "-----BEGIN DSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----",
];

/// What comes before a credential in plain text: a whole one must follow.
const CREDENTIALS: &[&str] = &[
    "Authorization: Basic ",
    "Authorization: Bearer ",
    "password=",
    "passwd=",
    "client_secret=",
    "api_key=",
];

/// A key or credential is at least this long; a name alone, such as `password=%s`, is none.
const MIN_LENGTH: usize = 8;

/// Finds private keys and credentials, each described with a part of it.
pub(super) fn find(bytes: &[u8]) -> Vec<String> {
    let keys = KEYS.iter().filter(|label| {
        // A parser has the label alone; in a key, base64 follows.
        positions(bytes, label).any(|end| token(skip_line_end(&bytes[end..]), is_base64) >= 16)
    });
    let keys = keys.map(|label| format!("a private key ({label})"));
    let credentials = CREDENTIALS.iter().flat_map(|label| {
        positions(bytes, label).filter_map(move |end| {
            let length = token(&bytes[end..], is_credential);
            let shown = &bytes[end..end + length.min(SHOWN) / 2];
            (length >= MIN_LENGTH)
                .then(|| format!("a credential ({label}{}…)", String::from_utf8_lossy(shown)))
        })
    });
    keys.chain(credentials).take(MAX_SECRETS).collect()
}

/// Where the label ends, each time that it is found.
fn positions<'a>(bytes: &'a [u8], label: &'a str) -> impl Iterator<Item = usize> + 'a {
    let label = label.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        let found = find_first(&bytes[from..], label)?;
        from += found + label.len();
        Some(from)
    })
}

fn find_first(bytes: &[u8], label: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, label)
}

fn skip_line_end(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| !b"\r\n\\".contains(byte));
    &bytes[end.unwrap_or(bytes.len())..]
}

fn token(bytes: &[u8], belongs: fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| belongs(**byte)).count()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}

fn is_credential(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=._-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_key_and_a_credential_are_found() {
        let key = b"x-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n";
        assert_eq!(find(key).len(), 1);
        let found = find(b"..Authorization: Basic dXNlcjpwYXNzd29yZA==\0");
        assert!(found[0].contains("Basic dXNlcjpwYX"), "{found:?}");
        assert!(!found[0].contains("d29yZA"), "only a part is shown");
    }

    #[test]
    fn a_parsers_label_and_a_format_are_no_secret() {
        assert!(find(b"-----BEGIN PRIVATE KEY-----\0-----END").is_empty());
        assert!(find(b"password=%s&user=%s\0Authorization: Basic %s\0").is_empty());
    }
}
