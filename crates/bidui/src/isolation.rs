//! Workbooks from outside are parsed by a process of their own: this same program, started with the open file as its input and nothing else
//! (no path, no environment), under limits of memory and time that it sets on itself before the first byte (`limits.rs`).
//!
//! The process that asked waits for rows; the time it waits is counted, not the time it takes over them. A process that asks for too much, or
//! takes too long, or crashes, costs its file one message, and the run goes on.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitCode, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bidui_ingest::{
    FileProblem, FileReport, Isolation, ProcessEnd, ReadOptions, WorkbookProcess, WorkbookRows, parse_workbook,
    read_file_apart,
};
use bidui_model::{DataContract, RawChunk};

use crate::limits;

/// The command's name on the command line; for this program alone, so that no help shows it.
const COMMAND: &str = "read-workbook";
/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(100);
/// For a process that has closed its output, to be gone.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the standard library says last.
const OUT_OF_MEMORY: &[u8] = b"memory allocation of";

/// Reads a file, workbooks in a process of their own.
pub(crate) fn read_file(
    path: &Path,
    name: &str,
    contract: &DataContract,
    options: &ReadOptions,
    sink: &mut dyn FnMut(RawChunk),
) -> Result<FileReport, FileProblem> {
    read_file_apart(apart(), path, name, contract, options, sink)
}

/// The way in for a room's other readers.
pub(crate) fn apart() -> Isolation<'static> {
    Isolation::Child(&OwnProcess)
}

/// Whether this process was started to parse a workbook.
pub(crate) fn is_asked() -> bool {
    let mut words = std::env::args_os().skip(1);
    words.next().is_some_and(|word| word == COMMAND) && words.next().is_none()
}

/// Parses the workbook on standard input.
pub(crate) fn parse() -> ExitCode {
    // Its words could hold a value of the file.
    std::panic::set_hook(Box::new(|_| {}));
    let parsed = limits::take().and_then(|()| {
        let (input, output) = limits::own_pipes()?;
        parse_workbook(input, &mut BufWriter::with_capacity(64 << 10, output))
    });
    if parsed.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Starts this program anew.
struct OwnProcess;

impl WorkbookProcess for OwnProcess {
    fn start(&self, file: File) -> std::io::Result<Box<dyn WorkbookRows>> {
        let mib = file.metadata()?.len() >> 20;
        let child = Command::new(own_program()?)
            .arg(COMMAND)
            .env_clear()
            // Windows finds its own libraries by it.
            .envs(std::env::var_os("SystemRoot").map(|folder| ("SystemRoot", folder)))
            .env(limits::MIB, mib.to_string())
            .stdin(Stdio::from(file))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Box::new(follow(child, mib, limits::waiting_seconds(mib))?))
    }
}

/// Reads from a process that works on a file of so many MiB, and waits for it so many seconds at most.
fn follow(mut child: Child, mib: u64, seconds: u64) -> std::io::Result<Rows> {
    let fence = limits::fence(&child)?;
    let (Some(rows), Some(words)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(std::io::ErrorKind::BrokenPipe.into());
    };
    let watched = Arc::new(Watched {
        child: Mutex::new(child),
        clock: Mutex::new(Clock::default()),
        limit: seconds,
        is_late: AtomicBool::new(false),
    });
    let (stop, stopped) = mpsc::channel::<()>();
    let watcher = std::thread::Builder::new().stack_size(64 << 10).spawn({
        let watched = Arc::clone(&watched);
        move || watched.watch(&stopped)
    })?;
    let rows = BufReader::with_capacity(64 << 10, rows);
    Ok(Rows { rows, words, watched, watcher: Some((stop, watcher)), mib, _fence: fence })
}

/// On Linux by the link to the image itself, which stays what it is when the program's file is exchanged during a run.
fn own_program() -> std::io::Result<PathBuf> {
    let link = PathBuf::from("/proc/self/exe");
    if cfg!(target_os = "linux") && link.exists() { Ok(link) } else { std::env::current_exe() }
}

/// What the reader and the watcher of a process share.
struct Watched {
    child: Mutex<Child>,
    clock: Mutex<Clock>,
    /// Seconds that may be waited for it.
    limit: u64,
    is_late: AtomicBool,
}

