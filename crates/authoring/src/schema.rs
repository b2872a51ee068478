//! The JSON Schemas of the configuration's files. Keys stand here with what they say; that they are the keys which the rooms read, no more
//! and no fewer, is held by `bidui`'s tests, which ask the compilers themselves.

mod county;
mod feed;
mod json;
mod kind;
mod linkage;
mod lists;
mod rules;
mod shape;

pub use json::schema_json;
pub(crate) use kind::DIRECTIVE;
pub use kind::{KINDS, Kind};
pub use shape::{Bounds, Demand, Entries, Key, Shape, TableSpec};
