//! An invented county. Comes in: how many persons, which months, a seed, the villages. Goes out: an inbox as departments would fill it,
//! and the truth about it. Never does: read a real extract, keep more than one household in memory, look at a clock.
mod biff;
mod calendar;
mod clerk;
mod county;
mod damage;
mod dice;
mod everyday;
mod feeds;
mod home;
mod household;
mod identity;
mod inbox;
mod invent;
mod layout;
mod life;
mod names;
mod options;
mod parquet_file;
mod rows;
mod spelling;
mod stories;
mod stray;
mod table;
mod text_file;
mod truth;
mod truth_files;
mod water;
mod xlsx_file;

pub use county::generate;
pub use options::{SynthError, SynthOptions, SynthReport, SynthVillage};
