//! Plain records: columns of text with missing values.

/// A table of text. Every column is as long as the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    names: Vec<String>,
    columns: Vec<Vec<Option<String>>>,
    rows: usize,
}

impl Table {
    /// `columns[c][r]` is the value of row `r`; `None` where they differ in length or number.
    #[must_use]
    pub fn new(names: Vec<String>, columns: Vec<Vec<Option<String>>>) -> Option<Self> {
        let rows = columns.first().map_or(0, Vec::len);
        let whole = names.len() == columns.len() && columns.iter().all(|column| column.len() == rows);
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
    pub fn column(&self, name: &str) -> Option<&[Option<String>]> {
        let at = self.names.iter().position(|found| found == name)?;
        self.columns.get(at).map(Vec::as_slice)
    }
    /// The same rows in another order: row `order[i]` becomes row `i`.
    #[must_use]
    pub fn reordered(&self, order: &[usize]) -> Self {
        let pick = |column: &Vec<Option<String>>| {
            order.iter().map(|row| column.get(*row).cloned().flatten()).collect::<Vec<_>>()
        };
        Self { names: self.names.clone(), columns: self.columns.iter().map(pick).collect(), rows: order.len() }
    }
}
