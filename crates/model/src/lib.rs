//! Floor 0: the vocabulary of the house. Does nothing: no IO, no query, no clock.
//!
//! What comes in and goes out are nouns; every room speaks in them, and no room speaks to another.
//!
//! # Glossary (中文 / English)
//!
//! | 中文 | noun | meaning |
//! |---|---|---|
//! | 数据契约 | [`DataContract`] | what a department's extract must look like, and how its headings map to columns |
//! | 月份 | [`Month`] | the month a run is for, `2023-03` |
//! | 居民身份证号 | [`IdNumber`] | a GB 11643-1999 number that passed its checks; never printed, only masked |
//! | 密文标识 | [`Token`] | keyed hash of a canonical identifier; the only identifier after `seal` |
//! | 来源 | [`Source`], [`Origin`] | file and sheet; file, sheet, row and column |
//! | 原始块, 封存块 | [`RawChunk`], [`SealedChunk`] | a few thousand rows as they arrived; the same rows, canonical and without plain identifiers |
//! | 疵点 | [`Flaw`] | a bad value in a row that is otherwise kept |
//! | 剔除 | [`Reject`] | a row set aside, with its reason |
//! | 关联等级 | [`LinkClass`] | how sure we are whose row it is |
//! | 预警等级 | [`Level`] | red, orange, yellow, blue |
//! | 信号, 预警 | signal, warning | a rule that fired for a household; a household with at least one live signal |
//! | 控制总数 | [`ControlTotals`] | received = kept + set aside, and its like, on two paths |
//! | 收回 | [`ReturnKind`] | what a list asks that comes back filled in |
//! | 配置诊断 | [`Diagnostic`] | an error in a configuration file, with its place and a hint |

mod asked_word;
mod contract;
mod diagnostic;
mod flaw;
mod handwriting;
mod id_number;
mod ladder;
mod ledger_relations;
mod level;
mod link_class;
mod money;
mod month;
mod origin;
mod place;
mod raw;
mod reject;
mod relation;
mod return_kind;
mod sealed;
mod spec_file;
mod spec_table;
mod sql_brackets;
mod sql_text;
mod token;
mod toml_syntax;
mod toml_value;
mod totals;
mod word_list;

pub use asked_word::{AskedWord, PatternPart, odd_pattern};
pub use contract::{ColumnContract, ColumnType, DataContract, FeedKind, Guard, LinkBy, Reshape, Unchanged};
pub use diagnostic::{Diagnostic, Severity, is_slip_of, nearest};
pub use flaw::{Flaw, FlawCode};
pub use id_number::{IdNumber, Sex, check_character};
pub use ladder::{KeyPart, Ladder, LadderPass, LooseKind, LooseRow, Placeholders};
pub use level::Level;
pub use link_class::{LinkClass, UnlinkedReason};
pub use money::Money;
pub use month::{Month, MonthError};
pub use origin::{Origin, Source, SourceId};
pub use place::{Place, Route, TownCode, VillageCode};
pub use raw::{CellKind, CellSpan, RawCell, RawChunk, RawColumn};
pub use reject::{Reject, RejectCode};
pub use relation::{RELATIONS, RelationColumn, RelationSchema, RelationType, relation};
pub use return_kind::{ReturnKind, canonical_row_key};
pub use sealed::{DatePrecision, IdStatus, SealedChunk, SealedColumn, TextColumn};
pub use spec_file::{SpecFile, place_in_literal};
pub use spec_table::{Found, SpecTable, plain_date, plain_number};
pub use sql_brackets::lost_bracket;
pub use sql_text::{byte_at, loose_names, odd_sign, odd_token, without_comments};
pub use token::{NameToken, Token};
pub use totals::{Balance, ControlTotals, Imbalance};
pub use word_list::WordList;
