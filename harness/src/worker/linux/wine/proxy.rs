//! The proxy that a user has set in the Internet settings of Windows, as text of Wine's registry.

use std::fmt::Write as _;

use crate::testbed::authority::revocation::REVOCATION_HOST;

/// The host that is reached without the proxy: Wine itself fetches from there, by the user's settings, what a plugin that checks
/// revocation needs, and the plugin has no say in it.
const EXCEPTION: &str = REVOCATION_HOST;

/// Where the settings are, below the user's key.
const SETTINGS: &str = r"Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";

/// What the binary form of the settings begins with: its version, and how often it has been changed.
const HEADER: [u32; 2] = [0x46, 1];

/// The connection is direct, or by way of the proxy that is named.
const DIRECT_OR_PROXY: u32 = 1 | 2;

/// Bytes at the end of the binary form that mean nothing.
const REST: usize = 32;

/// Sections for the end of a user's registry. Each of the two functions that libraries read the settings by has a form of its
/// own: WinINet reads the first one, and `WinHttpGetIEProxyConfigForCurrentUser` the second one.
pub(super) fn of_user(proxy: &str) -> String {
    let mut text = format!(
        "\n[{SETTINGS}]\n\"ProxyEnable\"=dword:00000001\n\"ProxyServer\"=\"{proxy}\"\n\
         \"ProxyOverride\"=\"{EXCEPTION}\"\n\n\
         [{SETTINGS}\\\\Connections]\n\"DefaultConnectionSettings\"=hex:"
    );
    for (number, byte) in binary(proxy).into_iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        // Writing to a string never fails.
        let _ = write!(text, "{comma}{byte:02x}");
    }
    text.push('\n');
    text
}

/// The proxy, the exception from it, and no script.
fn binary(proxy: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in HEADER.into_iter().chain([DIRECT_OR_PROXY]) {
        bytes.extend(number.to_le_bytes());
    }
    for text in [proxy, EXCEPTION, ""] {
        let length = u32::try_from(text.len()).unwrap_or_default();
        bytes.extend(length.to_le_bytes());
        bytes.extend(text.bytes());
    }
    bytes.extend([0; REST]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_the_proxy() {
        let text = of_user("a:1");
        assert!(text.contains("\"ProxyServer\"=\"a:1\""), "{text}");
        let hex = "hex:46,00,00,00,01,00,00,00,03,00,00,00,03,00,00,00,61,3a,31,21";
        assert!(text.contains(hex), "{text}");
    }
}
