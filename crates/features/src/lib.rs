//! No code: see Cargo.toml for why this crate is here.
