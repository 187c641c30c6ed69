//! The tokens that Microsoft adds to those of PROV, as data.
//!
//! Source: the token pages of Windows Mobile 5 to 6.5. Elements are on page 200,
//! attributes on pages 201 to 204. Older documents, whose public identifier is 0x110E, have
//! the elements on page 0 and the attributes on pages 1 to 3. The published pages have
//! gaps: a token that is not here is no damage.

use super::tables::{Starts, Values};

/// The public identifier of the older form. No page names it; it was seen in a capture.
pub(super) const OLDER_ID: u32 = 0x110E;

/// The page of elements.
pub(super) const TAG_PAGE: u8 = 200;

/// The first page of attributes. Page 200 is listed as well, and not published.
pub(super) const FIRST_PAGE: u8 = 201;

/// The last page of attributes.
pub(super) const LAST_PAGE: u8 = 204;

/// Elements of page 200: token, name.
pub(super) const TAGS: [(u8, &str); 10] = [
    (0x20, "characteristic-query"),
    (0x21, "parm-query"),
    (0x22, "nocharacteristic"),
    (0x23, "noparm"),
    (0x24, "characteristic-error"),
    (0x25, "parm-error"),
    (0x26, "characteristic-query-error"),
    (0x27, "parm-query-error"),
    (0x28, "nocharacteristic-error"),
    (0x29, "noparm-error"),
];

/// The page that a number stands for in the older form.
pub(super) fn of_older(page: u8) -> u8 {
    match page {
        1..=3 => page + FIRST_PAGE - 1,
        other => other,
    }
}

/// The attribute starts of a page: token, attribute, and what its value begins with.
pub(super) fn starts(page: u8) -> &'static Starts {
    match page {
        201 => STARTS_201,
        202 => STARTS_202,
        203 => STARTS_203,
        204 => STARTS_204,
        _ => &[],
    }
}

/// The attribute values of a page.
pub(super) fn values(page: u8) -> &'static Values {
    match page {
        201 => VALUES_201,
        _ => &[],
    }
}

/// Attribute starts of page 201: connections and policies.
const STARTS_201: &Starts = &[
    (0x05, "type", "SecurityPolicy"),
    (0x06, "type", "LoaderRevocation"),
    (0x07, "type", "Registry"),
    (0x10, "type", "CM_ProxyEntries"),
    (0x11, "type", "CM_PPPEntries"),
    (0x12, "type", "CM_VPNEntries"),
    (0x13, "type", "CM_Planner"),
    (0x14, "type", "CM_Networks"),
    (0x15, "type", "CM_Mappings"),
    (0x16, "type", "CM_GPRSEntries"),
    (0x17, "type", "DevSpecificCellular"),
    (0x18, "type", "PreferredConnections"),
    (0x20, "name", "Pattern"),
    (0x21, "name", "Network"),
    (0x22, "name", "CoeffLatency"),
    (0x23, "name", "CoeffCost"),
    (0x24, "name", "CoeffBandwidth"),
    (0x25, "name", "CacheTime"),
    (0x26, "name", "RetryCount"),
    (0x27, "name", "SrcId"),
    (0x28, "name", "DestId"),
    (0x29, "name", "Proxy"),
    (0x2A, "name", "UserName"),
    (0x2B, "name", "Password"),
    (0x2C, "name", "Type"),
    (0x2D, "name", "Override"),
    (0x2E, "name", "Enabled"),
    (0x2F, "name", "RequirePW"),
    (0x30, "name", "DialAsLocalCall"),
    (0x31, "name", "AltDnsAddr"),
    (0x32, "name", "AltWinsAddr"),
    (0x33, "name", "DeviceName"),
    (0x34, "name", "DeviceType"),
    (0x35, "name", "DnsAddr"),
    (0x36, "name", "Framing"),
    (0x37, "name", "FrameSize"),
    (0x38, "name", "IpAddr"),
    (0x39, "name", "Script"),
    (0x3A, "name", "WinsAddr"),
    (0x3B, "name", "DeviceSpecificRAW"),
    (0x3C, "name", "SpecificNameServers"),
    (0x3D, "name", "IpHeaderCompression"),
    (0x3E, "name", "SwCompression"),
    (0x3F, "name", "UserCountryAndAreaCodes"),
    (0x45, "name", "RequireEncryptedPw"),
    (0x46, "name", "RequireMSEncryptedPw"),
    (0x47, "name", "RequireDataEncryption"),
    (0x48, "name", "Domain"),
    (0x49, "name", "Phone"),
    (0x4A, "name", "AreaCode"),
];

