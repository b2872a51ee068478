//! Where in a text something may end: its delimiters, line ends and quotes, found in one pass.

/// Bytes that make one mask.
const BLOCK: usize = 64;
/// Every mark but a rare delimiter is below, and little else that stands in a list.
const BOUND: u8 = b',' + 1;
/// One in every byte, and the high bit of every byte.
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;

/// Puts the places of delimiters, `\n`, `\r` and `"` into `marks`, in order. A text longer than 4 GiB has marks in its beginning only.
pub(crate) fn note_marks(text: &[u8], delimiter: u8, marks: &mut Vec<u32>) {
    marks.clear();
    if delimiter < BOUND {
        note::<false>(text, delimiter, marks);
    } else {
        note::<true>(text, delimiter, marks);
    }
}

fn note<const IS_ABOVE: bool>(text: &[u8], delimiter: u8, marks: &mut Vec<u32>) {
    let is_mark = |byte: u8| (byte == delimiter) | (byte == b'\n') | (byte == b'\r') | (byte == b'"');
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let mut start = 0_u32;
    for block in blocks {
        let mut mask = candidates::<IS_ABOVE>(block, delimiter);
        while mask != 0 {
            let place = mask.trailing_zeros();
            if is_mark(block[place as usize % BLOCK]) {
                marks.push(start + place);
            }
            mask &= mask - 1;
        }
        let Some(next) = start.checked_add(BLOCK as u32) else { return };
        start = next;
    }
    marks.extend(rest.iter().zip(start..).filter(|(byte, _)| is_mark(**byte)).map(|(_, place)| place));
}

/// A bit for each byte below [`BOUND`], and for each that is a delimiter `IS_ABOVE` it; the first byte's is the lowest. Eight bytes
/// are looked at as one number: comparing each with four marks takes twice as long.
fn candidates<const IS_ABOVE: bool>(block: &[u8; BLOCK], delimiter: u8) -> u64 {
    let (words, _) = block.as_chunks::<8>();
    words.iter().rev().fold(0, |mask, word| {
        let word = u64::from_le_bytes(*word);
        // With its high bit set no byte borrows from the next; a byte that has one of its own is above.
        let mut found = !(word | (word | HIGH).wrapping_sub(u64::from(BOUND) * ONES));
        if IS_ABOVE {
            let other = word ^ (u64::from(delimiter) * ONES);
            found |= !(other | (other & !HIGH).wrapping_add(!HIGH));
        }
        // Brings the eight high bits together in the topmost byte.
        mask << 8 | ((found & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_found_wherever_it_stands() {
        let mut marks = Vec::new();
        for at in 0..BLOCK * 2 + 5 {
            for byte in *b"|\n\r\"" {
                let mut text = vec![b'a'; BLOCK * 2 + 5];
                text[at] = byte;
                note_marks(&text, b'|', &mut marks);
                assert_eq!(marks, [at as u32]);
            }
        }
        note_marks("韦,一,\n".repeat(40).as_bytes(), b',', &mut marks);
        assert_eq!(marks.len(), 120);
        assert!(marks.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
