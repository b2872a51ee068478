//! Many words in one text: a column of bill numbers has a word for every row, and a string for each would be made and thrown away again.

/// Words by their place, from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WordList {
    text: String,
    /// Where each ends, which is where the next begins.
    ends: Vec<usize>,
}

impl WordList {
    /// Appends a word; it may stand in the list already.
    pub fn push(&mut self, word: &str) {
        self.text.push_str(word);
        self.ends.push(self.text.len());
    }
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)?;
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start..end)
    }
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|place| self.get(place))
    }
}

impl<'a> FromIterator<&'a str> for WordList {
    fn from_iter<I: IntoIterator<Item = &'a str>>(words: I) -> Self {
        let mut list = Self::default();
        words.into_iter().for_each(|word| list.push(word));
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_stands_in_its_place() {
        let words = ["甲", "", "乙丙", "甲"];
        let list = WordList::from_iter(words);
        assert_eq!((list.len(), list.is_empty()), (4, false));
        assert_eq!(list.iter().collect::<Vec<_>>(), words);
        assert_eq!((list.get(2), list.get(4)), (Some("乙丙"), None));
    }
}