/// Attribute starts of page 202: favourites, synchronisation and locales; the newer page is not stored anywhere public, and this is the older one.
const STARTS_202: &Starts = &[
    (0x05, "type", "BrowserFavorite"),
    (0x06, "name", "URL"),
    (0x20, "type", "Sync"),
    (0x21, "type", "Settings"),
    (0x22, "type", "Connection"),
    (0x24, "type", "Contacts"),
    (0x25, "type", "Calendar"),
    (0x26, "type", "FolderHierarchy"),
    (0x2A, "name", "NotificationsEnabled"),
    (0x2B, "name", "ConflictResolution"),
    (0x2C, "name", "SyncSwitchPurge"),
    (0x2D, "name", "DisconnectWhenDone"),
    (0x2E, "name", "SyncAfterTimeWhenCradled"),
    (0x2F, "name", "BodyTruncation"),
    (0x30, "name", "AutoSync"),
    (0x31, "name", "ConflictResolutionHelp"),
    (0x32, "name", "SyncAfterTime"),
    (0x33, "name", "AutoSyncWhenCradled"),
    (0x34, "name", "SavePassword"),
    (0x35, "name", "User"),
    (0x36, "name", "Server"),
    (0x37, "name", "FolderType"),
    (0x38, "name", "DeviceID"),
    (0x39, "name", "Device"),
    (0x3A, "name", "URI"),
    (0x3B, "name", "EmailAgeFilter"),
    (0x3C, "name", "SaveSentItems"),
    (0x3D, "name", "MailFileAttachments"),
    (0x3E, "name", "MailBodyTruncation"),
    (0x3F, "name", "CalendarAgeFilter"),
    (0x45, "name", "SyncEnabled"),
    (0x46, "name", "VersionMajor"),
    (0x47, "name", "VersionMinor"),
    (0x4A, "type", "Locale"),
    (0x4B, "name", "LOCALE_INEGCURR"),
    (0x4C, "name", "LOCALE_SMONTHOUSANDSEP"),
    (0x4D, "name", "LOCALE_ICURRDIGITS"),
    (0x4E, "name", "LOCALE_SMONDECIMALSEP"),
    (0x4F, "name", "LOCALE_ICURRENCY"),
    (0x51, "name", "LOCALE_INEGNUMBER"),
    (0x52, "name", "LOCALE_STHOUSAND"),
    (0x53, "name", "LOCALE_IDIGITS"),
    (0x54, "name", "LOCALE_SDECIMAL"),
    (0x58, "name", "Language"),
    (0x59, "name", "Locale"),
];

/// Attribute starts of page 203: home screen, clock, mail, certificates, files and sounds.
const STARTS_203: &Starts = &[
    (0x05, "type", "Home"),
    (0x06, "type", "HKCU\\ControlPanel\\Home"),
    (0x07, "name", "DeleteScheme"),
    (0x08, "name", "BgImage"),
    (0x09, "name", "ColorScheme"),
    (0x0A, "name", "Scheme"),
    (0x0C, "type", "Uninstall"),
    (0x0D, "type", "uninstall"),
    (0x10, "type", "Clock"),
    (0x11, "name", "AlarmTime"),
    (0x12, "name", "AlarmOn"),
    (0x13, "name", "Time"),
    (0x14, "name", "TimeZone"),
    (0x15, "name", "Date"),
    (0x21, "type", "SMTP"),
    (0x22, "type", "POP3"),
    (0x23, "type", "IMAP4"),
    (0x25, "name", "CONNECTIONID"),
    (0x26, "name", "REPLYADDR"),
    (0x27, "type", "CertificateStore"),
    (0x28, "type", "Unprivileged Execution Trust Authorities"),
    (0x29, "type", "Privileged Execution Trust Authorities"),
    (0x2A, "type", "SPC"),
    (0x2B, "type", "ROOT"),
    (0x2C, "type", "My"),
    (0x2D, "type", "CA"),
    (0x2E, "name", "Role"),
    (0x2F, "name", "EncodedCertificate"),
    (0x30, "type", "FileOperation"),
    (0x31, "type", "MakeDir"),
    (0x32, "type", "RemoveDir"),
    (0x33, "type", "Shortcut"),
    (0x34, "type", "Copy"),
    (0x35, "type", "Move"),
    (0x36, "type", "Delete"),
    (0x37, "type", "Extract"),
    (0x38, "name", "NoOverwriteIfNewer"),
    (0x39, "name", "NoOverwrite"),
    (0x3A, "name", "ForceDelete"),
    (0x3B, "name", "NoTransaction"),
    (0x3C, "name", "SelfRegister"),
    (0x3D, "name", "Shared"),
    (0x3E, "name", "Source"),
    (0x45, "type", "Sounds"),
    (0x46, "type", "HKCU\\ControlPanel\\Sounds\\"),
    (0x47, "name", "DeleteRingTone"),
    (0x48, "name", "MessageBox"),
    (0x49, "name", "Sound"),
    (0x4A, "name", "Mode"),
    (0x50, "type", "Metabase"),
    (0x51, "type", "label"),
    (0x52, "type", "options"),
    (0x53, "name", "datatype"),
];

