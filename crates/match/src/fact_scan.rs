//! One feed's sealed rows as its facts see them: batch by batch, which rows count, for whom, and with what value.

use bidui_model::{ColumnType, DataContract, FeedKind, Month};
use polars::prelude::*;

use crate::bits::{Bits, where_true};
use crate::error::MatchError;
use crate::expression::evaluate;
use crate::fact::Fact;
use crate::facts::{FactInputs, compute_error};
use crate::frames::{Rows, registry_frame};
use crate::history::Plan;
use crate::link::RowLink;
use crate::registry::NOBODY;
use crate::store_file::OpenStore;

/// Persons of the registry that one batch of its facts has.
const REGISTRY_BATCH: usize = 131_072;

/// A fact that is known this month.
#[derive(Clone, Copy)]
pub(crate) struct Planned<'a> {
    /// Place among the facts.
    pub(crate) at: usize,
    pub(crate) fact: &'a Fact,
    pub(crate) plan: &'a Plan,
}

/// A row that a fact counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountedRow {
    /// Place in the batch.
    pub(crate) row: u32,
    pub(crate) entity: u32,
    pub(crate) person: u32,
    /// Its own date, else the first of the month whose file it came in.
    pub(crate) day: i32,
}

/// What a fact makes of one batch.
pub(crate) struct Counted<'a> {
    pub(crate) rows: &'a [CountedRow],
    /// The argument of its aggregate, of every row of the batch; `None` for COUNT(*).
    pub(crate) values: Option<&'a Column>,
    height: usize,
}

impl Counted<'_> {
    pub(crate) fn bits(&self) -> Bits {
        let mut bits = Bits::none(self.height);
        self.rows.iter().for_each(|row| bits.set(row.row as usize));
        bits
    }
}

/// Persons whom a snapshot has under a condition, for facts that compare another with it.
struct Marks<'a> {
    month: Month,
    filter: Option<&'a Expr>,
    persons: Bits,
}

/// A feed's rows, with what must be known of the snapshots that some facts compare with.
pub(crate) struct FactScan<'a> {
    inputs: &'a FactInputs<'a>,
    feed: usize,
    planned: &'a [Planned<'a>],
    marks: Vec<Marks<'a>>,
}

/// Facts' conditions and arguments over one batch, each evaluated once however many facts have it.
#[derive(Default)]
struct Asked<'a> {
    expressions: Vec<(String, &'a Expr)>,
}

impl<'a> Asked<'a> {
    fn add(&mut self, expr: Option<&'a Expr>) {
        if let Some(expr) = expr
            && self.name(Some(expr)).is_none()
        {
            self.expressions.push((format!("_{}", self.expressions.len()), expr));
        }
    }
    fn name(&self, expr: Option<&Expr>) -> Option<&str> {
        let expr = expr?;
        self.expressions.iter().find(|(_, other)| *other == expr).map(|(name, _)| name.as_str())
    }
    fn answer(&self, frame: &DataFrame) -> Result<DataFrame, MatchError> {
        if self.expressions.is_empty() {
            return Ok(DataFrame::empty_with_height(frame.height()));
        }
        let expressions: Vec<(String, Expr)> =
            self.expressions.iter().map(|(name, expr)| (name.clone(), (*expr).clone())).collect();
        evaluate(frame, &expressions, "指标")
    }
}

