//! Providers that a device has besides those that are checked here.
//!
//! One document normally serves several providers. What it says to others is kept as it
//! is and not read, except for the names of network access points, which Connection
//! Manager knows as connections. Sources: Microsoft's list of the providers of
//! Windows 10, the token pages of Windows Mobile, and OMA-WAP-ProvCont 1.1.

use crate::document::names::nearest;
use crate::document::{Diagnostic, Diagnostics, Document, Element};

use super::provider_named;

/// The provider of network access points.
pub const NAPDEF: &str = "NAPDEF";

/// The parm of a network access point that holds its identifier.
const NAPID: &str = "NAPID";

/// Names of providers in their documented spelling, and what they are for; empty where
/// the name says it.
const KNOWN: &[(&str, &str)] = &[
    ("CM_ProxyEntries", "proxies of connections"),
    (
        "CMPolicy",
        "which connection serves which application or host",
    ),
    (
        "CMPolicyEnterprise",
        "the same as CMPolicy, set by an enterprise",
    ),
    ("CM_GPRSEntries", "GPRS connections of Windows Mobile"),
    ("CM_PPPEntries", "dial-up connections"),
    ("CM_VPNEntries", "VPN connections"),
    ("CM_NetEntries", "network cards and desktop pass-through"),
    ("CM_Networks", "meta-networks such as the Internet"),
    ("CM_Mappings", "URL patterns and their networks"),
    ("CM_Planner", "preferred connections and retries"),
    ("CM_WiFiEntries", "Wi-Fi connections of Windows Mobile"),
    (NAPDEF, "network access points"),
    ("PXLOGICAL", "WAP and MMS proxies"),
    ("PXPHYSICAL", "WAP and MMS proxies"),
    ("NAP", "network access points of OMA DM"),
    ("PROXY", "proxies of OMA DM"),
    ("ACCESS", "destination networks and their domains"),
    ("BOOTSTRAP", "the trusted provisioning server"),
    ("APPLICATION", "settings of applications, by their APPID"),
    ("CLIENTIDENTITY", "the identity of the client"),
    ("VENDORCONFIG", "settings of a vendor's own"),
    ("BrowserFavorite", "favourites of the browser"),
    ("Registry", "registry keys"),
    ("FileOperation", "files"),
    ("Install", "installation"),
    ("Uninstall", "removal of applications"),
    ("Metabase", "roles and metadata of settings"),
    ("SecurityPolicy", "security policies"),
    ("LoaderRevocation", "revoked binaries"),
    ("CertificateStore", "certificates"),
    ("RootCATrustedCertificates", "root certificates"),
    ("ClientCertificateInstall", "client certificates"),
    ("Sync", "ActiveSync of Windows Mobile"),
    ("ActiveSync", "Exchange accounts"),
    ("EMAIL2", "POP3 and IMAP4 accounts"),
    ("Clock", "time and time zone"),
    ("Locale", "regional formats"),
    ("Sounds", "ring tones"),
    ("Home", "the home screen"),
    ("SpeedDial", "speed dial"),
    ("TAPI", "telephony"),
    ("Bluetooth", ""),
    ("Obex", "object exchange"),
    ("DMAcc", "OMA DM accounts"),
    ("DMS", "OMA DM accounts"),
    ("DMClient", "the OMA DM client"),
    ("DevInfo", "facts about the device"),
    ("DevDetail", "facts about the device"),
    ("DeviceStatus", ""),
    ("DeviceManageability", ""),
    ("FwUpdate", "firmware updates"),
    ("Update", "updates"),
    ("DeviceLock", "passwords and the lock"),
    ("EnterpriseAPN", "access points of an enterprise"),
    ("EnterpriseAppManagement", ""),
    ("EnterpriseModernAppManagement", ""),
    ("WiFi", "Wi-Fi networks"),
    ("VPN", ""),
    ("VPNv2", ""),
    ("CellularSettings", "data roaming"),
    ("MultiSIM", "slots of SIMs"),
    ("eUICCs", "eSIM"),
    ("SUPL", "the location service"),
    ("Messaging", ""),
    ("AssignedAccess", ""),
    ("AppLocker", ""),
    ("Defender", ""),
    ("Firewall", ""),
    ("BitLocker", ""),
    ("PolicyManager", "policies"),
    ("Policy", "policies"),
    ("RemoteWipe", ""),
    ("RemoteRing", ""),
    ("RemoteFind", ""),
    ("Reboot", ""),
    ("Storage", ""),
    ("Reporting", ""),
    ("NodeCache", ""),
    ("Provisioning", ""),
    ("PassportForWork", ""),
    ("WindowsLicensing", ""),
    ("UnifiedWriteFilter", ""),
    ("DeveloperSetup", ""),
    ("DeviceInstanceService", ""),
    ("CustomDeviceUI", ""),
    ("HealthAttestation", ""),
    ("DiagnosticLog", ""),
    ("NetworkProxy", ""),
    ("NetworkQoSPolicy", ""),
    ("Accounts", ""),
    ("AccountManagement", ""),
];

