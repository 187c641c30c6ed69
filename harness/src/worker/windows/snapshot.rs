//! Reads the state of the worker's process, without the worker's own resources. What it says, and in which words, is the
//! same as what the host says under Wine on Linux (`linux/wine/state.rs`).

use std::collections::BTreeSet;
use std::io;
use std::os::windows::io::AsRawHandle;
use std::path::Path;
use std::{env, ptr};

use windows_sys::Win32::System::Memory::{
    GetProcessHeaps, MEM_COMMIT, MEM_PRIVATE, MEMORY_BASIC_INFORMATION, VirtualQuery,
};
use windows_sys::Win32::System::ProcessStatus::{GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

use super::{console, handles, load, modules, processes, thread_id, thread_state};
use crate::worker::interpreter::{Detail, WorkerResources};
use crate::worker::observation::Snapshot;

/// Reads the present state of the process; call it on the main thread. `harness` is the libraries that are the harness's.
pub(super) fn take(own: &WorkerResources<'_>, harness: &BTreeSet<String>) -> io::Result<Snapshot> {
    // First the value that reading the others could change.
    let memory = match own.detail {
        Detail::Quick => None,
        Detail::WithMemory => Some(private_memory()),
    };
    let mut threads = own.threads.clone();
    threads.push(thread_id());
    let files = modules::files()?;
    let loaded_as = load::loaded_as().unwrap_or_else(|| own.plugin.display().to_string());
    let mapped = files.iter().any(|it| it.eq_ignore_ascii_case(&loaded_as));
    let mut descriptors = handles::all();
    if let Ok(channel) = i32::try_from(own.channel.as_raw_handle().addr()) {
        descriptors.remove(&channel);
    }
    let libraries = names(&files).filter(|name| !harness.contains(name));
    let libraries = libraries.collect();
    Ok(Snapshot {
        memory,
        peak_memory: peak_memory(),
        threads: processes::threads(&threads)?,
        children: processes::children()?,
        descriptors,
        keys_free: Some(thread_state::indexes_free()),
        files: own.folders.list(),
        folder: env::current_dir().map_or_else(
            |error| error.to_string(),
            |folder| folder.display().to_string(),
        ),
        // Those whose names begin with `=` are the current folders of drives.
        environment: env::vars_os()
            .map(|(name, value)| {
                let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
                (text(name), text(value))
            })
            .filter(|(name, _)| !name.starts_with('='))
            .collect(),
        mapped,
        libraries,
        locale: thread_state::locale(),
        rounding: thread_state::floating_point(),
        priority: thread_state::priority(),
        standard_descriptors: console::standard_handles(),
        console: console::console(),
        heaps: heaps(),
        thread_name: thread_state::thread_name(),
        ..Snapshot::default()
    })
}

/// The names of the libraries that are loaded, in lower case.
pub(super) fn libraries() -> BTreeSet<String> {
    names(&modules::files().unwrap_or_default()).collect()
}

fn names(files: &[String]) -> impl Iterator<Item = String> {
    files.iter().filter_map(|path| {
        let name = Path::new(path).file_name()?;
        Some(name.to_string_lossy().to_ascii_lowercase())
    })
}

/// The memory that is the process's own, in KiB: what is committed and no part of a file. Wine counts no such memory in the
/// system's own numbers.
fn private_memory() -> u64 {
    let mut region = MEMORY_BASIC_INFORMATION::default();
    let mut address = 0_usize;
    let mut bytes = 0;
    // SAFETY: The structure is as long as is said; any address may be asked for.
    while unsafe {
        VirtualQuery(
            ptr::without_provenance(address),
            &mut region,
            size_of::<MEMORY_BASIC_INFORMATION>(),
        )
    } != 0
    {
        if region.State == MEM_COMMIT && region.Type == MEM_PRIVATE {
            bytes += region.RegionSize as u64;
        }
        let next = region.BaseAddress.addr().checked_add(region.RegionSize);
        let Some(next) = next.filter(|next| *next > address) else {
            break;
        };
        address = next;
    }
    bytes / 1024
}

/// How many heaps the process has.
fn heaps() -> u32 {
    // SAFETY: Without room for their handles, it only says how many there are.
    unsafe { GetProcessHeaps(0, ptr::null_mut()) }
}

/// The most memory that the process has had resident so far, in KiB.
fn peak_memory() -> u64 {
    let size = u32::try_from(size_of::<PROCESS_MEMORY_COUNTERS>()).unwrap_or_default();
    let mut counters = PROCESS_MEMORY_COUNTERS {
        cb: size,
        ..PROCESS_MEMORY_COUNTERS::default()
    };
    // SAFETY: The handle is always valid, and the structure as long as is said.
    unsafe { GetProcessMemoryInfo(GetCurrentProcess(), &mut counters, size) };
    counters.PeakWorkingSetSize as u64 / 1024
}
