//! One row of the file, several records: pairs of columns side by side, or lists inside a cell.
//!
//! Every record of a row carries the row's number. An empty group is no record; a row with values but no filled group stays one record, so that
//! it is seen and flagged instead of vanishing.

use bidui_model::{CellKind, DataContract, RawCell, Reshape};

use crate::chunks::Chunks;
use crate::heading_map::HeadingMap;
use crate::row::{RowView, is_blank};

/// How records are taken from a row of one sheet.
#[derive(Clone, Debug)]
pub(crate) enum Records {
    One(Vec<Option<usize>>),
    /// Per group: the columns that decide whether it is filled, and where every column of the contract is read in it.
    Groups {
        base: Vec<Option<usize>>,
        groups: Vec<(Vec<usize>, Vec<Option<usize>>)>,
    },
    Split {
        places: Vec<Option<usize>>,
        /// Columns of the contract that hold lists.
        lists: Vec<usize>,
        separators: Vec<char>,
    },
}

const NOTHING: RawCell<'static> = RawCell { kind: CellKind::Empty, text: "" };

impl Records {
    pub(crate) fn new(contract: &DataContract, map: &HeadingMap) -> Self {
        let places = map.columns.clone();
        match &contract.reshape {
            Reshape::None => Self::One(places),
            Reshape::Unpivot(_) => Self::Groups {
                groups: map
                    .groups
                    .iter()
                    .map(|group| {
                        let mut own = places.clone();
                        for (column, place) in group {
                            own[*column] = Some(*place);
                        }
                        (group.iter().map(|(_, place)| *place).collect(), own)
                    })
                    .collect(),
                base: places,
            },
            Reshape::Split { columns, separators } => Self::Split {
                lists: columns.iter().filter_map(|name| contract.column(name).map(|(index, _)| index)).collect(),
                separators: separators.chars().collect(),
                places,
            },
        }
    }

    /// Hands the records of a row to `chunks`; says how many there were.
    pub(crate) fn keep(&self, number: u32, row: RowView<'_>, chunks: &mut Chunks<'_>) -> u64 {
        let at = |place: Option<usize>| place.map_or(NOTHING, |place| row.get(place));
        match self {
            Self::One(places) => {
                chunks.keep_row(number, row, places);
                1
            }
            Self::Groups { base, groups } => {
                let mut records = 0;
                for (deciding, places) in groups {
                    if deciding.iter().any(|place| !row.is_blank_at(*place)) {
                        chunks.keep(number, |column| at(places[column]));
                        records += 1;
                    }
                }
                if records == 0 {
                    chunks.keep(number, |column| at(base[column]));
                    records = 1;
                }
                records
            }
            Self::Split { places, lists, separators } => {
                let pieces: Vec<Vec<&str>> =
                    lists.iter().map(|column| at(places[*column]).text.split(&separators[..]).collect()).collect();
                let longest = pieces.iter().map(Vec::len).max().unwrap_or(0);
                let piece = |list: usize, index: usize| pieces[list].get(index).copied().unwrap_or("");
                let mut records = 0;
                for index in 0..longest {
                    if (0..lists.len()).all(|list| is_blank(piece(list, index))) {
                        continue;
                    }
                    chunks.keep(number, |column| {
                        let Some(list) = lists.iter().position(|other| *other == column) else {
                            return at(places[column]);
                        };
                        split_cell(at(places[column]), piece(list, index), pieces[list].len())
                    });
                    records += 1;
                }
                if records == 0 {
                    chunks.keep(number, |column| at(places[column]));
                    records = 1;
                }
                records
            }
        }
    }
}

/// A piece keeps its cell's kind only when the cell was not taken apart.
fn split_cell<'a>(whole: RawCell<'a>, piece: &'a str, pieces: usize) -> RawCell<'a> {
    match pieces {
        _ if is_blank(piece) => NOTHING,
        1 => RawCell { kind: whole.kind, text: piece },
        _ => RawCell { kind: CellKind::Text, text: piece },
    }
}
