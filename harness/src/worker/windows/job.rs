//! Jobs: groups of processes that end together.

use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle, RawHandle};
use std::ptr;

use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
    JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION, JOB_OBJECT_LIMIT_JOB_MEMORY,
    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, SetInformationJobObject, TerminateJobObject,
};

use super::event::{check, owned};
use crate::worker::MAX_PROCESSES;

/// A job whose processes end when it is dropped, or when this process ends.
#[derive(Debug)]
pub(super) struct Job(OwnedHandle);

impl Job {
    /// A job of [`MAX_PROCESSES`] at most, which may use that much memory together.
    pub(super) fn new(memory: Option<u64>) -> io::Result<Self> {
        // SAFETY: A job without a name and with default security; null is allowed for both.
        let job = Self(owned(unsafe {
            CreateJobObjectW(ptr::null(), ptr::null())
        })?);
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
            | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION
            | JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
        limits.BasicLimitInformation.ActiveProcessLimit = MAX_PROCESSES;
        if let Some(memory) = memory.and_then(|memory| usize::try_from(memory).ok()) {
            limits.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_JOB_MEMORY;
            limits.JobMemoryLimit = memory;
        }
        let size = u32::try_from(size_of_val(&limits)).map_err(io::Error::other)?;
        // SAFETY: The structure is the one that this class of information has, and as long as is said.
        check(unsafe {
            SetInformationJobObject(
                job.0.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size,
            )
        })?;
        Ok(job)
    }

    pub(super) fn add(&self, process: RawHandle) -> io::Result<()> {
        // SAFETY: Both handles are valid.
        check(unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), process) })
    }

    /// Ends all of its processes.
    pub(super) fn terminate(&self) {
        // SAFETY: The handle is valid. It fails only where no process is left.
        unsafe { TerminateJobObject(self.0.as_raw_handle(), 1) };
    }
}
