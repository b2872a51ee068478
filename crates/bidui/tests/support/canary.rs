//! Looks for people in files: every ID number and name of a county, in every form in which a program may let one slip.
#![allow(clippy::unwrap_used, unreachable_pub)]

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use encoding_rs::GB18030;
use polars::prelude::DataType;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use sha2::{Digest, Sha256};

use crate::support::files_under;

/// Shorter needles would be found in noise.
const LEAST_BYTES: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secret {
    IdNumber,
    Name,
    Key,
    Word,
}

/// A find, told without the secret itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Find {
    pub secret: Secret,
    pub form: &'static str,
    /// The person's number.
    pub whose: String,
    /// A file, and for a workbook the part of it.
    pub file: String,
}

struct Needle {
    bytes: Vec<u8>,
    secret: Secret,
    form: &'static str,
    whose: String,
}

/// All that must not be found.
#[derive(Default)]
pub struct Needles {
    all: Vec<Needle>,
    by_beginning: HashMap<[u8; LEAST_BYTES], Vec<usize>>,
    /// Whether any needle begins with these two bytes: most places are passed over by this.
    begins: Vec<bool>,
}

/// The forms of an ID number or the parts of one that tell whose it is.
pub fn forms_of_id(id: &str) -> Vec<(&'static str, Vec<u8>)> {
    let full_width: String = id.chars().map(|digit| char::from_u32(digit as u32 + 0xFEE0).unwrap()).collect();
    let plain = Sha256::digest(id.as_bytes());
    let mut forms = vec![
        ("plain", id.as_bytes()[..17].to_vec()),
        ("lower case", id.to_lowercase().into_bytes()),
        ("beginning", id.as_bytes()[..15].to_vec()),
        ("end", id.as_bytes()[6..].to_vec()),
        ("15 digits", format!("{}{}", &id[..6], &id[8..17]).into_bytes()),
        ("in groups", format!("{} {} {}", &id[..6], &id[6..14], &id[14..]).into_bytes()),
        ("full width", full_width.as_bytes().to_vec()),
        ("full width in GB18030", GB18030.encode(&full_width).0.into_owned()),
        ("unkeyed SHA-256", plain[..8].to_vec()),
        ("unkeyed SHA-256 in hexadecimal", hex(&plain).as_bytes()[..16].to_vec()),
        ("hexadecimal", hex(id.as_bytes()).into_bytes()),
    ];
    forms.extend(wide_forms(&id[..17]));
    forms.extend(base64_forms(id.as_bytes()));
    forms
}

fn forms_of_name(name: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![("plain", name.as_bytes().to_vec()), ("GB18030", GB18030.encode(name).0.into_owned())];
    forms.extend(wide_forms(name));
    forms.extend(base64_forms(name.as_bytes()));
    forms
}

fn wide_forms(text: &str) -> [(&'static str, Vec<u8>); 2] {
    [
        ("UTF-16LE", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16BE", text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ]
}

/// The letters that stand for the bytes wherever they begin in the text that is encoded.
fn base64_forms(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let at = |before: usize| {
        let encoded = STANDARD_NO_PAD.encode([vec![0; before], bytes.to_vec()].concat());
        let last = usize::from(!(before + bytes.len()).is_multiple_of(3));
        ("base64", encoded.as_bytes()[[0, 2, 3][before]..encoded.len() - last].to_vec())
    };
    (0..3).map(at).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Needles {
    pub fn add_id(&mut self, id: &str, whose: &str) {
        self.add(Secret::IdNumber, whose, forms_of_id(id));
    }
    pub fn add_name(&mut self, name: &str, whose: &str) {
        self.add(Secret::Name, whose, forms_of_name(name));
    }
    pub fn add_key(&mut self, key: &[u8]) {
        let mut forms = vec![("raw", key.to_vec()), ("hexadecimal", hex(key).into_bytes())];
        forms.push(("upper-case hexadecimal", hex(key).to_uppercase().into_bytes()));
        forms.extend(wide_forms(&hex(key)));
        forms.extend(base64_forms(key));
        forms.extend(base64_forms(hex(key).as_bytes()));
        self.add(Secret::Key, "", forms);
    }
    /// A word that is no secret, but must stand in certain files only.
    pub fn add_word(&mut self, word: &str, whose: &str) {
        self.add(Secret::Word, whose, vec![("plain", word.as_bytes().to_vec())]);
    }
    fn add(&mut self, secret: Secret, whose: &str, forms: Vec<(&'static str, Vec<u8>)>) {
        self.begins.resize(1 << 16, false);
        for (form, bytes) in forms.into_iter().filter(|(_, bytes)| bytes.len() >= LEAST_BYTES) {
            let beginning: [u8; LEAST_BYTES] = bytes[..LEAST_BYTES].try_into().unwrap();
            self.begins[usize::from(u16::from_le_bytes([bytes[0], bytes[1]]))] = true;
            self.by_beginning.entry(beginning).or_default().push(self.all.len());
            self.all.push(Needle { bytes, secret, form, whose: whose.to_owned() });
        }
    }

    /// Everything found in some bytes.
    pub fn search(&self, file: &str, bytes: &[u8], finds: &mut Vec<Find>) {
        for (at, window) in bytes.windows(LEAST_BYTES).enumerate() {
            if !self.begins[usize::from(u16::from_le_bytes([window[0], window[1]]))] {
                continue;
            }
            for needle in self.by_beginning.get(window).into_iter().flatten().map(|needle| &self.all[*needle]) {
                if bytes[at..].starts_with(&needle.bytes) {
                    let (secret, form, whose) = (needle.secret, needle.form, needle.whose.clone());
                    finds.push(Find { secret, form, whose, file: file.to_owned() });
                }
            }
        }
    }

    /// Everything found under a folder: in names of files, in their bytes, in the parts of workbooks and in the columns of Parquet.
    pub fn search_folder(&self, folder: &Path) -> Vec<Find> {
        let mut finds = Vec::new();
        for file in files_under(folder) {
            let bytes = fs::read(folder.join(&file)).unwrap();
            self.search(&file, file.as_bytes(), &mut finds);
            self.search(&file, &bytes, &mut finds);
            // Two letters begin a file of digests, too, once in a while.
            if bytes.starts_with(b"PK\x03\x04") {
                self.search_parts(&file, bytes, &mut finds);
            } else if bytes.starts_with(b"PAR1") {
                self.search_columns(&file, bytes, &mut finds);
            }
        }
        finds.sort_unstable();
        finds.dedup();
        finds
    }

    fn search_parts(&self, file: &str, bytes: Vec<u8>, finds: &mut Vec<Find>) {
        let mut book = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        for at in 0..book.len() {
            let mut text = Vec::new();
            book.by_index(at).unwrap().read_to_end(&mut text).unwrap();
            self.search(&format!("{file} part {at}"), &text, finds);
        }
    }

    /// Parquet compresses its pages: each column is read, and searched as text.
    fn search_columns(&self, file: &str, bytes: Vec<u8>, finds: &mut Vec<Find>) {
        let frame = ParquetReader::new(std::io::Cursor::new(bytes)).finish().unwrap();
        for column in frame.columns() {
            let text = column.cast(&DataType::String).unwrap();
            let cells: Vec<&str> = text.str().unwrap().iter().map(|cell| cell.unwrap_or("")).collect();
            self.search(&format!("{file} column {}", column.name()), cells.join("\n").as_bytes(), finds);
        }
    }
}
