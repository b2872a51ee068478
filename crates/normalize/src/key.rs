//! The bureau's master key: 32 random bytes in a file of one line, `bidui-key-v1 <64 hex>`. Where the file lies, its mode and its
//! making are `bidui`'s business; here is only its text.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

const HEADER: &str = "bidui-key-v1";
const FINGERPRINT: &[u8] = b"bidui/v1/fingerprint";

/// The master key. Never printed; wiped from memory when dropped. Nothing is ever hashed under it directly: see [`crate::SealKeys`].
pub struct MasterKey([u8; 32]);

/// Why there is no key. Says nothing of what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("密钥文件是空的")]
    Empty,
    #[error("密钥文件应只有一行“bidui-key-v1”加64位十六进制数")]
    Malformed,
    #[error("密钥文件的版本不是bidui-key-v1，请用相应版本的程序打开")]
    OtherVersion,
    #[error("密钥全为0，不能使用")]
    Zero,
    #[error("操作系统没有给出随机数，无法生成密钥")]
    NoRandomness,
}

impl MasterKey {
    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// When the operating system has none to give.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
        let key = Self(bytes);
        bytes.zeroize();
        Ok(key)
    }

    /// Reads the key file's text.
    ///
    /// # Errors
    /// When it is empty, of another version, or not one line of the header and 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut words = text.trim_start_matches('\u{feff}').split_ascii_whitespace();
        let header = words.next().ok_or(KeyError::Empty)?;
        if header != HEADER {
            return Err(if header.starts_with("bidui-key-") { KeyError::OtherVersion } else { KeyError::Malformed });
        }
        let (Some(hex), None) = (words.next(), words.next()) else {
            return Err(KeyError::Malformed);
        };
        if hex.len() != 64 {
            return Err(KeyError::Malformed);
        }
        let mut key = Self([0u8; 32]);
        for (byte, pair) in key.0.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        if key.0 == [0u8; 32] {
            return Err(KeyError::Zero);
        }
        Ok(key)
    }

    /// The text of the key file.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(HEADER.len() + 66));
        text.push_str(HEADER);
        text.push(' ');
        for byte in &self.0 {
            text.push(hex_digit(byte >> 4));
            text.push(hex_digit(byte & 15));
        }
        text.push('\n');
        text
    }

    /// 16 hexadecimal digits that tell two keys apart and nothing of either: derived by HKDF, like every subkey, under its own name.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut bytes = [0u8; 8];
        // Eight bytes are within what HKDF can give, so that it cannot fail.
        let _ = Hkdf::<Sha256>::new(None, &self.0).expand(FINGERPRINT, &mut bytes);
        bytes.iter().flat_map(|byte| [hex_digit(byte >> 4), hex_digit(byte & 15)]).collect()
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for MasterKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey(********)")
    }
}

fn nibble(byte: u8) -> Result<u8, KeyError> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        b'A'..=b'F' => Ok(byte - b'A' + 10),
        _ => Err(KeyError::Malformed),
    }
}

fn hex_digit(value: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(value & 15)])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refuse(text: &str, error: KeyError) {
        assert_eq!(MasterKey::parse(text).err(), Some(error));
    }

    #[test]
    fn a_key_reads_back_as_itself() {
        let key = MasterKey::generate().unwrap();
        let again = MasterKey::parse(&key.to_text()).unwrap();
        assert_eq!(again.bytes(), key.bytes());
        assert_eq!(again.fingerprint(), key.fingerprint());
    }

    #[test]
    fn no_key_is_an_error() {
        refuse("", KeyError::Empty);
        refuse(" \n", KeyError::Empty);
        refuse(&"0".repeat(64), KeyError::Malformed);
        refuse("bidui-key-v1", KeyError::Malformed);
        refuse(&format!("bidui-key-v1 {}", "0".repeat(64)), KeyError::Zero);
        refuse(&format!("bidui-key-v1 {}", "ag".repeat(32)), KeyError::Malformed);
        refuse(&format!("bidui-key-v1 {}", "1".repeat(63)), KeyError::Malformed);
        refuse(&format!("bidui-key-v1 {} x", "1".repeat(64)), KeyError::Malformed);
        refuse(&format!("bidui-key-v2 {}", "1".repeat(64)), KeyError::OtherVersion);
    }

    #[test]
    fn neither_debug_nor_the_fingerprint_shows_the_key() {
        let key = MasterKey::parse(&format!("bidui-key-v1 {}", "a7".repeat(32))).unwrap();
        assert!(!format!("{key:?}").contains("a7"));
        assert_eq!(key.fingerprint().len(), 16);
        assert!(!key.to_text().contains(&key.fingerprint()));
        let other = MasterKey::parse(&format!("bidui-key-v1 {}", "a8".repeat(32))).unwrap();
        assert_ne!(key.fingerprint(), other.fingerprint());
    }
}
