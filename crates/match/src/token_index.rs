//! From a token to a registry row: tokens sorted, with a directory on their top bits. The tokens are uniform, so the directory
//! leads to a run of one or two; 16 bytes a person and 4 a slot, and the answer does not depend on the order of building.

use bidui_model::Token;

/// Sorted tokens with the registry row of each.
#[derive(Debug, Default)]
pub(crate) struct TokenIndex {
    tokens: Vec<u128>,
    rows: Vec<u32>,
    /// `directory[top bits]` is where their run begins.
    directory: Vec<u32>,
    shift: u32,
}

impl TokenIndex {
    /// `tokens[row]` is the token of that row; [`Token::NONE`] is left out. Where two rows share a token the first row answers, and
    /// the other is in the second part of the result.
    pub(crate) fn build(tokens: &[Token]) -> (Self, Vec<u32>) {
        let mut pairs: Vec<(u128, u32)> = tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| token.is_some())
            .map(|(row, token)| (token.0, row as u32))
            .collect();
        pairs.sort_unstable();
        let mut doubles = Vec::new();
        pairs.dedup_by(|later, first| {
            let same = later.0 == first.0;
            if same {
                doubles.push(later.1);
            }
            same
        });
        doubles.sort_unstable();
        let bits = pairs.len().max(2).ilog2().clamp(1, 28);
        let shift = 128 - bits;
        let mut directory = vec![0_u32; (1 << bits) + 1];
        for (token, _) in &pairs {
            directory[(token >> shift) as usize + 1] += 1;
        }
        for slot in 1..directory.len() {
            directory[slot] += directory[slot - 1];
        }
        let (tokens, rows) = pairs.into_iter().unzip();
        (Self { tokens, rows, directory, shift }, doubles)
    }

    pub(crate) fn find(&self, token: Token) -> Option<u32> {
        if !token.is_some() || self.tokens.is_empty() {
            return None;
        }
        let slot = (token.0 >> self.shift) as usize;
        let (from, to) = (self.directory[slot] as usize, self.directory[slot + 1] as usize);
        self.tokens[from..to].iter().position(|candidate| *candidate == token.0).map(|place| self.rows[from + place])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

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
