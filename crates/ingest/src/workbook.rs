//! A workbook of any form, handed row by row to a sink: the part of reading that goes through other people's parsers, and that a run
//! therefore does in a process of its own.

use std::fs::File;

use crate::form::{Sniffed, expect_xls, expect_xlsx, sniff};
use crate::html::read_html;
use crate::problem::FileProblem;
use crate::report::FileForm;
use crate::row_sink::RowSink;
use crate::xls::read_xls;
use crate::xlsx::read_xlsx;

/// Reads `file`, called `name` in problems, from its beginning.
pub(crate) fn read_workbook(mut file: File, name: &str, sink: &mut dyn RowSink) -> Result<(), FileProblem> {
    let again = |file: &File| file.try_clone().map_err(|error| FileProblem::io(name, &error));
    match sniff(&mut file, name)? {
        Sniffed::Archive => {
            expect_xlsx(again(&file)?, name)?;
            sink.form(FileForm::Xlsx)?;
            read_xlsx(&file, name, sink)
        }
        Sniffed::Compound => {
            expect_xls(&mut file, name)?;
            sink.form(FileForm::Xls)?;
            read_xls(file, name, sink)
        }
        Sniffed::Html => {
            sink.form(FileForm::Html)?;
            read_html(file, name, sink)
        }
        Sniffed::Text | Sniffed::Parquet => Err(FileProblem::damaged(name, "", None, "读取期间文件被改动")),
    }
}
