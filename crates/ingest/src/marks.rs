//! Where in a text something may end: its delimiters, line ends and quotes, found in one pass.

/// Bytes compared at a time. So many bits make a mask that the compiler fills with vector instructions.
const BLOCK: usize = 32;

/// Puts the places of delimiters, `\n`, `\r` and `"` into `marks`, in order. A text longer than 4 GiB has marks in its beginning only.
pub(crate) fn note_marks(text: &[u8], delimiter: u8, marks: &mut Vec<u32>) {
    marks.clear();
    let is_mark = |byte: u8| (byte == delimiter) | (byte == b'\n') | (byte == b'\r') | (byte == b'"');
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let mut start = 0_u32;
    for block in blocks {
        let mut mask = 0_u32;
        for (bit, byte) in block.iter().enumerate() {
            mask |= u32::from(is_mark(*byte)) << bit;
        }
        while mask != 0 {
            marks.push(start + mask.trailing_zeros());
            mask &= mask - 1;
        }
        let Some(next) = start.checked_add(BLOCK as u32) else { return };
        start = next;
    }
    marks.extend(rest.iter().zip(start..).filter(|(byte, _)| is_mark(**byte)).map(|(_, place)| place));
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
