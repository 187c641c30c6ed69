//! Replaces functions of the C library in the tables of imported functions of the loaded libraries.
//!
//! A library calls a function of another one by way of an entry in a table of its own, which the loader fills. A new
//! value in these entries changes what the plugin and its libraries call, and nothing that this program calls.

use std::ffi::c_void;

use plt_rs::{DynamicLibrary, LoadedLibrary, collect_modules};
use rustix::mm::{MprotectFlags, mprotect};
use rustix::param::page_size;

/// The program header of what is read-only after the loader has filled it (`PT_GNU_RELRO`).
const READ_ONLY_AFTER_LOADING: u32 = 0x6474_e552;

/// The types of relocations that store a symbol's address: an entry for calls, one for data, and a pointer in data.
#[cfg(target_arch = "x86_64")]
const ADDRESSES: [u32; 3] = [7, 6, 1];
/// See above.
#[cfg(target_arch = "aarch64")]
const ADDRESSES: [u32; 3] = [1026, 1025, 257];
/// See above. Of other processors they are not known here, so nothing is replaced.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const ADDRESSES: [u32; 0] = [];

/// A function of the C library, and the one that is called in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replacement {
    pub(super) name: &'static str,
    pub(super) original: *const (),
    pub(super) replacement: *const (),
}

/// Until it is dropped, the libraries that were loaded when it was made call the replacements.
pub(super) struct Replaced<'a>(&'a [Replacement]);

impl<'a> Replaced<'a> {
    /// The replacements must take and return what the original functions do.
    pub(super) fn make(replacements: &'a [Replacement]) -> Result<Self, String> {
        // What was replaced before an error is put back by the destructor.
        let replaced = Self(replacements);
        for library in libraries() {
            library.for_each_entry(replacements, |replacement, entry| {
                library.write(entry, replacement.replacement)
            })?;
        }
        Ok(replaced)
    }
}

impl Drop for Replaced<'_> {
    fn drop(&mut self) {
        // The plugin may have unloaded some libraries meanwhile, so the entries are looked for again.
        for library in libraries() {
            let put_back = library.for_each_entry(self.0, |replacement, entry| {
                // SAFETY: The entry is in the table of a library that is loaded.
                let value = unsafe { entry.read() };
                match std::ptr::eq(value, replacement.replacement) {
                    true => library.write(entry, replacement.original),
                    false => Ok(()),
                }
            });
            // The replacements do what the original functions do, and stay where they are.
            drop(put_back);
        }
    }
}

/// A loaded library with its tables.
struct Imports<'a> {
    library: DynamicLibrary<'a>,
    /// The addresses that became read-only after loading.
    read_only: Option<(usize, usize)>,
}

/// The plugin's libraries and those of other programs: all but the C library and this program.
fn libraries<'a>() -> impl Iterator<Item = Imports<'a>> {
    let own = [libc::clock_gettime as *const (), has as *const ()];
    collect_modules()
        .into_iter()
        .filter(move |module| !own.iter().any(|function| has(module, *function)))
        .filter_map(|module| {
            let read_only = read_only_part(&module);
            let library = DynamicLibrary::initialize(module).ok()?;
            Some(Imports { library, read_only })
        })
}

/// Whether a function is in this library.
fn has(module: &LoadedLibrary<'_>, function: *const ()) -> bool {
    module.load_headers().any(|header| {
        let start = module.addr() + header.virtual_addr();
        (start..start + header.memory_size()).contains(&(function as usize))
    })
}

fn read_only_part(module: &LoadedLibrary<'_>) -> Option<(usize, usize)> {
    let header = module
        .program_headers()
        .find(|header| header.header_type() == READ_ONLY_AFTER_LOADING)?;
    let start = module.addr() + header.virtual_addr();
    Some((page_of(start), page_of(start + header.memory_size())))
}

/// The start of the page of an address.
fn page_of(address: usize) -> usize {
    address & !(page_size() - 1)
}

