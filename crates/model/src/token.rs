//! Keyed hashes: all that is left of an identifier after `seal`.

use std::fmt;

/// 128 bits of HMAC over a canonical ID number under the bureau's ID subkey. Zero is kept for "none".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u128);

/// 64 bits of HMAC over a canonical name bound to the row's ID token, under the name subkey: it tells whether two rows of one ID
/// carry one name, and two rows of different IDs tell nothing, so that it cannot be read by its frequencies. Zero is "none".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameToken(pub u64);

impl Token {
    pub const NONE: Self = Self(0);
    #[must_use]
    pub fn is_some(self) -> bool {
        self.0 != 0
    }
}

impl NameToken {
    pub const NONE: Self = Self(0);
    #[must_use]
    pub fn is_some(self) -> bool {
        self.0 != 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Token({:08x}…)", self.0 >> 96)
    }
}

impl fmt::Debug for NameToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NameToken(…)")
    }
}
