//! What a process that parses a workbook may take, and how it is held to it. On Unix it limits itself (setrlimit). On Windows whoever starts
//! it puts it into a job object, which bounds its working set and goes down with the run; its time is bounded by the clock alone.

use std::process::{Child, ExitStatus};

/// Memory of the process, all its data together.
pub(crate) const MEMORY_MIB: u64 = 448;
/// The one word of its environment: the size of the file, which its time depends on.
pub(crate) const MIB: &str = "BIDUI_MIB";

/// Time on the processor. A workbook of 500,000 rows has some 25 MiB and takes a few seconds.
pub(crate) fn cpu_seconds(file_mib: u64) -> u64 {
    8 + file_mib.saturating_mul(2)
}

/// Time that may be waited for it, on however busy a machine.
pub(crate) fn waiting_seconds(file_mib: u64) -> u64 {
    60 + file_mib.saturating_mul(4)
}

/// How a process ended.
#[cfg_attr(not(unix), allow(dead_code, reason = "only Unix tells them apart"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndedBy {
    Itself,
    /// By a signal that no process can hold off: the system's own answer to too little memory, or somebody's.
    Kill,
    Time,
    Crash,
}

pub(crate) use system::{Fence, ended_by, fence, own_pipes, take};

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io::Result;
    use std::os::fd::AsFd;
    use std::os::unix::process::ExitStatusExt;

    use rlimit::Resource;

    use super::{Child, EndedBy, ExitStatus, MEMORY_MIB, MIB, cpu_seconds};

    /// Nothing: the process holds its own limits.
    pub(crate) struct Fence;

    #[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(crate) fn fence(_: &Child) -> Result<Fence> {
        Ok(Fence)
    }

    /// Limits this process, for good.
    pub(crate) fn take() -> Result<()> {
        let mib = std::env::var(MIB).ok().and_then(|word| word.parse().ok()).unwrap_or(0);
        let limit = |resource: Resource, most: u64| resource.set(most, most);
        limit(Resource::CORE, 0)?;
        limit(Resource::DATA, MEMORY_MIB << 20)?;
        // The first is a signal that ends the process; the second would end it without a word.
        let seconds = cpu_seconds(mib);
        Resource::CPU.set(seconds, seconds + 1)?;
        // It writes no file, and opens none but its two pipes anew.
        limit(Resource::FSIZE, 0)?;
        limit(Resource::NOFILE, 8)
    }

    /// Standard input and output as files, without the standard library's buffers.
    pub(crate) fn own_pipes() -> Result<(File, File)> {
        let input = std::io::stdin().as_fd().try_clone_to_owned()?;
        let output = std::io::stdout().as_fd().try_clone_to_owned()?;
        Ok((File::from(input), File::from(output)))
    }

    pub(crate) fn ended_by(status: &ExitStatus) -> EndedBy {
        const KILLED: i32 = 9;
        const OUT_OF_CPU_TIME: i32 = 24;
        match status.signal() {
            None if status.success() => EndedBy::Itself,
            Some(KILLED) => EndedBy::Kill,
            Some(OUT_OF_CPU_TIME) => EndedBy::Time,
            _ => EndedBy::Crash,
        }
    }
}

#[cfg(windows)]
mod system {
    use std::fs::File;
    use std::io::{Error, Result};
    use std::os::windows::io::{AsHandle, AsRawHandle};

    use win32job::{ExtendedLimitInfo, Job};

    use super::{Child, EndedBy, ExitStatus, MEMORY_MIB};

    /// The job; the process ends when this is dropped.
    pub(crate) struct Fence {
        _job: Job,
    }

    pub(crate) fn fence(child: &Child) -> Result<Fence> {
        let mut limits = ExtendedLimitInfo::new();
        limits.limit_working_memory(1 << 20, (MEMORY_MIB as usize) << 20).limit_kill_on_job_close();
        let job = Job::create_with_limit_info(&limits).map_err(Error::other)?;
        job.assign_process(child.as_raw_handle() as isize).map_err(Error::other)?;
        Ok(Fence { _job: job })
    }

    #[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(crate) fn take() -> Result<()> {
        Ok(())
    }

    /// Standard input and output as files, without the standard library's buffers.
    pub(crate) fn own_pipes() -> Result<(File, File)> {
        let input = std::io::stdin().as_handle().try_clone_to_owned()?;
        let output = std::io::stdout().as_handle().try_clone_to_owned()?;
        Ok((File::from(input), File::from(output)))
    }

    pub(crate) fn ended_by(status: &ExitStatus) -> EndedBy {
        if status.success() { EndedBy::Itself } else { EndedBy::Crash }
    }
}
