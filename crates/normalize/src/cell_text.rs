//! A cell's text as a key: compared once for every cell, with the one before it, and hashed where they differ.

use std::hash::{Hash, Hasher};

/// A text whose comparison is a few instructions where it stands. Cells are short and mostly equal to their neighbours, so that the
/// library's comparison of bytes costs more as a call than as work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellText<'a>(pub(crate) &'a str);

impl PartialEq for CellText<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (self.0.as_bytes(), other.0.as_bytes());
        if one.len() != other.len() {
            return false;
        }
        // The first so many bytes and the last: between them they have every byte at least once.
        match one.len() {
            0 => true,
            1..4 => one[0] == other[0] && one[one.len() / 2] == other[one.len() / 2] && one.last() == other.last(),
            4..8 => ends_equal::<4>(one, other),
            8..16 => ends_equal::<8>(one, other),
            16..=32 => ends_equal::<16>(one, other),
            _ => one == other,
        }
    }
}

impl Eq for CellText<'_> {}

impl Hash for CellText<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[inline]
fn ends_equal<const SIZE: usize>(one: &[u8], other: &[u8]) -> bool {
    one.first_chunk::<SIZE>() == other.first_chunk::<SIZE>() && one.last_chunk::<SIZE>() == other.last_chunk::<SIZE>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts_at_every_length() {
        for length in 0..70 {
            let text = "a".repeat(length);
            assert_eq!(CellText(&text), CellText(&text.clone()));
            assert_ne!(CellText(&text), CellText(&format!("{text}a")));
            for at in 0..length {
                let mut other = text.clone();
                other.replace_range(at..=at, "b");
                assert_ne!(CellText(&text), CellText(&other));
            }
        }
    }
}