/// A provider of Windows that is not checked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherProvider {
    /// Its name in the documented spelling.
    pub name: &'static str,
    /// What it is for, if the name does not say it.
    pub purpose: Option<&'static str>,
}

/// The known provider of this name, in any letter case: Microsoft's own lists and
/// documents differ in it.
pub fn other_provider(name: &str) -> Option<OtherProvider> {
    let (name, purpose) = KNOWN
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(OtherProvider {
        name,
        purpose: Some(*purpose).filter(|text| !text.is_empty()),
    })
}

/// The known provider whose name is most like this one.
pub(super) fn nearest_other(name: &str) -> Option<&'static str> {
    nearest(name, KNOWN.iter().map(|(known, _)| *known))
}

/// Reports every provider that is not checked here as an error, for callers that want
/// documents for these alone. Called before the document is checked or applied.
pub fn refuse_other_providers(document: &Document, diagnostics: &mut Diagnostics) {
    for element in &document.children {
        let name = element.name.value.as_str();
        if !element.tag.names_group() || provider_named(name).is_some() {
            continue;
        }
        let found = format!(
            "{} is another provider",
            crate::document::names::quoted(name)
        );
        diagnostics.push(
            Diagnostic::error(element.name.at, found)
                .expected("HotSpot and CM_CellularEntries alone")
                .help("send what is for others in a document of its own"),
        );
    }
}

/// Has the values of parms that hold secrets not shown.
pub(super) fn hide_secrets(element: &Element, diagnostics: &mut Diagnostics) {
    const NAMES: [&str; 6] = [
        "Password",
        "AUTHSECRET",
        "AAUTHSECRET",
        "PXAUTH-PW",
        "PROXY-PW",
        "BASAUTH-PW",
    ];
    for child in &element.children {
        let is_secret = NAMES
            .iter()
            .any(|name| child.name.eq_ignore_ascii_case(name));
        if let Some(value) = child.value.as_ref().filter(|_| is_secret) {
            diagnostics.hide(value.at);
        }
        hide_secrets(child, diagnostics);
    }
}

/// The identifier of the network access point that a characteristic defines.
pub(super) fn access_point(element: &Element) -> Option<&str> {
    let is_id = |one: &&Element| one.name.eq_ignore_ascii_case(NAPID);
    let id = element.children.iter().find(is_id)?.value.as_ref()?;
    Some(id.as_str()).filter(|id| !id.is_empty())
}

/// What a document is that only looks like a provisioning document: the answer of a
/// configuration server, which a client of that service reads and no device.
pub(super) fn configuration_answer(document: &Document) -> Option<(&Element, &'static str)> {
    let is_named = |one: &&Element, names: &[&str]| {
        names.iter().any(|name| one.name.eq_ignore_ascii_case(name))
    };
    let mut children = document.children.iter();
    let first = children.find(|one| is_named(one, &["VERS", "TOKEN", "MSG"]))?;
    let id = document.children.iter().find_map(|one| {
        let is_id = |parm: &&Element| parm.name.eq_ignore_ascii_case("AppID");
        let id = one.children.iter().find(is_id)?.value.as_ref()?;
        Some(id.as_str())
    });
    let number = id.and_then(|id| id.strip_prefix("ap")?.parse::<u32>().ok());
    let what = match number {
        Some(2001 | 2002) => "the answer of an RCS configuration server",
        Some(2003..=2999) => "the answer of an entitlement server (GSMA TS.43)",
        _ => "the answer of a configuration server for RCS or TS.43",
    };
    Some((first, what))
}
