//! Keyed hashes. One subkey a use, by HKDF (RFC 5869) over the master key with a versioned info string, so that what one use gives
//! away says nothing to another. The hash state after the key is kept, which halves the work; columns are hashed whole ([`KeyedSha256`]).

use std::fmt;

use bidui_model::{IdNumber, NameToken, Token};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sm3::Sm3;
use zeroize::Zeroizing;

use crate::keyed_sha256::KeyedSha256;
use crate::{CANONICALISER, MasterKey};

/// The hash under the HMAC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HashAlgorithm {
    #[default]
    HmacSha256,
    /// GB/T 32905-2016, where commercial cryptography must be the state's.
    HmacSm3,
}

impl HashAlgorithm {
    pub const ALL: &'static [Self] = &[Self::HmacSha256, Self::HmacSm3];
    /// As the configuration writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSm3 => "hmac-sm3",
        }
    }
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|hash| hash.name() == name)
    }
}

/// The derived keys, ready to hash.
pub struct SealKeys {
    id: KeyedHash,
    name: KeyedHash,
    row_tag: KeyedHash,
    key_id: String,
}

pub(crate) enum KeyedHash {
    Sha256(KeyedSha256),
    Sm3(Hmac<Sm3>),
}

impl SealKeys {
    #[must_use]
    pub fn derive(master: &MasterKey, algorithm: HashAlgorithm) -> Self {
        let subkey = |usage: &str| KeyedHash::derive(master, algorithm, usage);
        Self {
            id: subkey("id"),
            name: subkey("name"),
            row_tag: subkey("row-tag"),
            key_id: format!("{}/c{CANONICALISER}/{}", algorithm.name(), master.fingerprint()),
        }
    }

    /// `hmac-sha256/c1/0123456789abcdef`: algorithm, version of the canonicaliser, fingerprint of the key. Tokens of two stores meet
    /// exactly when this is the same.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// 128 bits of HMAC over the 18 characters. Never [`Token::NONE`].
    #[must_use]
    pub fn id_token(&self, id: &IdNumber) -> Token {
        token(self.id.hash(&[id.expose_bytes()]))
    }

    /// [`Self::id_token`] of a column; [`Token::NONE`] where there is no number.
    #[must_use]
    pub fn id_tokens(&self, ids: &[Option<IdNumber>]) -> Vec<Token> {
        let mut tokens = vec![Token::NONE; ids.len()];
        let messages =
            ids.iter().enumerate().filter_map(|(row, id)| Some((row, [id.as_ref()?.expose_bytes().as_slice()])));
        self.id.each(messages, |row, hash| tokens[row] = token(hash));
        tokens
    }

    /// 64 bits of HMAC over the token and the name; [`NameToken::NONE`] when either is missing.
    #[must_use]
    pub fn name_token(&self, person: Token, canonical_name: &str) -> NameToken {
        self.name_tokens(&[person], &[canonical_name])[0]
    }

    /// [`Self::name_token`] of a column.
    #[must_use]
    pub fn name_tokens(&self, persons: &[Token], canonical_names: &[impl AsRef<str>]) -> Vec<NameToken> {
        let mut tokens = vec![NameToken::NONE; canonical_names.len()];
        let persons: Vec<[u8; 16]> = persons.iter().map(|person| person.0.to_be_bytes()).collect();
        let messages = persons
            .iter()
            .zip(canonical_names)
            .map(|(person, name)| [person.as_slice(), name.as_ref().as_bytes()])
            .enumerate()
            .filter(|(_, [person, name])| *person != Token::NONE.0.to_be_bytes() && !name.is_empty());
        self.name.each(messages, |row, hash| tokens[row] = NameToken(((hash >> 64) as u64).max(1)));
        tokens
    }

    /// 64 bits over the content of a row or a long key, to know it again without holding it.
    #[must_use]
    pub fn row_tag(&self, content: &[u8]) -> u64 {
        (self.row_tag.hash(&[content]) >> 64) as u64
    }
}

impl fmt::Debug for SealKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SealKeys({})", self.key_id)
    }
}

impl KeyedHash {
    pub(crate) fn derive(master: &MasterKey, algorithm: HashAlgorithm, usage: &str) -> Self {
        let info = format!("bidui/v1/{}/{usage}", algorithm.name());
        let mut subkey = Zeroizing::new([0u8; 32]);
        // 32 bytes are one block of either hash, far below HKDF's limit, and HMAC takes a key of any length: neither can fail.
        match algorithm {
            HashAlgorithm::HmacSha256 => {
                let _ = Hkdf::<Sha256>::new(None, master.bytes()).expand(info.as_bytes(), subkey.as_mut());
                Self::Sha256(KeyedSha256::new(&subkey))
            }
            HashAlgorithm::HmacSm3 => {
                let _ = Hkdf::<Sm3>::new(None, master.bytes()).expand(info.as_bytes(), subkey.as_mut());
                Self::Sm3(Hmac::new((&*padded(&subkey)).into()))
            }
        }
    }

