//! A block of one to three rows taken as headings: which column of the file is which column of the contract.

use std::collections::HashMap;

use bidui_model::{ColumnType, DataContract};

use crate::heading::{Fingerprint, HeadingPlan, Spelling, normalize, tidy, unit_of};
use crate::row::Row;

/// The labels over each column of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    /// Per column of the file, from the top level down, normalized; equal neighbours and blanks left out.
    normalized: Vec<Vec<String>>,
    /// The same as found, joined by `/`.
    found: Vec<String>,
}

impl Labels {
    /// Reads `block` (upper row first). An upper label reaches right over blank cells as a merged one does, as far as there are lower
    /// labels, and not past a column that has no lower label, which is a merge downwards.
    pub(crate) fn read(block: &[&Row]) -> Self {
        let width = block.iter().map(|row| row.view().cells.len()).max().unwrap_or(0);
        let mut labels = Self { normalized: vec![Vec::new(); width], found: vec![String::new(); width] };
        for (level, row) in block.iter().enumerate() {
            let mut reaching: Option<(String, String)> = None;
            for column in 0..width {
                let text = row.view().get(column).text;
                let has_lower = block[level + 1..].iter().any(|lower| !lower.view().is_blank_at(column));
                if text.is_empty() {
                    if has_lower && let Some((normal, raw)) = &reaching {
                        labels.add(column, normal.clone(), raw);
                    }
                    continue;
                }
                let normal = normalize(text);
                let raw = tidy(text);
                labels.add(column, normal.clone(), &raw);
                reaching = (has_lower && level + 1 < block.len()).then_some((normal, raw));
            }
        }
        while labels.found.last().is_some_and(String::is_empty) {
            labels.found.pop();
            labels.normalized.pop();
        }
        labels
    }
    fn add(&mut self, column: usize, normal: String, raw: &str) {
        if normal.is_empty() || self.normalized[column].last() == Some(&normal) {
            return;
        }
        if !self.found[column].is_empty() {
            self.found[column].push('/');
        }
        self.found[column].push_str(raw);
        self.normalized[column].push(normal);
    }
    pub(crate) fn width(&self) -> usize {
        self.found.len()
    }
    pub(crate) fn found(&self) -> &[String] {
        &self.found
    }
    /// Every name a column answers to (`下级`, `上级/下级`), with the columns that do, from the left.
    fn index(&self) -> HashMap<String, Vec<usize>> {
        let mut index: HashMap<String, Vec<usize>> = HashMap::new();
        for (column, levels) in self.normalized.iter().enumerate() {
            for from in 0..levels.len() {
                index.entry(levels[from..].join("/")).or_default().push(column);
            }
        }
        // 金额（元） is 金额, unless that stands there, too.
        let in_yuan =
            index.iter().filter_map(|(name, columns)| Some((name.strip_suffix("(元)")?.to_owned(), columns.clone())));
        let in_yuan: Vec<(String, Vec<usize>)> = in_yuan.filter(|(name, _)| !index.contains_key(name)).collect();
        index.extend(in_yuan);
        index
    }
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let mut fingerprint = Fingerprint::new();
        for levels in &self.normalized {
            fingerprint.feed(levels.join("/").as_bytes());
            fingerprint.feed(b"\n");
        }
        fingerprint
    }
}

/// Which column of the file is which column of the contract.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeadingMap {
    pub(crate) labels: Labels,
    /// Parallel to the contract's columns.
    pub(crate) columns: Vec<Option<usize>>,
    /// The groups of an unpivot that the file has: column of the contract, column of the file.
    pub(crate) groups: Vec<Vec<(usize, usize)>>,
    /// Required columns that were not found.
    pub(crate) missing: Vec<usize>,
    /// Of `missing`, those whose heading another column had taken, and that column.
    pub(crate) taken: Vec<(usize, usize)>,
    pub(crate) matched: usize,
    /// Sum of the places of the spellings used: lower is nearer to what was agreed.
    pub(crate) detour: usize,
}