/// How long the process was waited for.
#[derive(Default)]
struct Clock {
    waited: Duration,
    since: Option<Instant>,
}

impl Watched {
    fn watch(&self, stopped: &mpsc::Receiver<()>) {
        while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            let waited = {
                let clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
                clock.waited + clock.since.map_or(Duration::ZERO, |since| since.elapsed())
            };
            if waited > Duration::from_secs(self.limit) {
                self.is_late.store(true, Ordering::Relaxed);
                let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).kill();
                return;
            }
        }
    }
    fn start_clock(&self) {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner).since = Some(Instant::now());
    }
    fn stop_clock(&self) {
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(since) = clock.since.take() {
            clock.waited += since.elapsed();
        }
    }
}

struct Rows {
    rows: BufReader<ChildStdout>,
    words: ChildStderr,
    watched: Arc<Watched>,
    watcher: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
    /// Size of the file.
    mib: u64,
    _fence: limits::Fence,
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.watched.start_clock();
        let read = self.rows.read(buffer);
        self.watched.stop_clock();
        read
    }
}

impl WorkbookRows for Rows {
    fn end(mut self: Box<Self>) -> ProcessEnd {
        let status = self.bury(FAREWELL);
        // Nothing else of its words is looked at, let alone repeated.
        let mut words = Vec::new();
        let _ = (&mut self.words).take(4096).read_to_end(&mut words);
        let asked_too_much = words.windows(OUT_OF_MEMORY.len()).any(|part| part == OUT_OF_MEMORY);
        if self.watched.is_late.load(Ordering::Relaxed) {
            return ProcessEnd::OutOfTime { limit_seconds: self.watched.limit };
        }
        match status.map(|status| limits::ended_by(&status)) {
            _ if asked_too_much => ProcessEnd::OutOfMemory { limit_mib: limits::MEMORY_MIB },
            Some(limits::EndedBy::Kill) => ProcessEnd::Killed,
            Some(limits::EndedBy::Time) => ProcessEnd::OutOfTime { limit_seconds: limits::cpu_seconds(self.mib) },
            Some(limits::EndedBy::Itself) => ProcessEnd::Itself,
            Some(limits::EndedBy::Crash) | None => ProcessEnd::Crash,
        }
    }
}

impl Rows {
    /// Waits for the process to go, and ends it if it does not; `None` when it had to be ended.
    fn bury(&mut self, patience: Duration) -> Option<ExitStatus> {
        let (stop, watcher) = self.watcher.take()?;
        drop(stop);
        let _ = watcher.join();
        let mut child = self.watched.child.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now() + patience;
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(2)),
                _ => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return None;
                }
            }
        }
    }
}

/// A reader that gives up leaves no process behind.
impl Drop for Rows {
    fn drop(&mut self) {
        self.bury(Duration::ZERO);
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// How a process ends that does this, waited for so many seconds.
    fn check(script: &str, seconds: u64, expected: ProcessEnd) {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut rows = Box::new(follow(command.spawn().unwrap(), 1, seconds).unwrap());
        let mut sent = Vec::new();
        rows.read_to_end(&mut sent).unwrap();
        assert_eq!(rows.end(), expected, "{script}");
    }

    #[test]
    fn a_process_that_is_waited_for_too_long_is_ended() {
        check("exec sleep 60", 0, ProcessEnd::OutOfTime { limit_seconds: 0 });
    }

    #[test]
    fn the_way_a_process_ends_says_what_it_ran_into() {
        check("exit 0", 60, ProcessEnd::Itself);
        check("exit 1", 60, ProcessEnd::Crash);
        check("kill -SEGV $$", 60, ProcessEnd::Crash);
        check("kill -XCPU $$", 60, ProcessEnd::OutOfTime { limit_seconds: limits::cpu_seconds(1) });
        check("kill -KILL $$", 60, ProcessEnd::Killed);
        let words = "echo memory allocation of 1 bytes failed >&2; kill -ABRT $$";
        check(words, 60, ProcessEnd::OutOfMemory { limit_mib: limits::MEMORY_MIB });
    }
}
