//! `bidui schema`: the JSON Schemas of the configuration's files.

use std::path::Path;

use bidui_authoring::{KINDS, Kind, rewrite, schema_json};

use crate::exit::Fault;
use crate::private::refused;
use crate::summary::pad_to;

pub(super) fn schema(kind: Option<&str>, all: Option<&Path>) -> Result<String, Fault> {
    if let Some(folder) = all {
        std::fs::create_dir_all(folder).map_err(|error| refused("文件夹", folder, "建不起来", error))?;
        for kind in KINDS {
            let path = folder.join(format!("{}.schema.json", kind.name));
            rewrite(&path, schema_json(kind).as_bytes()).map_err(|error| refused("文件", &path, "写不进去", error))?;
        }
        return Ok(format!("{}种，写在 {}\n", KINDS.len(), folder.display()));
    }
    let Some(name) = kind else {
        let lines: String = KINDS.iter().map(|kind| format!("  {}{}\n", pad_to(kind.name, 15), kind.title)).collect();
        return Ok(format!("配置文件的种类（bidui schema 种类）：\n{lines}"));
    };
    match Kind::named(name) {
        Some(kind) => Ok(schema_json(kind)),
        None => Err(Fault::command(format!("没有“{name}”这种配置文件；各种见 bidui schema"))),
    }
}
