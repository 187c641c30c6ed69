//! A decoder of WBXML with Microsoft's tokens, written apart from the crate's: it knows
//! only what the test writes, and its tables are the published lists as text.

/// The texts of the lists, one of which PROV has as well. Page, then `t` for `type`, `n` for `name` and `v` for a value: tokens in hexadecimal.
const TABLE: &str = r"
1 n 3A URI
201 t 05 SecurityPolicy; 06 LoaderRevocation; 07 Registry; 10 CM_ProxyEntries; 11 CM_PPPEntries; 12 CM_VPNEntries
201 t 13 CM_Planner; 14 CM_Networks; 15 CM_Mappings; 16 CM_GPRSEntries; 17 DevSpecificCellular; 18 PreferredConnections
201 n 20 Pattern; 21 Network; 22 CoeffLatency; 23 CoeffCost; 24 CoeffBandwidth; 25 CacheTime
201 n 26 RetryCount; 27 SrcId; 28 DestId; 29 Proxy; 2A UserName; 2B Password
201 n 2C Type; 2D Override; 2E Enabled; 2F RequirePW; 30 DialAsLocalCall; 31 AltDnsAddr
201 n 32 AltWinsAddr; 33 DeviceName; 34 DeviceType; 35 DnsAddr; 36 Framing; 37 FrameSize
201 n 38 IpAddr; 39 Script; 3A WinsAddr; 3B DeviceSpecificRAW; 3C SpecificNameServers; 3D IpHeaderCompression
201 n 3E SwCompression; 3F UserCountryAndAreaCodes; 45 RequireEncryptedPw; 46 RequireMSEncryptedPw; 47 RequireDataEncryption; 48 Domain
201 n 49 Phone; 4A AreaCode
202 t 05 BrowserFavorite; 20 Sync; 21 Settings; 22 Connection; 24 Contacts; 25 Calendar
202 t 26 FolderHierarchy; 4A Locale
202 n 06 URL; 2A NotificationsEnabled; 2B ConflictResolution; 2C SyncSwitchPurge; 2D DisconnectWhenDone; 2E SyncAfterTimeWhenCradled
202 n 2F BodyTruncation; 30 AutoSync; 31 ConflictResolutionHelp; 32 SyncAfterTime; 33 AutoSyncWhenCradled; 34 SavePassword
202 n 35 User; 36 Server; 37 FolderType; 38 DeviceID; 39 Device; 3A URI
202 n 3B EmailAgeFilter; 3C SaveSentItems; 3D MailFileAttachments; 3E MailBodyTruncation; 3F CalendarAgeFilter; 45 SyncEnabled
202 n 46 VersionMajor; 47 VersionMinor; 4B LOCALE_INEGCURR; 4C LOCALE_SMONTHOUSANDSEP; 4D LOCALE_ICURRDIGITS; 4E LOCALE_SMONDECIMALSEP
202 n 4F LOCALE_ICURRENCY; 51 LOCALE_INEGNUMBER; 52 LOCALE_STHOUSAND; 53 LOCALE_IDIGITS; 54 LOCALE_SDECIMAL; 58 Language
202 n 59 Locale
203 t 05 Home; 06 HKCU\ControlPanel\Home; 0C Uninstall; 0D uninstall; 10 Clock; 21 SMTP
203 t 22 POP3; 23 IMAP4; 27 CertificateStore; 28 Unprivileged Execution Trust Authorities; 29 Privileged Execution Trust Authorities; 2A SPC
203 t 2B ROOT; 2C My; 2D CA; 30 FileOperation; 31 MakeDir; 32 RemoveDir
203 t 33 Shortcut; 34 Copy; 35 Move; 36 Delete; 37 Extract; 45 Sounds
203 t 46 HKCU\ControlPanel\Sounds\; 50 Metabase; 51 label; 52 options
203 n 07 DeleteScheme; 08 BgImage; 09 ColorScheme; 0A Scheme; 11 AlarmTime; 12 AlarmOn
203 n 13 Time; 14 TimeZone; 15 Date; 25 CONNECTIONID; 26 REPLYADDR; 2E Role
203 n 2F EncodedCertificate; 38 NoOverwriteIfNewer; 39 NoOverwrite; 3A ForceDelete; 3B NoTransaction; 3C SelfRegister
203 n 3D Shared; 3E Source; 47 DeleteRingTone; 48 MessageBox; 49 Sound; 4A Mode
203 n 53 datatype
204 t 05 Engines; 06 Providers; 07 Sources; 08 CarrierConnectorList; 2A CM_WiFiEntries; 30 Bluetooth
204 t 32 Obex; 33 HKLM\Software\Microsoft\Obex; 35 SpeedDial; 45 EMAIL2; 46 NAMEDPROPS; 47 TAGPROPS
204 n 09 AllowSSLOption; 0A CarrierConnector; 0B ClientNegotiated; 0C ClientProtocolVersion; 0D DeviceAddressingMethod; 0E DevicePhoneNumber
204 n 0F DevicePhoneReadOnly; 10 DeviceSMSAddress; 11 IncludeRemoteManualSync; 12 IncludeRemoteSync; 13 MIMETruncation; 14 NotificationSupported
204 n 15 OffPeakFrequency; 16 OutboundMailDelay; 17 PeakEndTime; 18 PeakFrequency; 19 PeakStartTime; 1A RadioEnabledDevice
204 n 1B SendMailItemImmediately; 1C SyncAfterCount; 1D SyncWhenRoaming; 1E Logging; 1F UseSSL; 20 ConflictResolutionHelp
204 n 21 PCurHelp; 22 PeakDaysLink; 23 PeakTimesHelp; 24 ScheduleHelp; 25 SyncAfterTimeWhenCradledHelp; 31 BtMode
204 n 34 IsEnabled; 36 Key
201 v 85 HKCU\; 86 HKLM\; 87 HKCR\; 88 ControlPanel\; 89 Inbox\; 8A Software\; 8B Microsoft\; 8C Windows
201 v 8D Phone; 8E AirSync\; 8F Settings; 90 MessengerService\; 91 Default; 92 Timeout; 93 Security; 94 Sound
201 v 95 Sounds; 96 Policies; 97 Policy
";

