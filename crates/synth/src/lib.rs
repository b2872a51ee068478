//! An invented county. Comes in: how many persons, which months, a seed, the villages. Goes out: an inbox as departments would fill it,
//! and the truth about it. Never does: read an extract, keep more than one household in memory, look at a clock. Rows pass household by
//! household into files that are all open at once, so that five million persons need no more memory than two thousand; only `.xls` is
//! put together in memory, and a large county does not send it.
//!
//! # What is written
//!
//! `inbox/<month>/<department>/<file>`, and beside it `truth/`:
//!
//! | file | one row is | columns |
//! |---|---|---|
//! | rows.csv | a record of an extract, which may share its row with others (above 200,000 persons only those that do not link plainly) | month, feed, file, sheet, row, person_no, household_id, damage (codes, `;`), link_expected (id, name_differs, none, outside, place), links_to (whose number stands in the row, if another's) |
//! | persons.csv | a person ever in the registry (up to 200,000) | person_no, household_id, id_number, name |
//! | signals.csv | a signal that follows from the undamaged county | month, household_id, rule_id, level |
//! | damage.csv | a count of a damage code | month, feed, code, count |
//!
//! A clean and a messy county of one seed have the same lives and the same signals.
//!
//! # Quirks of a messy county
//!
//! | quirk | where it is made |
//! |---|---|
//! | title rows, merged and two-level headings, 合计 and 制表人, blank rows, headings printed again | `layout.rs` says, `table.rs` writes |
//! | headings by their aliases, other column orders, 序号, each month anew | `layout.rs` |
//! | a heading twice (风险是否已消除, 措施类型), the second meant | `layout.rs`, `clerk.rs` |
//! | a sheet for each town, hidden sheets with old rows | `layout.rs`, `xlsx_file.rs` |
//! | a filter with hidden rows, which are data; days counted from 1904 | `layout.rs`, `xlsx_file.rs` |
//! | a household in a row: pairs side by side under three kinds of heading, in a second row after five, the first cells merged over both | `roster.rs`, `layout.rs` |
//! | a household in two cells, `；` or `;` between; lists of unequal length, a number fallen out so that the others move up | `roster.rs` (`list_shifted`) |
//! | a file for each school or town, `.xls` and `.xlsx` mixed; CSV one month and XLSX the next | `layout.rs`, `inbox.rs` |
//! | legacy `.xls` (BIFF8), text named `.xls`, a workbook named `.et`, Parquet | `biff.rs`, `text_file.rs`, `parquet_file.rs` |
//! | UTF-8, with a byte order mark, GB18030 with four-byte characters; quoted or not; comma or tab | `text_file.rs` |
//! | dates in eleven spellings: day numbers, date cells, 2023.1, 2023年1月, 202301 … | `spelling.rs` |
//! | money with commas, 元, 万元, beneath a heading in 万元, as numbers, —, 无, /; refunds as negative rows; late bills | `spelling.rs`, `everyday.rs` |
//! | 是/否, √/nothing, 1/0, 有/无; words of a list by their aliases | `spelling.rs` |
//! | villages as 村, 村委会, 村民委员会, by code, former code, with the town; towns as 柳江县… | `spelling.rs` |
//! | towns that have left, villages nobody knows, resettlement sites | `home.rs` (in a clean county too) |
//! | IDs in lower case, full width, quotes, NBSP, blanks, 15 digits, look-alikes of X, `G` of a student number | `damage.rs` (`id_lower_x` … `id_g_prefix`) |
//! | disability cards of 20 and 22 characters, residence permits, married-in area codes | `rows.rs`, `identity.rs` (in a clean county too) |
//! | IDs lost: number cells, E+17, …000, a digit off, two swapped, blank, 无, 办理中, 999999…, J and L numbers, passports | `damage.rs` (`id_number_cell` … `id_other_document`) |
//! | an old number in one department's list | `damage.rs` (`id_old`), `identity.rs` |
//! | the same losses in the registry itself, in every month | `damage.rs`; the person's other rows carry `registry_id` |
//! | the head's number on a member's row, another household's on this | `damage.rs` (`id_of_head`, `id_borrowed`) |
//! | names with blanks, digits, （户主）, other dots or none, ? □ * or a private character for a rare one, 蓝/兰, homophones, blank | `damage.rs` (`name_…`) |
//! | rows twice, a bill twice, a file twice | `clerk.rs` (`row_duplicate`, `bill_twice`, `file_twice`) |
//! | beside number and name: 乡镇, 村, 屯, 联系电话, 出生日期, 性别, 监护人 or 户主, as each department has them; blank, out of date, slightly wrong | `feeds.rs` says, `particulars.rs` fills (`phone_wrong`, `village_wrong`, `birth_wrong`, `sex_wrong`, `head_name_variant`; gaps have no code) |
//! | people of the city in the county's lists | `clerk.rs` (link `outside`; in a clean county too) |
//! | a list that does not arrive, one that arrives half empty | `county.rs` (`feed_missing`, `feed_half_empty`) |
//! | a lock file, Thumbs.db, an extract of a bureau without a contract | `stray.rs` |
//! | an ID number inside a 备注 | `clerk.rs`, in 临时救助 |
//!
//! Left out, since no contract takes it: HTML named `.xls`. In a large county, where workbooks are written through to disk, nothing is
//! merged and no row hidden.

// The county: who lives where, and how.
mod calendar;
mod dice;
mod everyday;
mod home;
mod household;
mod identity;
mod invent;
mod life;
mod names;
mod options;
mod plot;
mod stories;
mod water;

// What follows from it.
mod truth;

// What departments make of it.
mod clerk;
mod county;
mod damage;
mod feed;
mod feeds;
mod feeds_households;
mod feeds_people;
mod feeds_plan;
mod inbox;
mod layout;
mod particulars;
mod plan_rows;
mod roster;
mod rows;
mod spelling;
mod stray;
mod truth_files;

// What is sent by mistake.
mod fault_rows;
mod faults;

// Files.
mod biff;
mod parquet_file;
mod table;
mod text_file;
mod xlsx_file;

pub use biff::write_xls;
pub use county::generate;
pub use faults::{Fault, Inflicted, inflict};
pub use options::{SynthError, SynthOptions, SynthReport, SynthVillage};
pub use spelling::Out as SheetCell;
pub use xlsx_file::write_xlsx;
