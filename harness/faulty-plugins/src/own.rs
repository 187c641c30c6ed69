//! The library's path, and the settings that otherwise only the SDK's client reads.

use std::ffi::{CStr, OsStr, c_void};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ics_entitlement::Unavailable;
use serde::Deserialize;

/// The settings with the server's URL and its trusted roots.
#[derive(Deserialize)]
pub(crate) struct Server {
    url: Option<String>,
    /// Files with trusted roots, in PEM.
    #[serde(default)]
    pub(crate) ca: Vec<PathBuf>,
}

impl Server {
    /// Reads the settings: those of the file, and of the compiled-in ones what it does not set.
    pub(crate) fn read() -> Result<Self, Unavailable> {
        let compiled_in: Self = toml::from_str(include_str!("settings.toml"))?;
        let file = library()?.with_extension("toml");
        let mut server: Self = match std::fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(compiled_in),
            Err(error) => return Err(error.into()),
        };
        server.url = server.url.or(compiled_in.url);
        Ok(server)
    }

    /// Host, port and path of the server.
    pub(crate) fn host_port_path(&self) -> Result<(String, u16, String), Unavailable> {
        let url = self.url.as_deref().unwrap_or_default();
        let rest = url
            .strip_prefix("https://")
            .ok_or_else(|| Unavailable::because(url))?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
        Ok((host.to_owned(), port.parse()?, format!("/{path}")))
    }
}

/// The path of this library, as the loader knows it.
pub(crate) fn library() -> Result<PathBuf, Unavailable> {
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: all zeroes is a valid `Dl_info`. The name, if there is one, belongs to the loader and is
    // valid as long as this library is loaded.
    let name = unsafe {
        libc::dladdr(library as *const c_void, info.as_mut_ptr());
        let info = info.assume_init();
        if info.dli_fname.is_null() {
            return Err(Unavailable::because(
                "the loader does not know this library",
            ));
        }
        CStr::from_ptr(info.dli_fname)
    };
    Ok(Path::new(OsStr::from_bytes(name.to_bytes())).to_owned())
}