impl HeadingMap {
    /// Matches labels with a plan. Each column of the file is read under one name only; earlier spellings choose first.
    pub(crate) fn new(labels: Labels, plan: &HeadingPlan) -> Self {
        let index = labels.index();
        let place = |spelling: &Spelling| {
            index.get(&spelling.normalized).and_then(|columns| columns.get(spelling.nth)).copied()
        };
        let mut map = Self { columns: vec![None; plan.columns.len()], ..Self::default() };
        let mut owner: HashMap<usize, usize> = HashMap::new();
        map.match_groups(plan, &place, &mut owner);
        let ranks = plan.columns.iter().map(|wanted| wanted.spellings.len()).max().unwrap_or(0);
        for rank in 0..ranks {
            for (column, wanted) in plan.columns.iter().enumerate() {
                if map.columns[column].is_some() {
                    continue;
                }
                let Some(found) = wanted.spellings.get(rank).and_then(&place) else {
                    continue;
                };
                if let std::collections::hash_map::Entry::Vacant(vacant) = owner.entry(found) {
                    vacant.insert(column);
                    map.columns[column] = Some(found);
                    map.matched += 1;
                    map.detour += rank;
                }
            }
        }
        map.note_missing(plan, &place, &owner);
        map.labels = labels;
        map
    }
    fn match_groups(
        &mut self,
        plan: &HeadingPlan,
        place: &impl Fn(&Spelling) -> Option<usize>,
        owner: &mut HashMap<usize, usize>,
    ) {
        for group in &plan.groups {
            let found: Vec<(usize, usize)> =
                group.iter().filter_map(|(column, spelling)| Some((*column, place(spelling)?))).collect();
            if found.is_empty() {
                continue;
            }
            self.matched += found.len();
            owner.extend(found.iter().map(|(column, place)| (*place, *column)));
            self.groups.push(found);
        }
    }
    fn note_missing(
        &mut self,
        plan: &HeadingPlan,
        place: &impl Fn(&Spelling) -> Option<usize>,
        owner: &HashMap<usize, usize>,
    ) {
        for (column, wanted) in plan.columns.iter().enumerate() {
            let in_group = self.groups.iter().flatten().any(|(grouped, _)| *grouped == column);
            if !wanted.required || self.columns[column].is_some() || in_group {
                continue;
            }
            self.missing.push(column);
            let rival = wanted.spellings.iter().filter_map(place).find_map(|found| owner.get(&found).copied());
            if let Some(rival) = rival {
                self.taken.push((column, rival));
            }
        }
    }
    /// The columns of the file that are read.
    pub(crate) fn read_columns(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = self
            .columns
            .iter()
            .copied()
            .flatten()
            .chain(self.groups.iter().flatten().map(|(_, column)| *column))
            .collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }
    /// The columns of the file where this column of the contract is read.
    pub(crate) fn places_of(&self, column: usize) -> Vec<usize> {
        self.columns[column]
            .into_iter()
            .chain(self.groups.iter().flatten().filter(|(grouped, _)| *grouped == column).map(|(_, place)| *place))
            .collect()
    }
    /// Money columns whose heading names another unit than the contract; where a heading names none, what is written above the table holds for it.
    pub(crate) fn units(&self, contract: &DataContract, above: Option<i64>) -> Vec<(usize, i64)> {
        let is_money = |index: &usize| contract.columns[*index].kind == ColumnType::Money;
        let unit = |index: usize| {
            let place = *self.places_of(index).first()?;
            let own = self.labels.normalized[place].iter().rev().find_map(|label| unit_of(label));
            let fen = own.or(above)?;
            (fen != contract.columns[index].fen_per_unit).then_some((index, fen))
        };
        (0..contract.columns.len()).filter(is_money).filter_map(unit).collect()
    }
    /// Columns that nothing reads though their heading is one under which the key is read elsewhere: each with the column that is read, or none where it
    /// goes on behind the last group of an unpivot (`身份证号7` behind `身份证号6`).
    pub(crate) fn keys_beside(&self, plan: &HeadingPlan) -> Vec<(usize, Option<usize>)> {
        let (read, index) = (self.read_columns(), self.labels.index());
        let mut beside = Vec::new();
        for key in &plan.keys {
            let of_groups =
                plan.groups.iter().flatten().filter(|(column, _)| column == key).map(|(_, spelling)| spelling);
            let own = self.columns[*key].map(|place| (place, &plan.columns[*key].spellings));
            let own: Vec<(usize, &Spelling)> =
                own.iter().flat_map(|(place, spellings)| spellings.iter().map(move |one| (*place, one))).collect();
            let finds = |(place, spelling): &&(usize, &Spelling)| {
                index.get(&spelling.normalized).is_some_and(|named| named.get(spelling.nth) == Some(place))
            };
            // The contract says which of them: by its number, or by the level above it.
            let is_said = own.iter().filter(finds).any(|(_, spelling)| {
                let is_alone = index.get(&spelling.normalized).is_some_and(|named| named.len() == 1);
                spelling.is_counted || spelling.normalized.contains('/') && is_alone
            });
            // By the spelling by which it was found.
            if let Some((place, spelling)) = own.iter().find(finds).filter(|_| !is_said) {
                let others = index[&spelling.normalized].iter().filter(|other| !read.contains(other));
                beside.extend(others.map(|other| (*other, Some(*place))));
            }
            let bases: Vec<String> = of_groups.map(|spelling| without_number(&spelling.normalized)).collect();
            let more = (0..self.labels.width()).filter(|column| {
                let last = self.labels.normalized[*column].last();
                !read.contains(column) && last.is_some_and(|label| bases.contains(&without_number(label)))
            });
            beside.extend(more.map(|column| (column, None)));
        }
        beside.sort_unstable();
        beside.dedup_by_key(|(column, _)| *column);
        beside
    }
    /// Headings as found that nothing reads; the nth of a repeated one as `X#n`.
    pub(crate) fn unread(&self) -> Vec<String> {
        let read = self.read_columns();
        let found = self.labels.found();
        (0..found.len())
            .filter(|column| !found[*column].is_empty() && !read.contains(column))
            .map(|column| {
                let before = found[..column].iter().filter(|other| **other == found[column]).count();
                match before {
                    0 => found[column].clone(),
                    before => format!("{}#{}", found[column], before + 1),
                }
            })
            .collect()
    }
}

/// `身份证号` of `身份证号7` and of `身份证号(7)`, `成员身份证号` of `成员7身份证号`.
fn without_number(label: &str) -> String {
    label.chars().filter(|character| !character.is_numeric() && !"()#".contains(*character)).collect()
}
