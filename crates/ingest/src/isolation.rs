//! Where workbooks are parsed: in this process, or in one of its own that may be stopped.
//!
//! The parsers are other people's and the files come from outside: some ask for terabytes, some for hours. A run hands each workbook, as an
//! open file and nothing else, to a process that has limits; what comes back is rows (`wire.rs`), and where they end early one
//! [`FileProblem`]. This room starts no process: whoever runs it passes the way in.

use std::fs::File;
use std::io::{Read, Write};

use crate::problem::FileProblem;
use crate::row_sink::RowSink;
use crate::wire::{RowSender, WireError, receive};
use crate::workbook::read_workbook;

/// Where workbooks are parsed. Delimited text and Parquet are always read in this process.
#[derive(Clone, Copy, Default)]
pub enum Isolation<'a> {
    /// For tests and examples over files that are trusted.
    #[default]
    InProcess,
    Child(&'a dyn WorkbookProcess),
}

/// Starts processes that call [`parse_workbook`].
pub trait WorkbookProcess: Sync {
    /// Starts one, with `file` to be read.
    fn start(&self, file: File) -> std::io::Result<Box<dyn WorkbookRows>>;
}

/// The output of such a process.
pub trait WorkbookRows: Read {
    /// Ends the process if it still runs, and says how it went.
    fn end(self: Box<Self>) -> ProcessEnd;
}

/// How a process ended that did not deliver its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessEnd {
    /// By itself, though its output was not whole.
    Itself,
    /// It asked for more than so many MiB of memory.
    OutOfMemory { limit_mib: u64 },
    /// It took more than so many seconds.
    OutOfTime { limit_seconds: u64 },
    /// Somebody else ended it: the system when memory ran out, or a person.
    Killed,
    /// It crashed.
    Crash,
}

/// The work of such a process: reads the workbook and writes its rows to `out`. Problems of the file are part of the output.
pub fn parse_workbook(file: File, out: &mut dyn Write) -> std::io::Result<()> {
    let mut sender = RowSender::new(out);
    let outcome = read_workbook(file, "", &mut sender);
    sender.end(&outcome)
}

/// Has `file` parsed elsewhere, and hands its rows to `sink`.
pub(crate) fn read_in_child(
    process: &dyn WorkbookProcess,
    file: File,
    name: &str,
    sink: &mut dyn RowSink,
) -> Result<(), FileProblem> {
    let mut rows = process.start(file).map_err(|_| FileProblem::Stopped {
        file: name.to_owned(),
        reason: "读取它的进程启动不了".to_owned(),
        advice: "请检查本机的内存和进程数后重新运行".to_owned(),
    })?;
    let received = receive(&mut rows, name, sink);
    let end = rows.end();
    match received {
        Ok(()) => Ok(()),
        Err(WireError::Problem(problem)) => Err(problem),
        Err(WireError::Broken) => Err(stopped(name, end)),
    }
}

fn stopped(name: &str, end: ProcessEnd) -> FileProblem {
    let reason = match end {
        ProcessEnd::OutOfMemory { limit_mib } => format!("占用的内存超过{limit_mib}MiB，文件异常或过大"),
        ProcessEnd::OutOfTime { limit_seconds } => format!("用时超过{limit_seconds}秒，文件异常或过大"),
        ProcessEnd::Killed => "读取它的进程被从外部结束，或本机内存不足".to_owned(),
        ProcessEnd::Crash | ProcessEnd::Itself => "文件使读取它的进程意外退出".to_owned(),
    };
    let advice = match end {
        ProcessEnd::Killed => "请重新运行；仍然如此的，请另存为CSV或拆成几份后重新报送",
        _ => "请在表格软件中打开，删去空白的行列，另存为xlsx或CSV后重新报送，过大的请拆成几份",
    };
    FileProblem::Stopped { file: name.to_owned(), reason, advice: advice.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_somebody_ended_is_not_said_to_be_too_large() {
        let said = stopped("甲.xlsx", ProcessEnd::Killed).to_string();
        assert!(said.contains("从外部结束") && said.contains("请重新运行") && !said.contains("MiB"), "{said}");
        let said = stopped("甲.xlsx", ProcessEnd::OutOfMemory { limit_mib: 448 }).to_string();
        assert!(said.contains("占用的内存超过448MiB"), "{said}");
    }
}
