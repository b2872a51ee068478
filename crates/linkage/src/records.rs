//! Two tables made ready: every field's distinct values once, and each row a number of them.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;
use rayon::prelude::*;

use crate::clean::clean;
use crate::closeness::{print, signature};
use crate::model::{Field, LinkModel};
use crate::table::{Column, Table};

/// The number of a missing value.
pub(crate) const MISSING: u32 = u32::MAX;
/// Characters of a value that are compared.
const MOST_KEPT: usize = 1 << 10;

/// Where a value's characters stand, and what they are at a glance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glance {
    start: u32,
    pub(crate) length: u32,
    /// The last eight bits of each of the first four characters.
    pub(crate) beginning: u32,
    pub(crate) signature: u64,
    near: Near,
}

/// The characters of a short value, so that comparing it asks for no other place of the memory: names, dates, telephone numbers.
#[derive(Clone, Copy, Debug)]
enum Near {
    Bytes([u8; 14]),
    Words([u16; 7]),
    Far,
}

impl Near {
    fn new(symbols: &[u32]) -> Self {
        let (mut bytes, mut words) = ([0; 14], [0; 7]);
        if symbols.len() <= bytes.len() && symbols.iter().all(|symbol| *symbol < 1 << 8) {
            bytes.iter_mut().zip(symbols).for_each(|(byte, symbol)| *byte = *symbol as u8);
            return Self::Bytes(bytes);
        }
        if symbols.len() <= words.len() && symbols.iter().all(|symbol| *symbol < 1 << 16) {
            words.iter_mut().zip(symbols).for_each(|(word, symbol)| *word = *symbol as u16);
            return Self::Words(words);
        }
        Self::Far
    }
}

impl Glance {
    pub(crate) fn new(start: usize, symbols: &[u32]) -> Self {
        let beginning =
            symbols.iter().take(4).enumerate().fold(0, |bits, (at, symbol)| bits | (symbol & 255) << (8 * at));
        let (signature, near) = (signature(symbols), Near::new(symbols));
        Self { start: start as u32, length: symbols.len() as u32, beginning, signature, near }
    }
}

/// The characters of two values.
pub(crate) enum Both<'a> {
    Bytes(&'a [u8], &'a [u8]),
    Words(&'a [u16], &'a [u16]),
    Symbols(&'a [u32], &'a [u32]),
}

/// The distinct values of one field in both tables.
#[derive(Debug, Default)]
pub(crate) struct Values {
    symbols: Vec<u32>,
    glances: Vec<Glance>,
    prints: Vec<u64>,
    /// How many left and right rows have it.
    pub(crate) counts: Vec<[u32; 2]>,
}

impl Values {
    fn symbols_at(&self, glance: Glance) -> &[u32] {
        &self.symbols[glance.start as usize..(glance.start + glance.length) as usize]
    }
    /// Two values' characters, in the least room that both have them in.
    pub(crate) fn both<'a>(left: (&'a Self, &'a Glance), right: (&'a Self, &'a Glance)) -> Both<'a> {
        let lengths = (left.1.length as usize, right.1.length as usize);
        match (&left.1.near, &right.1.near) {
            (Near::Bytes(a), Near::Bytes(b)) => Both::Bytes(&a[..lengths.0], &b[..lengths.1]),
            (Near::Words(a), Near::Words(b)) => Both::Words(&a[..lengths.0], &b[..lengths.1]),
            _ => Both::Symbols(left.0.symbols_at(*left.1), right.0.symbols_at(*right.1)),
        }
    }
    pub(crate) fn print(&self, id: u32) -> u64 {
        self.prints[id as usize]
    }
    pub(crate) fn glance(&self, id: u32) -> &Glance {
        &self.glances[id as usize]
    }
    /// What `make` makes of each value, by its number.
    pub(crate) fn map<T>(&self, make: impl Fn(&[u32]) -> T) -> Vec<T> {
        self.glances.iter().map(|glance| make(self.symbols_at(*glance))).collect()
    }
    /// The number of a new value. Only its first characters are kept, so that no value can exhaust the memory.
    fn push(&mut self, text: &str) -> u32 {
        let start = self.symbols.len();
        self.symbols.extend(text.chars().take(MOST_KEPT).map(u32::from));
        let symbols = &self.symbols[start..];
        self.glances.push(Glance::new(start, symbols));
        self.prints.push(print(symbols));
        self.counts.push([0, 0]);
        self.counts.len() as u32 - 1
    }
    /// How many rows of each table have a value.
    pub(crate) fn present(&self) -> [u64; 2] {
        self.counts.iter().fold([0, 0], |sum, count| [sum[0] + u64::from(count[0]), sum[1] + u64::from(count[1])])
    }
}