/// Elements: page, token, name.
const TAGS: [(u8, u8, &str); 7] = [
    (0, 0x05, "wap-provisioningdoc"),
    (0, 0x06, "characteristic"),
    (0, 0x07, "parm"),
    (200, 0x20, "characteristic-query"),
    (200, 0x21, "parm-query"),
    (200, 0x22, "nocharacteristic"),
    (200, 0x23, "noparm"),
];

/// Every row of the table: page, kind, token, text.
pub(crate) fn rows() -> Vec<(u8, char, u8, &'static str)> {
    let mut rows = Vec::new();
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        let mut parts = line.splitn(3, ' ');
        let mut part = || parts.next().expect("three parts");
        let (page, kind, list) = (part(), part(), part());
        let page = page.parse().expect("a page");
        let kind = kind.chars().next().expect("a kind");
        for item in list.split("; ") {
            let (token, text) = item.split_once(' ').expect("a token and a text");
            let token = u8::from_str_radix(token, 16).expect("hexadecimal");
            rows.push((page, kind, token, text));
        }
    }
    rows
}

/// What a document says, in one line: `tag{attribute=value}(inside)`.
pub(crate) fn decode(bytes: &[u8]) -> String {
    assert_eq!(&bytes[..3], b"\x03\x0B\x6A");
    let (mut at, mut length) = (3, 0);
    loop {
        let byte = bytes[at];
        at += 1;
        length = length << 7 | usize::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            break;
        }
    }
    let mut decoder = Decoder {
        bytes,
        table: &bytes[at..at + length],
        at: at + length,
        pages: (0, 0),
        rows: rows(),
    };
    let text = decoder.element();
    assert_eq!(decoder.at, bytes.len());
    text
}

struct Decoder<'a> {
    bytes: &'a [u8],
    table: &'a [u8],
    at: usize,
    /// Of tags, and of attributes.
    pages: (u8, u8),
    rows: Vec<(u8, char, u8, &'static str)>,
}

impl Decoder<'_> {
    fn next(&mut self) -> u8 {
        self.at += 1;
        self.bytes[self.at - 1]
    }

    fn text_at(bytes: &[u8]) -> String {
        let end = bytes.iter().position(|byte| *byte == 0).expect("its end");
        String::from_utf8(bytes[..end].to_vec()).expect("UTF-8")
    }

    fn string_of_table(&mut self) -> String {
        let mut offset = 0;
        loop {
            let byte = self.next();
            offset = offset << 7 | usize::from(byte & 0x7F);
            if byte & 0x80 == 0 {
                return Self::text_at(&self.table[offset..]);
            }
        }
    }

    fn element(&mut self) -> String {
        let mut token = self.next();
        while token == 0 {
            self.pages.0 = self.next();
            token = self.next();
        }
        let mut text = match token & 0x3F {
            4 => self.string_of_table(),
            bare => {
                let page = self.pages.0;
                let tag = TAGS.iter().find(|one| (one.0, one.1) == (page, bare));
                tag.unwrap_or_else(|| panic!("tag {bare:02x} of {page}"))
                    .2
                    .to_owned()
            }
        };
        if token & 0x80 != 0 {
            text.push_str(&self.attributes());
        }
        if token & 0x40 != 0 {
            text.push('(');
            while self.bytes[self.at] != 1 {
                text.push_str(&self.element());
            }
            self.at += 1;
            text.push(')');
        }
        text
    }

    fn attributes(&mut self) -> String {
        let mut text = String::new();
        loop {
            let token = self.next();
            let page = self.pages.1;
            match (page, token) {
                (_, 0) => self.pages.1 = self.next(),
                (_, 1) => return if text.is_empty() { text } else { text + "}" },
                (_, 3) => {
                    let string = Self::text_at(&self.bytes[self.at..]);
                    self.at += string.len() + 1;
                    text.push_str(&string);
                }
                (_, 0x83) => text.push_str(&self.string_of_table()),
                (_, 4) => {
                    let name = self.string_of_table();
                    text.push_str(&format!("}}{{{name}="));
                }
                (0 | 1, 0x05) => text.push_str("}{name="),
                (0 | 1, 0x06) => text.push_str("}{value="),
                (0 | 1, 0x50) => text.push_str("}{type="),
                _ => {
                    let row = self.rows.iter().find(|row| (row.0, row.2) == (page, token));
                    let row = row.unwrap_or_else(|| panic!("token {token:02x} of {page}"));
                    text.push_str(&match row.1 {
                        't' => format!("}}{{type={}", row.3),
                        'n' => format!("}}{{name={}", row.3),
                        _ => row.3.to_owned(),
                    });
                }
            }
        }
    }
}
