//! Routing, relations, lists and publishing: the last room of a month.
//!
//! What comes in: the relations of the month as data frames, the people to be printed, the checked list plans, a route table.
//! What goes out: relations as Parquet (and CSV, up to a spreadsheet's length), workbooks for towns, departments and the district,
//! and a manifest, all at once.
//! What this room never does: decide who is warned, read an extract or a clock, print. It is the one room that sees both who and
//! what; what it shows of a person is the name and a masked ID number, and only on lists.

mod error;

mod route;

mod choices;
mod list_blame;
mod list_check;
mod list_compile;
mod list_expression;
mod list_functions;
mod list_names;
mod list_needs;
mod list_place;
mod list_plan;
mod list_query;
mod list_repeats;
mod list_return;
mod list_select;
mod list_tables;
mod list_text;
mod list_words;

mod cell;
mod cover;
mod instructions_sheet;
mod layout;
mod list_render;
mod list_sheet;
mod style;
mod workbook;

mod document;
mod document_tables;
mod docx;

mod page;

mod relation_csv;
mod relation_parquet;
mod relation_writer;

mod addition;
mod manifest;
mod staging;

pub use addition::Addition;
pub use choices::{Choice, Choices, Effect, compile_choices};
pub use cover::Deadlines;
pub use document::{Block, Document, DocumentTable};
pub use document_tables::document_tables;
pub use docx::write_document;
pub use error::EmitError;
pub use list_check::{REQUIRED, check_choices, check_list};
pub use list_compile::{compile_list, compile_lists, read_lists};
pub use list_needs::{NeededRows, TableNeed, table_need};
pub use list_plan::{
    AnswerKind, AnswerPlan, ColumnFormat, ColumnPlan, ListPlan, ListUse, PrintPlan, ReturnPlan, SheetPlan, Split,
    TO_READ,
};
pub use list_render::{Asked, IssuedRow, ListContext, Relations, RowTags, WrittenList, asked_for, render_lists};
pub use list_repeats::repeated_plans;
pub use list_return::DAYS_DONE;
pub use list_tables::{
    grid_roll_schema, heads_schema, is_report_table, list_tables, parameters_schema, people_schema, report_schema,
    review_rows_schema, sample_schema, sites_schema, told_schema, village_roll_schema, warned_schema,
};
pub use list_words::{ClosedColumn, ClosedColumns, NO_WORD, ODD_PATTERN};
pub use manifest::{Manifest, ManifestBalance, ManifestConfig, ManifestFile};
pub use page::{
    BarChart, BarRow, ChartMark, FlowChart, FlowColumn, FlowLink, FlowNode, LineChart, LineSeries, Page, PageCell,
    PageColumn, PageFigure, PageFold, PagePart, PageSection, PageTable, Tone, grouped, page_text, write_page,
};
pub use relation_writer::{CSV_ROWS, ROWS_PER_GROUP, RelationWriter, relation_schema, write_relation};
pub use route::{RouteTable, Routed, route};
pub use staging::{Staging, recover};
pub use workbook::SHEETS_BESIDE;
