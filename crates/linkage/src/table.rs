//! Plain records: columns of text with missing values.

/// One column: its values stand one behind the other in one text, so that millions of them cost no allocation each. An empty value is a missing
/// one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    text: String,
    ends: Vec<usize>,
}

impl Column {
    /// Room for so many values.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self { text: String::new(), ends: Vec::with_capacity(rows) }
    }
    pub fn push(&mut self, value: Option<&str>) {
        self.text.push_str(value.unwrap_or(""));
        self.ends.push(self.text.len());
    }
    /// The values of all columns, one column's behind the other's.
    pub(crate) fn joined<'c>(columns: impl Iterator<Item = &'c Self> + Clone) -> Self {
        let (bytes, rows) = columns.clone().fold((0, 0), |sum, one| (sum.0 + one.text.len(), sum.1 + one.ends.len()));
        let mut all = Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(rows) };
        for column in columns {
            let before = all.text.len();
            all.text.push_str(&column.text);
            all.ends.extend(column.ends.iter().map(|end| before + end));
        }
        all
    }
    #[must_use]
    pub fn rows(&self) -> usize {
        self.ends.len()
    }
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        let start = row.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start..*self.ends.get(row)?).filter(|value| !value.is_empty())
    }
    /// The values, row by row.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        let mut rest = self.text.as_str();
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let (value, behind) = rest.split_at(end - start);
            (rest, start) = (behind, *end);
            (!value.is_empty()).then_some(value)
        })
    }
}

impl<S: AsRef<str>> FromIterator<Option<S>> for Column {
    fn from_iter<I: IntoIterator<Item = Option<S>>>(values: I) -> Self {
        let mut column = Self::default();
        values.into_iter().for_each(|value| column.push(value.as_ref().map(AsRef::as_ref)));
        column
    }
}

/// A table of text. Every column is as long as the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    names: Vec<String>,
    columns: Vec<Column>,
    rows: usize,
}

impl Table {
    /// `None` where the columns differ in length, or from the names in number.
    #[must_use]
    pub fn new(names: Vec<String>, columns: Vec<Column>) -> Option<Self> {
        let rows = columns.first().map_or(0, Column::rows);
        let whole = names.len() == columns.len() && columns.iter().all(|column| column.rows() == rows);
        whole.then_some(Self { names, columns, rows })
    }
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        let at = self.names.iter().position(|found| found == name)?;
        self.columns.get(at)
    }
    /// The same rows in another order: row `order[i]` becomes row `i`.
    #[must_use]
    pub fn reordered(&self, order: &[usize]) -> Self {
        let pick = |column: &Column| order.iter().map(|row| column.get(*row)).collect();
        Self { names: self.names.clone(), columns: self.columns.iter().map(pick).collect(), rows: order.len() }
    }
}
