//! The hostile files that commands are given.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::program::{args, run};

/// A colour that the harness has not, CSI in one character, BEL, bidirectional
/// controls, characters without width, a line separator, DEL, and a line of its own.
pub(super) const HOSTILE: &str =
    "\x1b[35;47m\u{9b}2J\x07\u{202e}\u{2066}\u{200f}\u{200b}\u{2028}\x7f\rX\nFORGED";

/// The same as XML may have it.
pub(super) const HOSTILE_XML: &str = "\u{9b}2J\u{202e}\u{2066}\u{200f}\u{200b}\u{2028}\u{7f}";

/// Prints, asks for a name, sends a request and begins a handshake, all hostile.
pub(super) const PLUGIN: &str = r#"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVIL "\x1b[35;47m\xc2\x9b" "2J\x07\xe2\x80\xae\x9b\r"

static void send_to(int port, const void *bytes, size_t length) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    char answer[256];
    inet_pton(AF_INET, "203.0.113.9", &to.sin_addr);
    if (!connect(fd, (void *)&to, sizeof to) && write(fd, bytes, length) > 0)
        while (read(fd, answer, sizeof answer) > 0) {}
    close(fd);
}

int IsEntitled(void) {
    unsigned char question[64] = "\0\1\1\0\0\1\0\0\0\0\0\0\x0b\x1b[35mR\xc2\x9b" "1mD\0\0\1\0\1";
    struct sockaddr_in dns = {.sin_family = AF_INET, .sin_port = htons(53)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct timeval wait = {.tv_sec = 2};
    inet_pton(AF_INET, "192.0.2.53", &dns.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    sendto(fd, question, 12 + 1 + 11 + 1 + 4, 0, (void *)&dns, sizeof dns);
    recv(fd, question, sizeof question, 0);
    close(fd);
    const char *request = "GET /a?\xc2\x9b" "31m HTTP/1.1\r\nHost: x" "\xc2\x9b" "2J\xe2\x80\xae\x9b\r\n"
                          "Connection: close\r\n\r\n";
    send_to(80, request, strlen(request));
    const char *method = "G\x1b[35;47mT / HTTP/1.1\r\n\r\n";
    send_to(80, method, strlen(method));
    unsigned char hello[] = "\x16\x03\x01\0\x4a\x01\0\0\x46\x03\x03" "01234567890123456789012345678901"
                            "\0\0\x02\xc0\x2f\x01\0\0\x1b\0\0\0\x0f\0\x0d\0\0\x0a\x1b[35;47m\xc2\x9b"
                            "\0\x0d\0\x04\0\x02\x04\x03";
    send_to(443, hello, sizeof hello - 1);
    fputs(EVIL "\nFORGED\n", stdout);
    fflush(stdout);
    fputs(EVIL "\nFORGED\n", stderr);
    return 77;
}
"#;

/// The files that commands are given; their folder has a hostile name itself.
pub(super) struct Bed {
    pub(super) folder: TempDir,
    pub(super) at: PathBuf,
}

impl Bed {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().join(HOSTILE);
        fs::create_dir(&at).expect("made");
        let bed = Self { folder, at };
        bed.write("plugin.c", PLUGIN);
        bed.write("dependency.c", "int dependency(void) { return 0; }\n");
        bed.write(
            "needs.c",
            "int dependency(void);\nint IsEntitled(void) { return dependency(); }\n",
        );
        bed.compile(&["plugin.c"], "plugin.so");
        // What it needs has a hostile name, and is gone when it is loaded.
        let soname = format!("-Wl,-soname,{}", HOSTILE.replace(',', ""));
        bed.compile(&["dependency.c", &soname], "dependency.so");
        bed.compile(&["needs.c", "dependency.so"], "needs.so");
        fs::remove_file(bed.at.join("dependency.so")).expect("removed");
        bed.write(
            "good.xml",
            &format!(
                r#"<wap-provisioningdoc>
    <characteristic type="HotSpot">
        <parm name="Enabled" value="true"/>
        <parm name="EntitlementDll" value="C:\plugin.dll"/>
    </characteristic>
    <characteristic type="CM_CellularEntries">
        <characteristic type="{HOSTILE_XML}">
            <parm name="UserName" value="{HOSTILE_XML}"/>
            <parm name="Other{HOSTILE_XML}" value="{HOSTILE_XML}"/>
        </characteristic>
    </characteristic>
</wap-provisioningdoc>
"#
            ),
        );
        let bad = format!(
            "<wap-provisioningdoc>\n<characteristic type=\"{HOSTILE_XML}\">\n\
             <parm name=\"\x1b[35;47m\" value=\"\x07\u{9b}\"/>\n</characteristic>\n\
             <{HOSTILE_XML}/></wap-provisioningdoc>\n"
        );
        let bad = [bad.as_bytes(), b"\xff\x9b"].concat();
        fs::write(bed.at.join("bad.xml"), bad).expect("written");
        bed
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.at.join(name), text).expect("written");
    }

    pub(super) fn compile(&self, what: &[&str], to: &str) {
        let status = Command::new("cc")
            .current_dir(&self.at)
            .args(["-shared", "-fPIC", "-w", "-o", to])
            .args(what)
            .status();
        assert!(status.expect("the compiler starts").success(), "{what:?}");
    }

    /// The path of a file, as an argument. That of one which is not there is no UTF-8.
    pub(super) fn file(&self, name: &str) -> OsString {
        let gone = name
            .strip_prefix("gone")
            .map(|rest| OsString::from_vec([b"gone\xff\x9b", rest.as_bytes()].concat()));
        let name = gone.unwrap_or_else(|| name.into());
        self.at.join(name).into_os_string()
    }

    /// A device that the good document was applied to.
    pub(super) fn device(&self) -> OsString {
        let device = self.file("device");
        if !Path::new(&device).exists() {
            let result = run(args(&["provision", "apply"])
                .file(self.file("good.xml"))
                .with(&["--state"])
                .file(device.clone()));
            assert_eq!(result.code, Some(0), "{result:?}");
        }
        device
    }

    /// What the document becomes, written to a file.
    pub(super) fn made(&self, command: &str, to: &str) -> OsString {
        let to = self.file(to);
        let made = args(&["provision", command])
            .file(self.file("good.xml"))
            .with(&["--output"])
            .file(to.clone());
        let made = match command {
            "sign" => made.with(&["--method", "userpin", "--pin", "1234"]),
            _ => made,
        };
        let result = run(made);
        assert_eq!(result.code, Some(0), "{result:?}");
        to
    }
}
