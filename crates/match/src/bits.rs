//! A flag for each of many rows, in a bit.

use polars::prelude::*;
use polars_arrow::array::BooleanArray;
use polars_arrow::bitmap::Bitmap;

/// Flags by number, none set at first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    pub(crate) fn none(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }
    pub(crate) fn get(&self, at: usize) -> bool {
        self.words[at / 64] >> (at % 64) & 1 == 1
    }
    pub(crate) fn set(&mut self, at: usize) {
        self.words[at / 64] |= 1 << (at % 64);
    }
    pub(crate) fn unset(&mut self, at: usize) {
        self.words[at / 64] &= !(1 << (at % 64));
    }
    /// Sets the flag; whether it was not set before.
    pub(crate) fn is_new(&mut self, at: usize) -> bool {
        let is_new = !self.get(at);
        self.set(at);
        is_new
    }
    /// What is set in both.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
        self
    }
    /// Whether every flag is set.
    pub(crate) fn all(&self) -> bool {
        self.words.iter().map(|word| word.count_ones() as usize).sum::<usize>() == self.len
    }
    /// Those that are set, in order.
    pub(crate) fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(64 * at + bit)
            })
        })
    }

    /// Eight flags a byte, in order.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.words.iter().map(|word| word.to_le_bytes()).collect::<Vec<_>>().into_flattened()
    }
    /// How many bytes `to_bytes` gives for so many flags.
    pub(crate) fn bytes_of(len: usize) -> usize {
        len.div_ceil(64) * 8
    }
    pub(crate) fn from_bytes(bytes: &[u8], len: usize) -> Self {
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
        Self { words: bytes.chunks(8).map(word).collect(), len }
    }
}

/// The rows for which a condition is true, in order.
pub(crate) fn where_true(flags: &BooleanChunked) -> Vec<u32> {
    rows_of(flags, |array| match array.validity() {
        Some(valid) => array.values() & valid,
        None => array.values().clone(),
    })
}

/// The rows for which a condition is true or unknown, in order.
pub(crate) fn where_not_false(flags: &BooleanChunked) -> Vec<u32> {
    rows_of(flags, |array| match array.validity() {
        Some(valid) => array.values() | &!valid,
        None => array.values().clone(),
    })
}

fn rows_of(flags: &BooleanChunked, wanted: impl Fn(&BooleanArray) -> Bitmap) -> Vec<u32> {
    let mut rows = Vec::new();
    let mut start = 0;
    for array in flags.downcast_iter() {
        rows.extend(wanted(array).true_idx_iter().map(|row| (start + row) as u32));
        start += array.len();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_found_in_order_and_survives_the_way_to_bytes() {
        let wanted = [0, 1, 63, 64, 65, 127, 128, 199];
        let mut bits = Bits::none(200);
        assert!(wanted.iter().rev().all(|at| bits.is_new(*at)) && !bits.is_new(64));
        assert_eq!(bits.ones().collect::<Vec<_>>(), wanted);
        assert!((0..200).all(|at| bits.get(at) == wanted.contains(&at)) && !bits.all());
        let bytes = bits.to_bytes();
        assert_eq!(bytes.len(), Bits::bytes_of(200));
        assert_eq!(Bits::from_bytes(&bytes, 200), bits);
    }

    #[test]
    fn all_are_set_when_each_is() {
        let mut bits = Bits::none(65);
        (0..65).for_each(|at| bits.set(at));
        assert!(bits.all() && Bits::none(0).all());
    }

    #[test]
    fn what_is_unknown_is_neither_true_nor_false() {
        let first = BooleanChunked::from_iter_options("a".into(), [Some(true), None, Some(false)].into_iter());
        let mut flags = BooleanChunked::from_slice("a".into(), &[false, true]);
        assert_eq!((where_true(&flags), where_not_false(&flags)), (vec![1], vec![1]));
        assert!(flags.append(&first).is_ok());
        assert_eq!((where_true(&flags), where_not_false(&flags)), (vec![1, 2], vec![1, 2, 3]));
    }
}