/// One table's rows, twice: the numbers of a row's values stand side by side in the order of the fields, for comparing it, and those of a field
/// stand one behind the other, for going through all rows. They stand in an order of their own: rows that are alike, and meet the same others, lie
/// near each other in the memory.
#[derive(Debug)]
pub(crate) struct Rows {
    ids: Vec<u32>,
    columns: Vec<Vec<u32>>,
    /// Which row of the table each is.
    places: Vec<u32>,
    pub(crate) count: usize,
}

impl Rows {
    pub(crate) fn row(&self, row: u32) -> &[u32] {
        let fields = self.columns.len();
        &self.ids[row as usize * fields..][..fields]
    }
    /// Looks at rows that are about to be compared, so that the processor fetches several at a time.
    pub(crate) fn touch(&self, rows: impl Iterator<Item = u32>) {
        std::hint::black_box(rows.fold(0, |sum, row| sum ^ self.row(row).first().copied().unwrap_or(0)));
    }
    /// The values of one field, row by row.
    pub(crate) fn column(&self, field: usize) -> impl Iterator<Item = u32> {
        self.columns[field].iter().copied()
    }
    /// The row of the table that one of these is.
    pub(crate) fn place(&self, row: u32) -> u32 {
        self.places[row as usize]
    }
    fn new(columns: Vec<Vec<u32>>, places: Vec<u32>) -> Self {
        let ordered = |column: Vec<u32>| places.iter().map(|row| column[*row as usize]).collect();
        let columns: Vec<Vec<u32>> = columns.into_iter().map(ordered).collect();
        let count = places.len();
        let mut ids = Vec::with_capacity(columns.len() * count);
        for row in 0..count {
            ids.extend(columns.iter().map(|column| column[row]));
        }
        Self { ids, columns, places, count }
    }
}

/// Rows in the order of the values that few others part them by first: sex, town, village, and so on to the date of birth.
fn like_beside_like(columns: &[Vec<u32>], values: &[Values], rows: usize) -> Vec<u32> {
    let mut fields: Vec<usize> = (0..columns.len()).collect();
    fields.sort_by_key(|field| values[*field].counts.len());
    let mut keys: Vec<(u64, u32)> = (0..rows as u32).map(|row| (0, row)).collect();
    let mut bits = u64::BITS;
    for field in fields {
        // A missing value is the one behind the last.
        let last = values[field].counts.len() as u64;
        if last == 0 {
            continue;
        }
        bits = match bits.checked_sub(u64::BITS - last.leading_zeros()) {
            Some(rest) => rest,
            None => break,
        };
        keys.iter_mut().zip(&columns[field]).for_each(|((key, _), id)| *key |= u64::from(*id).min(last) << bits);
    }
    keys.par_sort_unstable();
    keys.into_iter().map(|(_, row)| row).collect()
}

/// Both tables, in the model's fields.
#[derive(Debug)]
pub(crate) struct Records {
    pub(crate) left: Rows,
    pub(crate) right: Rows,
    /// How many rows the right table stands for: its own, unless it is a part of a register.
    pub(crate) population: usize,
    /// Of how many rows of that register each left row may be one.
    pub(crate) eligible: usize,
    /// By field.
    pub(crate) values: Vec<Values>,
}

