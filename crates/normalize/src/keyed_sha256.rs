//! HMAC-SHA-256 (RFC 2104) of many short messages under one key: the states after the key's two blocks are kept, so that a message costs
//! two compressions, and eight messages go side by side, since one compression waits for itself and several do not wait for each other.
//! The hmac crate does one message at a time and copies its buffers with its state; it takes twice as long.

use sha2::block_api::compress256;
use zeroize::{Zeroize, Zeroizing};

/// FIPS 180-4, 5.3.3.
const FIRST_STATE: State =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
const BLOCK: usize = 64;
/// The longest message that fits one block with its end mark and length.
const SHORT: usize = BLOCK - 9;
const LANES: usize = 8;

type State = [u32; 8];
type Block = [u8; BLOCK];

pub(crate) struct KeyedSha256 {
    inner: State,
    outer: State,
}

impl KeyedSha256 {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let state = |pad: u8| {
            let mut block = Zeroizing::new([pad; BLOCK]);
            for (byte, key) in block.iter_mut().zip(key) {
                *byte ^= key;
            }
            let mut state = FIRST_STATE;
            compress256(&mut state, std::slice::from_ref(&*block));
            state
        };
        Self { inner: state(0x36), outer: state(0x5c) }
    }

    /// Gives `take` each message's place and the first 128 bits of its HMAC. A message comes in parts.
    pub(crate) fn each<'m, const PARTS: usize>(
        &self,
        messages: impl Iterator<Item = (usize, [&'m [u8]; PARTS])>,
        mut take: impl FnMut(usize, u128),
    ) {
        let mut blocks = [[0; BLOCK]; LANES];
        let mut places = [0; LANES];
        let mut waiting = 0;
        for (place, parts) in messages {
            if !fill(&mut blocks[waiting], &parts) {
                take(place, self.long(&parts.concat()));
                continue;
            }
            places[waiting] = place;
            waiting += 1;
            if waiting == LANES {
                self.finish(&mut blocks, &places, &mut take);
                waiting = 0;
            }
        }
        self.finish(&mut blocks[..waiting], &places, &mut take);
        blocks.zeroize();
    }

    /// Both hashes of the lanes, each step for all lanes before the next.
    fn finish(&self, blocks: &mut [Block], places: &[usize; LANES], take: &mut impl FnMut(usize, u128)) {
        let mut states = [self.inner; LANES];
        for (state, block) in states.iter_mut().zip(&*blocks) {
            compress256(state, std::slice::from_ref(block));
        }
        for (state, block) in states.iter_mut().zip(blocks.iter_mut()) {
            *block = outer_block(state);
            *state = self.outer;
        }
        for (state, block) in states.iter_mut().zip(&*blocks) {
            compress256(state, std::slice::from_ref(block));
        }
        for (state, place) in states.iter().zip(places).take(blocks.len()) {
            take(*place, first_128(state));
        }
    }

    /// Names of more than a dozen characters.
    fn long(&self, message: &[u8]) -> u128 {
        let mut state = self.inner;
        let (whole, rest) = message.as_chunks::<BLOCK>();
        compress256(&mut state, whole);
        let mut last = [[0; BLOCK]; 2];
        last.as_flattened_mut()[..rest.len()].copy_from_slice(rest);
        last.as_flattened_mut()[rest.len()] = 0x80;
        let blocks = if rest.len() > SHORT { 2 } else { 1 };
        last[blocks - 1][BLOCK - 8..].copy_from_slice(&bits(message.len()));
        compress256(&mut state, &last[..blocks]);
        let outer = outer_block(&state);
        let mut state = self.outer;
        compress256(&mut state, std::slice::from_ref(&outer));
        first_128(&state)
    }
}

impl Drop for KeyedSha256 {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// The message as its only block; `false` if it is too long for one.
fn fill(block: &mut Block, parts: &[&[u8]]) -> bool {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    if length > SHORT {
        return false;
    }
    *block = [0; BLOCK];
    let mut at = 0;
    for part in parts {
        block[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    block[at] = 0x80;
    block[BLOCK - 8..].copy_from_slice(&bits(length));
    true
}

fn outer_block(inner: &State) -> Block {
    let mut block = [0; BLOCK];
    for (bytes, word) in block.chunks_exact_mut(4).zip(inner) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    block[32] = 0x80;
    block[BLOCK - 8..].copy_from_slice(&bits(32));
    block
}

/// The length that stands at the end: of the key's block and the message, in bits.
fn bits(message: usize) -> [u8; 8] {
    ((BLOCK + message) as u64 * 8).to_be_bytes()
}

fn first_128(state: &State) -> u128 {
    state[..4].iter().fold(0, |value, word| value << 32 | u128::from(*word))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::*;

    /// Every length through three blocks, in one batch, against the hmac crate (whose RFC 4231 vectors `seal_keys` checks).
    #[test]
    fn every_length_hashes_as_the_standard_says() {
        let key: [u8; 32] = std::array::from_fn(|at| at as u8 * 7);
        let text: Vec<u8> = (0..200).map(|at| at as u8).collect();
        let mut hashes = vec![0; text.len() + 1];
        let messages = (0..=text.len()).map(|length| (length, [&text[..length / 2], &text[length / 2..length]]));
        KeyedSha256::new(&key).each(messages, |place, hash| hashes[place] = hash);
        let expected: Vec<u128> = (0..=text.len())
            .map(|length| {
                let mut keyed = Hmac::<Sha256>::new_from_slice(&key).unwrap();
                keyed.update(&text[..length]);
                let hash: [u8; 32] = keyed.finalize().into_bytes().into();
                u128::from_be_bytes(hash[..16].try_into().unwrap())
            })
            .collect();
        assert_eq!(hashes, expected);
    }
}
