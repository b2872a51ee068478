//! The configuration as people write it: schemas for their editors, layout, migration from older versions, and a new county's.
//!
//! Comes in: the text of TOML files. Goes out: text. What a file means is the other rooms' business; nothing here compiles a rule or reads
//! an extract, and no file is written but the one that the caller names.

mod schema;

mod format;
mod migrate;
mod new_county;
mod rewrite;
mod shipped;

pub use format::{FormatError, format_toml};
pub use migrate::{Files, MigrateError, Migration, VERSION, migrate, version_of};
pub use new_county::{County, EXAMPLE, new_county};
pub use rewrite::rewrite;
pub use schema::{Bounds, Demand, Entries, KINDS, Key, Kind, Shape, TableSpec, schema_json};
pub use shipped::shipped_files;