impl<'a> FactScan<'a> {
    pub(crate) fn prepare(
        inputs: &'a FactInputs<'a>,
        feed: usize,
        planned: &'a [Planned<'a>],
    ) -> Result<Self, MatchError> {
        let mut scan = Self { inputs, feed, planned, marks: Vec::new() };
        let mut marks: Vec<Marks<'a>> = Vec::new();
        for Planned { fact, plan, .. } in planned {
            let Some((_, month)) = plan.compare else { continue };
            let filter = fact.filter.as_ref();
            if !marks.iter().any(|marks| marks.month == month && marks.filter == filter) {
                marks.push(Marks { month, filter, persons: Bits::none(inputs.registry.persons()) });
            }
        }
        let mut months: Vec<Month> = marks.iter().map(|marks| marks.month).collect();
        months.sort_unstable();
        months.dedup();
        for month in months {
            let mut of_month: Vec<&mut Marks<'a>> = marks.iter_mut().filter(|marks| marks.month == month).collect();
            for batch in 0..scan.batches(month)? {
                scan.mark(month, batch, &mut of_month)?;
            }
        }
        scan.marks = marks;
        Ok(scan)
    }

    /// The months whose rows some fact counts, in order.
    pub(crate) fn months(&self) -> Vec<Month> {
        let mut months: Vec<Month> =
            self.planned.iter().flat_map(|planned| planned.plan.months.iter().copied()).collect();
        months.sort_unstable();
        months.dedup();
        months
    }

    pub(crate) fn batches(&self, month: Month) -> Result<usize, MatchError> {
        if self.is_registry() {
            return Ok(self.inputs.registry.persons().div_ceil(REGISTRY_BATCH));
        }
        Ok(self.store(month)?.batches().len())
    }

    /// Calls `visit` with what each of the facts makes of a batch of a month.
    pub(crate) fn visit(
        &self,
        month: Month,
        batch: usize,
        facts: &[Planned<'a>],
        visit: &mut dyn FnMut(Planned<'a>, &Counted<'_>) -> Result<(), MatchError>,
    ) -> Result<(), MatchError> {
        let mut asked = Asked::default();
        let mut reads: Vec<&str> = Vec::new();
        for Planned { fact, .. } in facts {
            asked.add(fact.filter.as_ref());
            asked.add(fact.argument.as_ref());
            reads.extend(fact.reads.iter().chain(&fact.date).map(String::as_str));
        }
        let (links, frame) = self.read(month, batch, reads)?;
        let answers = asked.answer(&frame)?;
        let mut rows = Vec::new();
        for planned in facts {
            let column = |expr: Option<&Expr>| asked.name(expr).and_then(|name| answers.column(name).ok());
            let filter = column(planned.fact.filter.as_ref());
            self.count(planned, month, &links, &frame, filter, &mut rows)?;
            let values = column(planned.fact.argument.as_ref());
            visit(*planned, &Counted { rows: &rows, values, height: links.len() })?;
        }
        Ok(())
    }

    /// The rows that a fact counts.
    fn count(
        &self,
        planned: &Planned<'_>,
        month: Month,
        links: &[RowLink],
        frame: &DataFrame,
        filter: Option<&Column>,
        rows: &mut Vec<CountedRow>,
    ) -> Result<(), MatchError> {
        let (fact, plan) = (planned.fact, planned.plan);
        let wrong = |source| MatchError::Compute { what: fact.name.clone(), source };
        let filter = filter.map(|filter| filter.bool()).transpose().map_err(wrong)?;
        let dates = fact.date.as_ref().map(|date| frame.column(date).and_then(|column| column.date()));
        let dates = dates.transpose().map_err(wrong)?.map(|dates| dates.physical());
        let marks = plan.compare.and_then(|(_, other)| {
            self.marks.iter().find(|marks| marks.month == other && marks.filter == fact.filter.as_ref())
        });
        let first = month.first_day();
        let counted = |row: usize| {
            let (entity, person) = (self.inputs.entity(links[row], fact.per), links[row].person());
            let day = dates.and_then(|dates| dates.get(row)).unwrap_or(first);
            let is_in_window = dates.is_none() || (plan.days.0 <= day && day <= plan.days.1);
            if entity == NOBODY || !is_in_window || marks.is_some_and(|marks| marks.persons.get(person as usize)) {
                return None;
            }
            Some(CountedRow { row: row as u32, entity, person, day })
        };
        rows.clear();
        match filter {
            Some(filter) => rows.extend(where_true(filter).into_iter().filter_map(|row| counted(row as usize))),
            None => rows.extend((0..links.len()).filter_map(counted)),
        }
        Ok(())
    }

    /// Marks the persons of a batch.
    fn mark(&self, month: Month, batch: usize, marks: &mut [&mut Marks<'a>]) -> Result<(), MatchError> {
        let mut asked = Asked::default();
        marks.iter().for_each(|marks| asked.add(marks.filter));
        let filters = marks.iter().filter_map(|marks| marks.filter);
        let of_filters = self
            .planned
            .iter()
            .filter(|planned| filters.clone().any(|filter| planned.fact.filter.as_ref() == Some(filter)));
        let reads = of_filters.flat_map(|planned| planned.fact.reads.iter().map(String::as_str)).collect();
        let (links, frame) = self.read(month, batch, reads)?;
        let answers = asked.answer(&frame)?;
        for marks in marks {
            let filter = asked.name(marks.filter).map(|name| answers.column(name).and_then(|column| column.bool()));
            let filter = filter.transpose().map_err(|source| compute_error(self.contract(), source))?;
            let mut mark = |link: &RowLink| {
                if link.person() != NOBODY {
                    marks.persons.set(link.person() as usize);
                }
            };
            match filter {
                Some(filter) => where_true(filter).iter().for_each(|row| mark(&links[*row as usize])),
                None => links.iter().for_each(mark),
            }
        }
        Ok(())
    }

    /// Links and readable columns of a batch.
    fn read(&self, month: Month, batch: usize, mut reads: Vec<&str>) -> Result<(Vec<RowLink>, DataFrame), MatchError> {
        reads.sort_unstable();
        reads.dedup();
        let reads: Vec<String> = reads.into_iter().map(str::to_owned).collect();
        let wrong = |source| compute_error(self.contract(), source);
        if self.is_registry() {
            // Every registered person is his own row, whether or not his ID number is good.
            let registry = self.inputs.registry;
            let (first, end) = (batch * REGISTRY_BATCH, ((batch + 1) * REGISTRY_BATCH).min(registry.persons()));
            let persons = first as u32..end as u32;
            let frame = registry_frame(registry, &reads, Rows::Run(persons.start, persons.end)).map_err(wrong)?;
            return Ok((persons.map(RowLink::himself).collect(), frame));
        }
        let stored = self.store(month)?.read(batch, &reads)?;
        let frame = readable(&stored, self.contract()).map_err(wrong)?;
        let mut links = self.inputs.links.batch(self.feed, month, batch)?;
        if self.inputs.strong_only {
            links.iter_mut().for_each(|link| *link = link.if_strong());
        }
        Ok((links, frame))
    }

    fn contract(&self) -> &'a DataContract {
        &self.inputs.contracts[self.feed]
    }
    fn is_registry(&self) -> bool {
        self.contract().kind == FeedKind::Registry
    }
    fn store(&self, month: Month) -> Result<&OpenStore, MatchError> {
        let missing = || MatchError::NotLinked { feed: self.contract().name.clone(), month };
        self.inputs.links.store(self.feed, month).ok_or_else(missing)
    }
}

/// The stored columns as expressions see them: money in yuan, missing words as ''.
fn readable(stored: &DataFrame, contract: &DataContract) -> PolarsResult<DataFrame> {
    let readable = |column: &Column| -> PolarsResult<Column> {
        let name = column.name().clone();
        if contract.column(&name).is_some_and(|(_, column)| column.kind == ColumnType::Money) {
            let yuan = column.cast(&DataType::Float64)?.f64()?.apply_values(|fen| fen / 100.0);
            return Ok(yuan.with_name(name).into_column());
        }
        if column.dtype() == &DataType::String && column.null_count() > 0 {
            let words = column.str()?.iter().map(|word| word.unwrap_or(""));
            return Ok(StringChunked::from_iter_values(name, words).into_column());
        }
        Ok(column.clone())
    };
    let columns: PolarsResult<Vec<Column>> = stored.columns().iter().map(readable).collect();
    DataFrame::new(stored.height(), columns?)
}