/// Attribute starts of page 204: synchronisation, Wi-Fi, Bluetooth and mail.
const STARTS_204: &Starts = &[
    (0x05, "type", "Engines"),
    (0x06, "type", "Providers"),
    (0x07, "type", "Sources"),
    (0x08, "type", "CarrierConnectorList"),
    (0x09, "name", "AllowSSLOption"),
    (0x0A, "name", "CarrierConnector"),
    (0x0B, "name", "ClientNegotiated"),
    (0x0C, "name", "ClientProtocolVersion"),
    (0x0D, "name", "DeviceAddressingMethod"),
    (0x0E, "name", "DevicePhoneNumber"),
    (0x0F, "name", "DevicePhoneReadOnly"),
    (0x10, "name", "DeviceSMSAddress"),
    (0x11, "name", "IncludeRemoteManualSync"),
    (0x12, "name", "IncludeRemoteSync"),
    (0x13, "name", "MIMETruncation"),
    (0x14, "name", "NotificationSupported"),
    (0x15, "name", "OffPeakFrequency"),
    (0x16, "name", "OutboundMailDelay"),
    (0x17, "name", "PeakEndTime"),
    (0x18, "name", "PeakFrequency"),
    (0x19, "name", "PeakStartTime"),
    (0x1A, "name", "RadioEnabledDevice"),
    (0x1B, "name", "SendMailItemImmediately"),
    (0x1C, "name", "SyncAfterCount"),
    (0x1D, "name", "SyncWhenRoaming"),
    (0x1E, "name", "Logging"),
    (0x1F, "name", "UseSSL"),
    (0x20, "name", "ConflictResolutionHelp"),
    (0x21, "name", "PCurHelp"),
    (0x22, "name", "PeakDaysLink"),
    (0x23, "name", "PeakTimesHelp"),
    (0x24, "name", "ScheduleHelp"),
    (0x25, "name", "SyncAfterTimeWhenCradledHelp"),
    (0x2A, "type", "CM_WiFiEntries"),
    (0x30, "type", "Bluetooth"),
    (0x31, "name", "BtMode"),
    (0x32, "type", "Obex"),
    (0x33, "type", "HKLM\\Software\\Microsoft\\Obex"),
    (0x34, "name", "IsEnabled"),
    (0x35, "type", "SpeedDial"),
    (0x36, "name", "Key"),
    (0x45, "type", "EMAIL2"),
    (0x46, "type", "NAMEDPROPS"),
    (0x47, "type", "TAGPROPS"),
];

/// Attribute values of page 201.
const VALUES_201: &Values = &[
    (0x85, "HKCU\\"),
    (0x86, "HKLM\\"),
    (0x87, "HKCR\\"),
    (0x88, "ControlPanel\\"),
    (0x89, "Inbox\\"),
    (0x8A, "Software\\"),
    (0x8B, "Microsoft\\"),
    (0x8C, "Windows"),
    (0x8D, "Phone"),
    (0x8E, "AirSync\\"),
    (0x8F, "Settings"),
    (0x90, "MessengerService\\"),
    (0x91, "Default"),
    (0x92, "Timeout"),
    (0x93, "Security"),
    (0x94, "Sound"),
    (0x95, "Sounds"),
    (0x96, "Policies"),
    (0x97, "Policy"),
];
