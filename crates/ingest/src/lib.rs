//! Floor 1: extracts as departments send them become chunks of raw cells, each row with its origin.
//!
//! In: the text of feeds/*.toml, the names of a month's files, and the files: CSV and its like in UTF-8, GB18030 and UTF-16, XLSX, XLS,
//! pages with tables, Parquet, told apart by content. Out: checked [`DataContract`](bidui_model::DataContract)s, an [`Assignment`] of files to them, and
//! [`RawChunk`](bidui_model::RawChunk)s whose columns stand in the contract's order, with a [`FileReport`].
//!
//! A file can be read without a contract, too, as sheets of cells ([`read_grid`]): lists that come back are.
//!
//! Every row under the headings is in a chunk's `rows` or in its `rejects`: `received = kept + set aside`.
//!
//! Workbooks and pages go through other people's parsers, and a run parses them in processes of their own ([`Isolation`]): this room says what
//! such a process does ([`parse_workbook`]) and takes its rows; who starts it is not this room's business.
//!
//! This room never interprets a value (that is `normalize`), never holds an extract whole (the old XLS format and pages excepted, which cannot
//! be streamed), never writes, never prints, and never panics on a file: a panic in a library becomes [`FileProblem::Damaged`].

mod compile;
mod compile_columns;
mod compile_reshape;

mod assign;

mod problem;
mod report;

mod heading;
mod heading_kind;
mod heading_map;
mod heading_search;

mod chunks;
mod classify;
mod intake;
mod merges;
mod reshape;
mod row;
mod row_sink;

mod cells;
mod decode;
mod form;
mod grid;
mod html;
mod marks;
mod page_text;
#[cfg(feature = "parquet")]
mod parquet;
mod read;
mod records;
mod text;
mod workbook;
mod xls;
mod xls_guard;
mod xlsx;
mod xlsx_guard;

mod isolation;
mod wire;

pub use assign::{Assignment, Contested, Stranger, assign};
pub use compile::{CONTRADICTION, ReadContract, compile_contract, read_contract};
pub use grid::{Grid, GridRow, GridSheet, read_grid};
pub use isolation::{Isolation, ProcessEnd, WorkbookProcess, WorkbookRows, parse_workbook};
pub use problem::{FileProblem, Spot};
pub use read::{ReadOptions, read_file, read_file_apart};
pub use report::{FileDigest, FileForm, FileReport, SheetSkip, TextEncoding};