    /// The first 128 bits.
    pub(crate) fn hash<const PARTS: usize>(&self, parts: &[&[u8]; PARTS]) -> u128 {
        let mut first = 0;
        self.each(std::iter::once((0, *parts)), |_, hash| first = hash);
        first
    }

    pub(crate) fn each<'m, const PARTS: usize>(
        &self,
        messages: impl Iterator<Item = (usize, [&'m [u8]; PARTS])>,
        mut take: impl FnMut(usize, u128),
    ) {
        match self {
            Self::Sha256(keyed) => keyed.each(messages, take),
            Self::Sm3(keyed) => messages.for_each(|(place, parts)| {
                let mut keyed = keyed.clone();
                parts.iter().for_each(|part| keyed.update(part));
                take(place, first_16(&keyed.finalize().into_bytes().into()));
            }),
        }
    }
}

fn token(hash: u128) -> Token {
    Token(hash.max(1))
}

/// HMAC pads its key with zeros to the block of 64 bytes (RFC 2104), so that padding it here changes nothing.
fn padded(subkey: &[u8; 32]) -> Zeroizing<[u8; 64]> {
    let mut block = Zeroizing::new([0u8; 64]);
    block[..32].copy_from_slice(subkey);
    block
}

fn first_16(hash: &[u8; 32]) -> u128 {
    hash[..16].iter().fold(0, |value, byte| value << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn master(byte: &str) -> MasterKey {
        MasterKey::parse(&format!("bidui-key-v1 {}", byte.repeat(32))).unwrap()
    }
    fn id(text: &str) -> IdNumber {
        IdNumber::from_canonical(text.as_bytes()).unwrap()
    }

    /// RFC 4231, test case 2; and that a key padded to the block is the same key.
    #[test]
    fn the_hmac_is_the_standard_one() {
        let mut keyed = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        keyed.update(b"what do ya want for nothing?");
        let hash: [u8; 32] = keyed.finalize().into_bytes().into();
        assert_eq!(hash[..4], [0x5b, 0xdc, 0xc1, 0x46]);
        let key = [7u8; 32];
        let of = |key: &[u8]| Hmac::<Sm3>::new_from_slice(key).unwrap().chain_update(b"x").finalize().into_bytes();
        assert_eq!(of(&key), of(&*padded(&key)));
    }

    #[test]
    fn a_column_has_the_tokens_of_its_values() {
        for algorithm in HashAlgorithm::ALL {
            let keys = SealKeys::derive(&master("01"), *algorithm);
            let person = id("11010519491231002X");
            let ids: Vec<Option<IdNumber>> = (0..20).map(|row| (row % 3 != 0).then_some(person)).collect();
            let tokens = keys.id_tokens(&ids);
            let long = "伊力哈木·".repeat(9);
            let names: Vec<&str> = (0..20).map(|row| ["韦某", "", &long][row % 3]).collect();
            let sealed = keys.name_tokens(&tokens, &names);
            for row in 0..20 {
                let expected = if row % 3 == 0 { Token::NONE } else { keys.id_token(&person) };
                assert_eq!(tokens[row], expected);
                assert_eq!(sealed[row], keys.name_token(tokens[row], names[row]));
                assert_eq!(sealed[row].is_some(), row % 3 == 2);
            }
        }
    }

    #[test]
    fn every_token_changes_with_the_key_and_the_algorithm() {
        let person = id("11010519491231002X");
        let mut seen = std::collections::BTreeSet::new();
        for byte in ["01", "02"] {
            for algorithm in HashAlgorithm::ALL {
                let keys = SealKeys::derive(&master(byte), *algorithm);
                let token = keys.id_token(&person);
                assert!(seen.insert(token.0));
                assert!(seen.insert(u128::from(keys.name_token(Token(1), "韦某").0)));
                assert!(seen.insert(u128::from(keys.row_tag(b"x"))));
                assert_eq!(token, keys.id_token(&person), "the same key gives the same token");
            }
        }
        assert_eq!(seen.len(), 12);
    }

    #[test]
    fn a_name_is_bound_to_its_person() {
        let keys = SealKeys::derive(&master("01"), HashAlgorithm::HmacSha256);
        let one = keys.id_token(&id("11010519491231002X"));
        let other = keys.id_token(&id("440524188001010014"));
        assert_ne!(keys.name_token(one, "韦某"), keys.name_token(other, "韦某"));
        assert_ne!(keys.name_token(one, "韦某"), keys.name_token(one, "覃某"));
        assert_eq!(keys.name_token(Token::NONE, "韦某"), NameToken::NONE);
        assert_eq!(keys.name_token(one, ""), NameToken::NONE);
    }

    #[test]
    fn uses_have_their_own_keys() {
        let keys = SealKeys::derive(&master("01"), HashAlgorithm::HmacSha256);
        let text = b"11010519491231002X";
        assert_ne!((keys.id_token(&id("11010519491231002X")).0 >> 64) as u64, keys.row_tag(text));
    }
}
