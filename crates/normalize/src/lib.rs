//! Floor 1: what a written value means, and the keyed hash that takes the place of whoever it names.
//!
//! In: cells as they arrived ([`bidui_model::RawChunk`]), the data contract, the gazetteer and the bureau's key. Out: the same rows
//! with canonical, typed values, tokens instead of ID numbers and names, and a flaw for every value that could not be read
//! ([`bidui_model::SealedChunk`]). Plain identifiers end here.
//!
//! Beneath the batch ([`FeedSealer`]) sit small pure parsers, one value at a time: [`canonical_id`], [`canonical_name`],
//! [`parse_date`], [`parse_money`], [`parse_integer`], [`parse_number`], [`parse_flag`], and [`Gazetteer::resolve`] for places.
//!
//! This room never opens a file, never asks whose row it is, and never prints or keeps an ID number, a name or a key.

mod blank;
mod fold;

mod card;
mod cell_text;
mod id;
mod name;
mod person_fields;
mod repair;
mod roll;
mod sound;
mod written_id;

mod chinese_numeral;
mod date;
mod decimal;
mod flag;
mod money;
mod number;

mod gazetteer;
mod gazetteer_compile;
mod place;
mod towns_file;
mod villages_file;

mod key;
mod keyed_sha256;
mod ladder_keys;
mod list_tags;
mod seal_keys;

mod mask;
mod mask_phone;
mod mask_value;
mod text;

mod feed_sealer;
mod keep_rows;
mod seal_column;
mod seal_id;
mod slipped;
mod unique;
mod watch;

pub use card::DisabilityCard;
pub use date::parse_date;
pub use feed_sealer::FeedSealer;
pub use flag::parse_flag;
pub use gazetteer::{Gazetteer, MovedTown, Site, Town, Village};
pub use id::{CANONICALISER, Identifier, canonical_id};
pub use key::{KeyError, MasterKey};
pub use ladder_keys::LadderKeys;
pub use list_tags::ListTags;
pub use mask::{mask_id, mask_name, mask_numbers};
pub use money::parse_money;
pub use name::{CanonicalName, canonical_name};
pub use number::{parse_integer, parse_number};
pub use person_fields::{PersonFields, PersonReader, PersonView, cell_of, iso_date};
pub use repair::repairs;
pub use roll::Roll;
pub use seal_keys::{HashAlgorithm, SealKeys};
pub use sound::NameSounds;
pub use watch::{Known, Loose, Roster, WatchSetting, Watched};
