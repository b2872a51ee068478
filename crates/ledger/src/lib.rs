//! The ledger: one open case a household through the months, in one SQLite file.
//!
//! What comes in: the households that a month's run warned of, and the answers of lists that came back.
//! What goes out: case numbers, and the present: what every case stands at.
//! What this room never does: hold a name, an ID number or a word that somebody wrote; look at a clock; forget. Events are only ever added
//! (the file itself refuses another thing), each with the batch that brought it, and the present is a fold over them.
//!
//! A batch is a run of a month, known by its manifest's digest, or a list that came back, known by its own. A month that is run again adds a
//! revision if it found something else, and nothing if it did not; of a month's runs the last counts. Answers always count. Whatever comes in whatever
//! order, a household has one case that stands at most.

mod case_number;
mod digest;
mod edition;
mod error;
mod event;
mod findings;
mod fold;
mod gone;
mod history;
mod join;
mod ledger;
mod line;
mod looks;
mod past;
mod receive;
mod recheck;
mod renumber;
mod run;
mod schema;
mod seen;
mod told;

pub use case_number::{CaseNumber, CaseNumberError};
pub use edition::Edition;
pub use error::LedgerError;
pub use event::{Answer, CaseStep, Deed, Reason, ReturnedRow, Said, SeenHousehold, WarnedHousehold};
pub use findings::FoundOut;
pub use gone::ToldGone;
pub use history::{
    Case, CaseState, Covered, Happening, History, Included, Joining, Listing, LookedAt, Need, NeedState, Saw, Shown,
    What,
};
pub use ledger::{Ledger, Standing};
pub use line::CaseLine;
pub use receive::{Heard, Received};
pub use recheck::Recheck;
pub use renumber::renumber;
pub use run::{RunInputs, RunPlan};
pub use told::{HouseholdIn, Told, at_the_head};
