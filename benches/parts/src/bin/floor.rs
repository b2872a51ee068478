//! The floor under a month: what no program can spare that reads, proves and pseudonymises the same files. It keeps nothing.
//!
//! `floor INBOX MANIFEST` takes the files that the manifest names as a run's inputs and prints one line of JSON. For text: seconds to read every byte and hash it (SHA-256 a file), and seconds to do that and
//! also to find every cell and to make the HMAC of every cell that looks like an ID number. For workbooks: seconds of the parser alone.
//! Files go side by side over the cores, the largest first, as a run takes them.
#![allow(clippy::print_stdout, reason = "a tool that reports to whoever measures")]

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use calamine::{Reader, Xlsx};
use hmac::{Hmac, KeyInit, Mac};
use memchr::memchr2_iter;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// Bytes read at once; a line that a block cuts in two is put together.
const BLOCK: usize = 2 << 20;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone, Copy, Default)]
struct Found {
    bytes: u64,
    cells: u64,
    ids: u64,
    /// Keeps the work from being optimised away.
    proof: u64,
}

impl Found {
    fn and(self, other: Self) -> Self {
        Self {
            bytes: self.bytes + other.bytes,
            cells: self.cells + other.cells,
            ids: self.ids + other.ids,
            proof: self.proof ^ other.proof,
        }
    }
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, inbox, manifest] = &arguments[..] else { return Err("floor INBOX MANIFEST".into()) };
    let mut files = inputs(Path::new(inbox), Path::new(manifest))?;
    files.sort_by_key(|(size, path)| (std::cmp::Reverse(*size), path.clone()));
    let is_text = |path: &Path| path.extension().is_some_and(|extension| extension == "csv");
    if files.iter().any(|(_, path)| is_text(path)) {
        let (hashed, hash_seconds) = over(&files, |path| text(path, false))?;
        let (found, seconds) = over(&files, |path| text(path, true))?;
        println!(
            "{}",
            serde_json::json!({"hash_seconds": hash_seconds, "seconds": seconds, "bytes": hashed.bytes, "cells": found.cells,
                "ids": found.ids, "proof": found.proof ^ hashed.proof})
        );
    } else {
        let (found, seconds) = over(&files, workbook)?;
        println!("{}", serde_json::json!({"seconds": seconds, "cells": found.cells}));
    }
    Ok(())
}

/// Sizes and paths of a run's inputs.
fn inputs(inbox: &Path, manifest: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(manifest)?)?;
    let inputs = manifest["inputs"].as_array().ok_or("a manifest without inputs")?;
    let sized = |input: &serde_json::Value| {
        let path = inbox.join(input["file"].as_str().ok_or("an input without a name")?);
        Ok((std::fs::metadata(&path)?.len(), path))
    };
    inputs.iter().map(sized).collect()
}

/// All files by `work`, one a task; with the seconds on the clock.
fn over(files: &[(u64, PathBuf)], work: impl Fn(&Path) -> Result<Found, Error> + Sync) -> Result<(Found, f64), Error> {
    let begun = Instant::now();
    let found = files
        .par_iter()
        .with_max_len(1)
        .map(|(_, path)| work(path))
        .try_reduce(Found::default, |one, other| Ok(one.and(other)))?;
    Ok((found, begun.elapsed().as_secs_f64()))
}

/// Plain CSV: no cell of a clean county is quoted.
fn text(path: &Path, cells: bool) -> Result<Found, Error> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let key = Hmac::<Sha256>::new_from_slice(b"no secret: a floor keeps nothing")?;
    let mut found = Found::default();
    let mut block = vec![0; BLOCK];
    let mut kept = 0;
    loop {
        let read = file.read(&mut block[kept..])?;
        let end = kept + read;
        hash.update(&block[kept..end]);
        found.bytes += read as u64;
        if read == 0 {
            break;
        }
        kept = 0;
        if cells {
            let mut from = 0;
            for at in memchr2_iter(b',', b'\n', &block[..end]) {
                cell(&block[from..at], &key, &mut found);
                from = at + 1;
            }
            block.copy_within(from..end, 0);
            kept = end - from;
        }
    }
    found.proof ^= u64::from(hash.finalize()[0]);
    Ok(found)
}

/// The first 17 characters of an ID number are digits; a disability card has one in front.
fn cell(cell: &[u8], key: &Hmac<Sha256>, found: &mut Found) {
    found.cells += 1;
    if cell.len() >= 18 && cell[..17].iter().all(u8::is_ascii_digit) {
        let mut mac = key.clone();
        mac.update(&cell[..18]);
        found.proof ^= u64::from(mac.finalize().into_bytes()[0]);
        found.ids += 1;
    }
}

fn workbook(path: &Path) -> Result<Found, Error> {
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(File::open(path)?))?;
    let mut found = Found::default();
    for sheet in book.sheet_names() {
        let mut cells = book.worksheet_cells_reader(&sheet)?;
        while let Some(cell) = cells.next_cell()? {
            found.cells += 1;
            found.proof ^= u64::from(cell.get_position().0);
        }
    }
    Ok(found)
}