impl Imports<'_> {
    /// Finds the entries of these functions.
    fn for_each_entry(
        &self,
        replacements: &[Replacement],
        mut found: impl FnMut(&Replacement, *mut *const ()) -> Result<(), String>,
    ) -> Result<(), String> {
        let Some(symbols) = self.library.symbols() else {
            return Ok(());
        };
        let tables = [self.library.addend_relocs(), self.library.plt_rela()];
        let entries = tables
            .into_iter()
            .flatten()
            .flat_map(|table| table.entries());
        for entry in entries.filter(|entry| ADDRESSES.contains(&entry.symbol_type())) {
            let name =
                symbols.resolve_name(entry.symbol_index() as usize, self.library.string_table());
            let replacement = replacements
                .iter()
                .find(|replacement| name.as_deref() == Some(replacement.name));
            if let Some(replacement) = replacement {
                let address = self.library.base_addr() + entry.r_offset as usize;
                found(replacement, address as *mut *const ())?;
            }
        }
        Ok(())
    }

    /// Sets an entry.
    fn write(&self, entry: *mut *const (), function: *const ()) -> Result<(), String> {
        let page = page_of(entry as usize);
        let protect = |flags| {
            // SAFETY: The page belongs to the library's data. It becomes writable, and then what it was before.
            unsafe { mprotect(page as *mut c_void, page_size(), flags) }
                .map_err(|error| format!("cannot write to a table of functions: {error}"))
        };
        protect(MprotectFlags::READ | MprotectFlags::WRITE)?;
        // SAFETY: The entry is aligned, writable now, and read by the library as a pointer to a function of this type.
        unsafe { entry.write_volatile(function) };
        match self.read_only {
            Some((start, end)) if (start..end).contains(&page) => protect(MprotectFlags::READ),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    static CALLS: AtomicU32 = AtomicU32::new(0);

    extern "C" fn counted_time(_: *mut libc::time_t) -> libc::time_t {
        CALLS.fetch_add(1, Ordering::SeqCst);
        7
    }

    /// Compiles a library with a function that calls `time`, linked with these flags.
    fn library(flags: &[&str]) -> Option<libloading::os::unix::Library> {
        let folder = tempfile::tempdir().unwrap();
        let (source, library) = (folder.path().join("a.c"), folder.path().join("a.so"));
        let code = "#include <time.h>\nstatic time_t (*const volatile kept)(time_t *) = time;\n\
                    long now(void) { return (long)(time(0) + kept(0)); }\n";
        std::fs::write(&source, code).unwrap();
        let made = std::process::Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .args(flags)
            .status();
        if made.is_err() {
            println!("NOT SHOWN: there is no C compiler: install gcc or clang");
            return None;
        }
        assert!(made.unwrap().success());
        // SAFETY: The library has no initialisers.
        Some(
            unsafe { libloading::os::unix::Library::open(Some(&library), libc::RTLD_NOW) }.unwrap(),
        )
    }

    #[test]
    fn a_library_calls_the_replacement_until_it_is_put_back() {
        for flags in [
            ["-Wl,-z,relro,-z,now"].as_slice(),
            &["-Wl,-z,norelro,-z,lazy"],
            &["-Wl,-z,relro,-z,now", "-fno-plt"],
        ] {
            let Some(library) = library(flags) else {
                return;
            };
            // SAFETY: The function has this type.
            let now = unsafe { library.get::<unsafe extern "C" fn() -> i64>(b"now") }.unwrap();
            // SAFETY: It has no preconditions.
            let now = || unsafe { now() };
            let before = now();
            let replacements = [Replacement {
                name: "time",
                original: libc::time as *const (),
                replacement: counted_time as *const (),
            }];
            let replaced = Replaced::make(&replacements).unwrap();
            assert_eq!(now(), 14, "{flags:?}");
            drop(replaced);
            assert!(now() >= before, "{flags:?}");
            // SAFETY: This program calls the C library all the time.
            assert!(unsafe { libc::time(std::ptr::null_mut()) } > 7);
        }
        assert_eq!(CALLS.load(Ordering::SeqCst), 6);
    }
}
