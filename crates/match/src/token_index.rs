//! From a token to a registry row: tokens sorted, with a directory on their top bits. The tokens are uniform, so the directory
//! leads to a run of one or two; 16 bytes a person and 4 a slot, and the answer does not depend on the order of building.

use bidui_model::Token;

use crate::registry::NOBODY;

/// Sorted tokens with the registry row of each.
#[derive(Debug, Default)]
pub(crate) struct TokenIndex {
    tokens: Vec<u128>,
    rows: Vec<u32>,
    /// `directory[top bits]` is where their run begins.
    directory: Vec<u32>,
    shift: u32,
}

/// Tokens that are looked up together: the processor waits for many places of memory at once.
const ABREAST: usize = 64;

impl TokenIndex {
    /// `tokens[row]` is the token of that row; [`Token::NONE`] is left out. Where two rows share a token the first row answers, and
    /// the other is in the second part of the result.
    pub(crate) fn build(tokens: &[Token]) -> (Self, Vec<u32>) {
        let bits = tokens.len().max(2).ilog2().clamp(1, 28);
        let mut index = Self { shift: 128 - bits, directory: vec![0; (1 << bits) + 1], ..Self::default() };
        let of = |row: &u32| tokens[*row as usize].0;
        let some = || (0..tokens.len() as u32).filter(|row| of(row) != 0);
        // Where each run ends, then, as rows are put in from behind, where it begins.
        some().for_each(|row| index.directory[(of(&row) >> index.shift) as usize] += 1);
        let mut end = 0;
        for slot in &mut index.directory {
            end += *slot;
            *slot = end;
        }
        index.rows = vec![0; end as usize];
        for row in some() {
            let slot = &mut index.directory[(of(&row) >> index.shift) as usize];
            *slot -= 1;
            index.rows[*slot as usize] = row;
        }
        let doubles = index.settle_runs(&of);
        index.tokens = index.rows.iter().map(of).collect();
        (index, doubles)
    }

    /// Sorts each run, and takes out rows whose token an earlier row has.
    fn settle_runs(&mut self, of: &impl Fn(&u32) -> u128) -> Vec<u32> {
        let mut doubles = Vec::new();
        let mut kept = 0;
        for slot in 0..self.directory.len() - 1 {
            let (from, to) = (self.directory[slot] as usize, self.directory[slot + 1] as usize);
            self.rows[from..to].sort_unstable_by_key(|row| (of(row), *row));
            self.directory[slot] = kept as u32;
            for at in from..to {
                let row = self.rows[at];
                if kept > self.directory[slot] as usize && of(&self.rows[kept - 1]) == of(&row) {
                    doubles.push(row);
                } else {
                    self.rows[kept] = row;
                    kept += 1;
                }
            }
        }
        if let Some(end) = self.directory.last_mut() {
            *end = kept as u32;
        }
        self.rows.truncate(kept);
        doubles.sort_unstable();
        doubles
    }

    /// The rows of many tokens, or `NOBODY`.
    pub(crate) fn find_many(&self, count: usize, token: impl Fn(usize) -> Token) -> Vec<u32> {
        let mut found = vec![NOBODY; count];
        if self.tokens.is_empty() {
            return found;
        }
        let mut runs = [(0_u32, 0_u32); ABREAST];
        for (block, found) in found.chunks_mut(ABREAST).enumerate() {
            let token = |at: usize| token(block * ABREAST + at).0;
            for (at, run) in runs.iter_mut().enumerate().take(found.len()) {
                let slot = (token(at) >> self.shift) as usize;
                *run = (self.directory[slot], self.directory[slot + 1]);
            }
            for (at, place) in found.iter_mut().enumerate() {
                let (from, to) = runs[at];
                let run = &self.tokens[from as usize..to as usize];
                // No run holds the token of nobody.
                *place = run.iter().position(|other| *other == token(at)).map_or(NOBODY, |at| from + at as u32);
            }
            for place in found.iter_mut().filter(|place| **place != NOBODY) {
                *place = self.rows[*place as usize];
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    impl TokenIndex {
        fn find(&self, token: Token) -> Option<u32> {
            // Among others, so that more than one block is asked.
            let found = self.find_many(2 * ABREAST, |at| if at == ABREAST + 3 { token } else { Token(at as u128) });
            (found[ABREAST + 3] != NOBODY).then_some(found[ABREAST + 3])
        }
    }

    #[test]
    fn every_token_finds_its_row_and_a_stranger_none() {
        let spread = |n: u128| Token(n.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).max(1));
        let tokens: Vec<Token> = (1..5000).map(spread).collect();
        let (index, doubles) = TokenIndex::build(&tokens);
        assert!(doubles.is_empty());
        for (row, token) in tokens.iter().enumerate() {
            assert_eq!(index.find(*token), Some(row as u32));
        }
        assert_eq!(index.find(spread(6000)), None);
        assert_eq!(index.find(Token::NONE), None);
    }

    #[test]
    fn of_two_rows_with_one_token_the_first_answers() {
        let (index, doubles) = TokenIndex::build(&[Token(9), Token::NONE, Token(9), Token(7)]);
        assert_eq!((index.find(Token(9)), doubles), (Some(0), vec![2]));
        assert_eq!(TokenIndex::build(&[]).0.find(Token(1)), None);
    }

    #[test]
    fn tokens_that_begin_alike_are_told_apart() {
        let tokens: Vec<Token> = (1..2000).map(Token).chain([Token(u128::MAX), Token(u128::MAX - 1)]).collect();
        let (index, _) = TokenIndex::build(&tokens);
        assert!(tokens.iter().enumerate().all(|(row, token)| index.find(*token) == Some(row as u32)));
        assert_eq!(index.find(Token(2000)), None);
        assert_eq!(index.find(Token(1 << 127)), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_answers_as_a_map_of_the_first_rows_does(
            tokens in prop::collection::vec(prop_oneof![0..9_u128, (0..99_u128).prop_map(|n| n << 120), any::<u128>()], 0..200),
            asked in any::<u128>(),
        ) {
            let tokens: Vec<Token> = tokens.into_iter().map(Token).collect();
            let mut first: BTreeMap<u128, u32> = BTreeMap::new();
            let mut again = Vec::new();
            for (row, token) in tokens.iter().enumerate().filter(|(_, token)| token.is_some()) {
                if *first.entry(token.0).or_insert(row as u32) != row as u32 {
                    again.push(row as u32);
                }
            }
            let (index, doubles) = TokenIndex::build(&tokens);
            prop_assert_eq!(doubles, again);
            for token in tokens.iter().copied().chain([Token(asked), Token(1), Token(u128::MAX)]) {
                prop_assert_eq!(index.find(token), first.get(&token.0).copied());
            }
        }
    }
}
