//! A page read back: what stands in its sections, and its tables by their captions. Panics where it is not well formed.

use std::collections::{BTreeMap, BTreeSet};

use html5gum::{Token, Tokenizer};

#[derive(Debug, Default)]
pub(crate) struct ReadPage {
    pub(crate) title: String,
    pub(crate) particulars: BTreeMap<String, String>,
    /// Anchor, and all words below it.
    pub(crate) sections: Vec<(String, String)>,
    pub(crate) tables: Vec<ReadTable>,
    /// Names of elements that were seen.
    pub(crate) elements: BTreeSet<String>,
    /// Titles of drawings.
    pub(crate) drawings: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ReadTable {
    pub(crate) section: String,
    pub(crate) caption: String,
    pub(crate) headings: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) sums: Vec<String>,
}

impl ReadTable {
    fn place(&self, heading: &str) -> usize {
        let place = self.headings.iter().position(|found| found == heading);
        place.unwrap_or_else(|| panic!("“{}” has no {heading}: {:?}", self.caption, self.headings))
    }
    /// The cell of the row that is called so.
    pub(crate) fn cell(&self, row: &str, heading: &str) -> &str {
        let found = self.rows.iter().find(|cells| cells[0] == row);
        let cells = found.unwrap_or_else(|| panic!("“{}” has no row {row}", self.caption));
        &cells[self.place(heading)]
    }
    pub(crate) fn count(&self, row: &str, heading: &str) -> i64 {
        whole(self.cell(row, heading))
    }
    pub(crate) fn sum(&self, heading: &str) -> i64 {
        whole(&self.sums[self.place(heading)])
    }
}

/// A count, grouped or not.
pub(crate) fn whole(cell: &str) -> i64 {
    cell.replace(',', "").parse().unwrap_or_else(|_| panic!("no count: {cell}"))
}

impl ReadPage {
    pub(crate) fn table(&self, caption: &str) -> &ReadTable {
        let found = self.tables.iter().find(|table| table.caption == caption);
        let captions: Vec<&str> = self.tables.iter().map(|table| table.caption.as_str()).collect();
        found.unwrap_or_else(|| panic!("no table {caption}: {captions:?}"))
    }
    pub(crate) fn section(&self, anchor: &str) -> &str {
        let found = self.sections.iter().find(|(found, _)| found == anchor);
        found.map(|(_, words)| words.as_str()).unwrap_or_else(|| panic!("no section {anchor}"))
    }

    pub(crate) fn read(text: &str) -> Self {
        // Style and script are the product's own, and no markup.
        let (head, rest) = text.split_once("<style>").unwrap();
        let (_, rest) = rest.split_once("</style>").unwrap();
        let (body, rest) = rest.rsplit_once("<script>").unwrap();
        let (_, end) = rest.split_once("</script>").unwrap();
        let mut reader = Reader::default();
        for token in Tokenizer::new(&format!("{head}{body}{end}")) {
            match token.unwrap() {
                Token::StartTag(tag) => {
                    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                    let attributes = tag
                        .attributes
                        .iter()
                        .map(|(name, value)| (text(name), text(value)))
                        .collect::<BTreeMap<_, _>>();
                    reader.start(&text(&tag.name), &attributes);
                }
                Token::EndTag(tag) => reader.end(std::str::from_utf8(&tag.name).unwrap()),
                Token::String(words) => reader.words(std::str::from_utf8(&words).unwrap()),
                Token::Error(error) => panic!("{error:?}"),
                Token::Comment(_) | Token::Doctype(_) => {}
            }
        }
        assert!(reader.open.is_empty(), "not closed: {:?}", reader.open);
        reader.page
    }
}

#[derive(Default)]
struct Reader {
    page: ReadPage,
    /// Names of elements that are open.
    open: Vec<String>,
    term: String,
    in_foot: bool,
}

impl Reader {
    fn start(&mut self, name: &str, attributes: &BTreeMap<String, String>) {
        for (attribute, value) in attributes {
            assert!(attribute != "src" && attribute != "style" && !attribute.starts_with("on"), "{name} {attribute}");
            assert!(attribute != "href" || value.starts_with('#'), "{value}");
        }
        self.page.elements.insert(name.to_owned());
        let section = self.page.sections.last().map(|(anchor, _)| anchor.clone()).unwrap_or_default();
        match name {
            "section" => self.page.sections.push((attributes["id"].clone(), String::new())),
            "table" => self.page.tables.push(ReadTable { section, ..ReadTable::default() }),
            "tr" if !self.is_in("thead") && !self.is_in("tfoot") => self.table().rows.push(Vec::new()),
            "th" => {
                let scope = if self.is_in("thead") { "col" } else { "row" };
                assert_eq!(attributes.get("scope").map(String::as_str), Some(scope));
                self.cell();
            }
            "td" => self.cell(),
            "svg" => {
                assert_eq!(attributes["role"], "img");
                self.page.drawings.push(String::new());
            }
            "dt" => self.term.clear(),
            _ => {}
        }
        self.in_foot = self.is_in("tfoot");
        if !["meta"].contains(&name) {
            self.open.push(name.to_owned());
        }
    }

    fn cell(&mut self) {
        let (is_head, is_foot) = (self.is_in("thead"), self.is_in("tfoot"));
        let table = self.table();
        match (is_head, is_foot) {
            (true, _) => table.headings.push(String::new()),
            (_, true) => table.sums.push(String::new()),
            _ => table.rows.last_mut().unwrap().push(String::new()),
        }
    }

    fn end(&mut self, name: &str) {
        assert_eq!(self.open.pop().as_deref(), Some(name), "closed in another order");
        if name == "table" {
            let table = self.page.tables.last().unwrap();
            assert!(!table.caption.is_empty() && !table.headings.is_empty());
            for row in table.rows.iter().chain([&table.sums].into_iter().filter(|sums| !sums.is_empty())) {
                assert_eq!(row.len(), table.headings.len(), "{}", table.caption);
            }
        }
    }

    fn words(&mut self, words: &str) {
        if let Some((_, all)) = self.page.sections.last_mut() {
            all.push_str(words);
            all.push(' ');
        }
        let inside = self.open.last().map_or("", String::as_str).to_owned();
        let (is_head, is_foot, is_drawing) = (self.is_in("thead"), self.is_in("tfoot"), self.is_in("svg"));
        match inside.as_str() {
            "h1" => self.page.title.push_str(words),
            "dt" => self.term.push_str(words),
            "dd" => self.page.particulars.entry(self.term.clone()).or_default().push_str(words),
            "caption" => self.table().caption.push_str(words),
            "th" | "td" => {
                let table = self.table();
                let cells = match (is_head, is_foot) {
                    (true, _) => &mut table.headings,
                    (_, true) => &mut table.sums,
                    _ => table.rows.last_mut().unwrap(),
                };
                cells.last_mut().unwrap().push_str(words);
            }
            "title" if is_drawing => {
                let title = self.page.drawings.last_mut().unwrap();
                if title.is_empty() {
                    title.push_str(words);
                }
            }
            _ => {}
        }
    }

    fn is_in(&self, name: &str) -> bool {
        self.open.iter().any(|open| open == name)
    }
    fn table(&mut self) -> &mut ReadTable {
        self.page.tables.last_mut().unwrap()
    }
}
