//! Puts the shipped configuration into the program, so that `bidui init` needs nothing beside it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What belongs to a configuration; schemas are made by the program, and notes beside it are nobody's.
fn belongs(name: &str) -> bool {
    name.ends_with(".toml") || name == "villages.csv" || name == "linkage_model.trained.json"
}

fn gather(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, found)?;
        } else if path.file_name().and_then(|name| name.to_str()).is_some_and(belongs) {
            found.push(path);
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let config = here.join("../../config");
    println!("cargo:rerun-if-changed={}", config.display());
    println!("cargo:rerun-if-changed=build.rs");
    let mut files = Vec::new();
    gather(&config, &mut files)?;
    files.sort();
    let mut code = String::from("pub(crate) const FILES: &[(&str, &[u8])] = &[\n");
    for file in &files {
        let name = file.strip_prefix(&config).unwrap_or(file);
        let name: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
        let _ = writeln!(code, "    ({:?}, include_bytes!({:?})),", name.join("/"), file);
    }
    code.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("shipped_files.rs"), code)
}
