//! Starts the process of a worker.

use std::ffi::OsStr;
use std::io;
use std::iter::once;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsRawHandle, OwnedHandle, RawHandle};
use std::path::Path;
use std::ptr;

use windows_sys::Win32::System::Threading::{
    CREATE_SUSPENDED, CREATE_UNICODE_ENVIRONMENT, CreateProcessW, DETACHED_PROCESS,
    DeleteProcThreadAttributeList, EXTENDED_STARTUPINFO_PRESENT, InitializeProcThreadAttributeList,
    PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROCESS_INFORMATION, ResumeThread, STARTF_USESTDHANDLES,
    STARTUPINFOEXW, TerminateProcess, UpdateProcThreadAttribute,
};

use super::event::{check, owned};

/// A process that does not run yet. Dropping it ends it.
pub(super) struct Suspended {
    /// None once it runs.
    process: Option<OwnedHandle>,
    thread: OwnedHandle,
}

/// The handles 0, 1 and 2 of a process.
pub(super) struct StandardHandles<'a> {
    pub(super) input: &'a OwnedHandle,
    pub(super) output: &'a OwnedHandle,
    pub(super) error: &'a OwnedHandle,
}

impl Suspended {
    /// Starts a program that has no console, and inherits the standard handles and `inherited` only. These must be ones that
    /// can be inherited. `variables` is its whole environment, as the system wants it.
    pub(super) fn start(
        program: &Path,
        command_line: &str,
        standard: &StandardHandles<'_>,
        inherited: &[&OwnedHandle],
        variables: &[u16],
        folder: Option<&Path>,
    ) -> io::Result<Self> {
        let all = [standard.input, standard.output, standard.error];
        let all = all.iter().chain(inherited);
        let handles: Vec<RawHandle> = all.map(|handle| handle.as_raw_handle()).collect();
        let mut attributes = Attributes::with_handles(&handles)?;
        let mut startup = STARTUPINFOEXW {
            lpAttributeList: attributes.list(),
            ..STARTUPINFOEXW::default()
        };
        startup.StartupInfo.cb = u32::try_from(size_of_val(&startup)).map_err(io::Error::other)?;
        startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
        startup.StartupInfo.hStdInput = standard.input.as_raw_handle();
        startup.StartupInfo.hStdOutput = standard.output.as_raw_handle();
        startup.StartupInfo.hStdError = standard.error.as_raw_handle();
        let program = wide(program.as_os_str());
        let mut command_line = wide(OsStr::new(command_line));
        let folder = folder.map(|folder| wide(folder.as_os_str()));
        let mut made = PROCESS_INFORMATION::default();
        // SAFETY: All texts end with a zero, the environment with two; the command line may be written to. The structure with
        // the list of attributes is as long as it says, and the list and its handles live until the call returns.
        check(unsafe {
            CreateProcessW(
                program.as_ptr(),
                command_line.as_mut_ptr(),
                ptr::null(),
                ptr::null(),
                1,
                CREATE_SUSPENDED
                    | CREATE_UNICODE_ENVIRONMENT
                    | DETACHED_PROCESS
                    | EXTENDED_STARTUPINFO_PRESENT,
                variables.as_ptr().cast(),
                folder
                    .as_ref()
                    .map_or(ptr::null(), |folder| folder.as_ptr()),
                (&raw const startup.StartupInfo).cast(),
                &mut made,
            )
        })?;
        Ok(Self {
            process: Some(owned(made.hProcess)?),
            thread: owned(made.hThread)?,
        })
    }

    pub(super) fn handle(&self) -> RawHandle {
        self.process
            .as_ref()
            .map_or(ptr::null_mut(), AsRawHandle::as_raw_handle)
    }

    /// Lets it run.
    pub(super) fn resume(mut self) -> io::Result<OwnedHandle> {
        // SAFETY: The handle is valid.
        if unsafe { ResumeThread(self.thread.as_raw_handle()) } == u32::MAX {
            return Err(io::Error::last_os_error());
        }
        self.process
            .take()
            .ok_or_else(|| io::Error::other("the process runs already"))
    }
}

impl Drop for Suspended {
    fn drop(&mut self) {
        if let Some(process) = &self.process {
            // SAFETY: The handle is valid, and no code of the process has run yet.
            unsafe { TerminateProcess(process.as_raw_handle(), 1) };
        }
    }
}

/// Attributes of a new process.
struct Attributes<'a> {
    /// Aligned as pointers are.
    memory: Vec<usize>,
    _handles: &'a [RawHandle],
}

impl<'a> Attributes<'a> {
    /// The process inherits these handles only.
    fn with_handles(handles: &'a [RawHandle]) -> io::Result<Self> {
        let mut size = 0;
        // SAFETY: Without a list, it only says how long one is.
        unsafe { InitializeProcThreadAttributeList(ptr::null_mut(), 1, 0, &mut size) };
        let mut attributes = Self {
            memory: vec![0; size.div_ceil(size_of::<usize>())],
            _handles: handles,
        };
        let list = attributes.memory.as_mut_ptr().cast();
        // SAFETY: The memory is as long as the system said.
        if let Err(error) =
            check(unsafe { InitializeProcThreadAttributeList(list, 1, 0, &mut size) })
        {
            // It is no list that could be deleted.
            std::mem::forget(attributes);
            return Err(error);
        }
        // SAFETY: The list was initialised for one attribute; the handles live as long as the list.
        check(unsafe {
            UpdateProcThreadAttribute(
                list,
                0,
                PROC_THREAD_ATTRIBUTE_HANDLE_LIST as usize,
                handles.as_ptr().cast(),
                size_of_val(handles),
                ptr::null_mut(),
                ptr::null(),
            )
        })?;
        Ok(attributes)
    }

    fn list(&mut self) -> *mut core::ffi::c_void {
        self.memory.as_mut_ptr().cast()
    }
}

impl Drop for Attributes<'_> {
    fn drop(&mut self) {
        let list = self.list();
        // SAFETY: The list was initialised.
        unsafe { DeleteProcThreadAttributeList(list) };
    }
}

/// A text as the system wants it.
pub(super) fn wide(text: &OsStr) -> Vec<u16> {
    text.encode_wide().chain(once(0)).collect()
}