impl Records {
    pub(crate) fn new(left: &Table, right: &Table, model: &LinkModel) -> Self {
        let fields: Vec<FieldRows> = model.fields.par_iter().map(|field| read_field(left, right, field)).collect();
        let (mut lefts, mut rights, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for field in fields {
            let [of_left, of_right] = field.sides;
            lefts.push(of_left);
            rights.push(of_right);
            values.push(field.values);
        }
        let ordered = |columns: Vec<Vec<u32>>, rows: usize| {
            let places = like_beside_like(&columns, &values, rows);
            Rows::new(columns, places)
        };
        let (left, right) = rayon::join(|| ordered(lefts, left.rows()), || ordered(rights, right.rows()));
        Self { population: right.count, eligible: right.count, left, right, values }
    }
    /// Lets the right table stand for a register of `rows` rows, in which the field's values are so frequent.
    pub(crate) fn stand_for(&mut self, rows: usize, field: usize, counts: &HashMap<String, u32>) {
        self.population = rows.max(self.right.count);
        self.eligible = self.population;
        let values = &mut self.values[field];
        for id in 0..values.counts.len() {
            let text: String = values
                .symbols_at(*values.glance(id as u32))
                .iter()
                .filter_map(|symbol| char::from_u32(*symbol))
                .collect();
            if let Some(count) = counts.get(&text) {
                values.counts[id][1] = values.counts[id][1].max(*count);
            }
        }
    }
    /// The left rows and the right rows with a digest of their content, in its order: the same whatever the order they came in.
    pub(crate) fn by_content(&self) -> [Vec<(u64, u32)>; 2] {
        let digests: Vec<Vec<u64>> = self.values.par_iter().map(|values| values.map(digest)).collect();
        [&self.left, &self.right].map(|rows| {
            let digest_of_row = |row: u32| {
                let parts = rows.row(row).iter().zip(&digests);
                parts.fold(0, |sum, (id, digests)| mix(sum, digests.get(*id as usize).copied().unwrap_or(0)))
            };
            let keyed = (0..rows.count as u32).into_par_iter().map(|row| (digest_of_row(row), row)).collect();
            // Rows of one digest are equal in all fields, so that their own order cannot show.
            sorted_digests(keyed)
        })
    }
}

/// One field of both tables.
struct FieldRows {
    sides: [Vec<u32>; 2],
    values: Values,
}

fn read_field(left: &Table, right: &Table, field: &Field) -> FieldRows {
    let mut known = KnownValues::default();
    let sides = [(left, &field.left, 0), (right, &field.right, 1)].map(|(table, name, side)| {
        let mut ids = Vec::with_capacity(table.rows());
        for raw in table.column(name).into_iter().flat_map(Column::iter) {
            let id = raw.map_or(MISSING, |raw| known.number(raw, field));
            if let Some(count) = known.values.counts.get_mut(id as usize) {
                count[side] += 1;
            }
            ids.push(id);
        }
        ids.resize(table.rows(), MISSING);
        ids
    });
    FieldRows { sides, values: known.values }
}

/// The values of a field that were met, and their numbers.
#[derive(Default)]
struct KnownValues<'t> {
    /// By raw value; and whether cleaning left it as it is, as it does nearly all.
    of_raw: HashMap<&'t str, (u32, bool), RandomState>,
    /// By cleaned value, of those that cleaning made something else of.
    of_clean: HashMap<Cow<'t, str>, u32, RandomState>,
    values: Values,
}

impl<'t> KnownValues<'t> {
    fn number(&mut self, raw: &'t str, field: &Field) -> u32 {
        if let Some((id, _)) = self.of_raw.get(raw) {
            return *id;
        }
        let Some(cleaned) = clean(raw, field) else {
            self.of_raw.insert(raw, (MISSING, false));
            return MISSING;
        };
        let is_clean = cleaned == raw;
        let as_it_is = || self.of_raw.get(cleaned.as_ref()).filter(|(_, is_clean)| *is_clean).map(|(id, _)| *id);
        let known = if is_clean { None } else { as_it_is() };
        let known = known.or_else(|| self.of_clean.get(&cleaned).copied());
        let id = known.unwrap_or_else(|| self.values.push(&cleaned));
        if !is_clean && known.is_none() {
            self.of_clean.insert(cleaned, id);
        }
        self.of_raw.insert(raw, (id, is_clean));
        id
    }
}

/// Sorts digests with their rows. Digests are even over all their bits, so that the first ones tell each its part of the order, and only the few
/// of one part have to be compared.
pub(crate) fn sorted_digests(digests: Vec<(u64, u32)>) -> Vec<(u64, u32)> {
    const OF_ONE_PART: usize = 64;
    let bits = (digests.len() / OF_ONE_PART).max(1).ilog2();
    if bits == 0 {
        let mut digests = digests;
        digests.sort_unstable();
        return digests;
    }
    let part = |digest: u64| (digest >> (u64::BITS - bits)) as usize;
    let mut ends = vec![0_usize; 1 << bits];
    digests.iter().for_each(|(digest, _)| ends[part(*digest)] += 1);
    let mut sum = 0;
    for end in &mut ends {
        (*end, sum) = (sum, sum + *end);
    }
    let mut sorted = vec![(0, 0); digests.len()];
    for (digest, row) in digests {
        let end = &mut ends[part(digest)];
        sorted[*end] = (digest, row);
        *end += 1;
    }
    let mut start = 0;
    for end in ends {
        sorted[start..end].sort_unstable();
        start = end;
    }
    sorted
}

/// 64 bits of a value's characters, the same on every machine and in every run.
pub(crate) fn digest(symbols: &[u32]) -> u64 {
    symbols.iter().fold(symbols.len() as u64, |sum, symbol| mix(sum, u64::from(*symbol)))
}

/// Two numbers made one, by the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) fn mix(sum: u64, next: u64) -> u64 {
    let mut bits = sum.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ next;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
