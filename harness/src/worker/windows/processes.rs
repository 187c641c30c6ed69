//! The threads of the process, and the processes that it started.

use std::collections::BTreeMap;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CREATE_TOOLHELP_SNAPSHOT_FLAGS, CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW,
    Process32NextW, TH32CS_SNAPPROCESS, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First,
    Thread32Next,
};
use windows_sys::Win32::System::JobObjects::{
    JobObjectBasicProcessIdList, QueryInformationJobObject,
};
use windows_sys::Win32::System::Threading::GetCurrentProcessId;

use super::wine;
use crate::worker::MAX_PROCESSES;
use crate::worker::wine::starts_by_itself;

/// The threads of this process, by number, but for `own`.
pub(super) fn threads(own: &[i32]) -> io::Result<Vec<String>> {
    let list = list(TH32CS_SNAPTHREAD)?;
    let mut entry = THREADENTRY32 {
        dwSize: size_of_u32::<THREADENTRY32>(),
        ..THREADENTRY32::default()
    };
    let process = this_process();
    let mut threads = Vec::new();
    // SAFETY: The handle is that of a list, and the entry as long as it says; the same below.
    let mut more = unsafe { Thread32First(list.as_raw_handle(), &mut entry) };
    while more != 0 {
        let is_own = own.contains(&entry.th32ThreadID.cast_signed());
        if entry.th32OwnerProcessID == process && !is_own {
            threads.push(entry.th32ThreadID.to_string());
        }
        // SAFETY: See above.
        more = unsafe { Thread32Next(list.as_raw_handle(), &mut entry) };
    }
    Ok(threads)
}

/// The processes that this one started, that these started and so on, as `number name`. What the system starts by itself is
/// left out.
pub(super) fn children() -> io::Result<Vec<String>> {
    let all = processes()?;
    let own = this_process();
    // Those of the job include the ones whose parents have ended.
    let family = in_job().unwrap_or_default();
    let family: Vec<u32> = match family.is_empty() {
        true => descendants(own, &all),
        false => family.into_iter().filter(|number| *number != own).collect(),
    };
    let is_wine = wine::version().is_some();
    let child = |number: u32| {
        // One that is in the list no more has ended.
        let (_, name) = all.get(&number)?;
        (!starts_by_itself(name, is_wine)).then(|| format!("{number} {name}"))
    };
    Ok(family.into_iter().filter_map(child).collect())
}

fn descendants(of: u32, all: &BTreeMap<u32, (u32, String)>) -> Vec<u32> {
    let mut family = vec![of];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        let children = all.iter().filter(|(_, (of, _))| *of == parent);
        let children: Vec<u32> = children.map(|(number, _)| *number).collect();
        let new = children.into_iter().filter(|it| !family.contains(it));
        let new: Vec<u32> = new.collect();
        family.extend(new);
        next += 1;
    }
    family.split_off(1)
}

/// All processes: the number of each, that of its parent, and its name.
fn processes() -> io::Result<BTreeMap<u32, (u32, String)>> {
    let list = list(TH32CS_SNAPPROCESS)?;
    let mut entry = PROCESSENTRY32W {
        dwSize: size_of_u32::<PROCESSENTRY32W>(),
        ..PROCESSENTRY32W::default()
    };
    let mut processes = BTreeMap::new();
    // SAFETY: The handle is that of a list, and the entry as long as it says; the same below.
    let mut more = unsafe { Process32FirstW(list.as_raw_handle(), &mut entry) };
    while more != 0 {
        let end = entry.szExeFile.iter().position(|unit| *unit == 0);
        let name = &entry.szExeFile[..end.unwrap_or(entry.szExeFile.len())];
        let name = String::from_utf16_lossy(name);
        processes.insert(entry.th32ProcessID, (entry.th32ParentProcessID, name));
        // SAFETY: See above.
        more = unsafe { Process32NextW(list.as_raw_handle(), &mut entry) };
    }
    Ok(processes)
}

/// The processes of the job that this one is in.
fn in_job() -> io::Result<Vec<u32>> {
    /// How many words stand before the numbers: two counts of four bytes each.
    const HEAD: usize = 8 / size_of::<usize>();
    let mut words = vec![0_usize; HEAD + MAX_PROCESSES as usize];
    let size = u32::try_from(size_of_val(words.as_slice())).map_err(io::Error::other)?;
    // SAFETY: Without a handle, it is the job of this process. The buffer is aligned and as long as is said.
    super::event::check(unsafe {
        QueryInformationJobObject(
            ptr::null_mut(),
            JobObjectBasicProcessIdList,
            words.as_mut_ptr().cast(),
            size,
            ptr::null_mut(),
        )
    })?;
    // SAFETY: The buffer begins with two counts; the second is that of the numbers in it.
    let count = unsafe { words.as_ptr().cast::<u32>().add(1).read() } as usize;
    let numbers = words.iter().skip(HEAD).take(count);
    Ok(numbers
        .filter_map(|number| u32::try_from(*number).ok())
        .collect())
}

fn list(what: CREATE_TOOLHELP_SNAPSHOT_FLAGS) -> io::Result<OwnedHandle> {
    // SAFETY: It takes numbers.
    let list = unsafe { CreateToolhelp32Snapshot(what, 0) };
    match list == INVALID_HANDLE_VALUE {
        true => Err(io::Error::last_os_error()),
        // SAFETY: It is valid, and no one else has it.
        false => Ok(unsafe { OwnedHandle::from_raw_handle(list) }),
    }
}

fn this_process() -> u32 {
    // SAFETY: It takes nothing, and cannot fail.
    unsafe { GetCurrentProcessId() }
}

fn size_of_u32<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or(u32::MAX)
}
