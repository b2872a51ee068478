//! Files that nobody asked for: what file managers leave, a lock of an open workbook, and an extract of a bureau without a contract.

use std::path::Path;

use crate::options::SynthError;
use crate::table::io_error;

/// Writes them into a month's inbox and counts them.
pub(crate) fn write(month: &Path) -> Result<u64, SynthError> {
    let files: [(&str, &[u8]); 3] = [
        ("民政局/Thumbs.db", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1thumbnails"),
        ("乡村振兴局/~$农村人口底册.xlsx", b"\x05admin"),
        ("气象局/预警信号发布记录.csv", "乡镇,信号,级别,发布时间\n百朋镇,暴雨,黄色,2023-03-24 16:20\n".as_bytes()),
    ];
    for (file, bytes) in &files {
        let path = month.join(file);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(io_error(parent))?;
        }
        std::fs::write(&path, bytes).map_err(io_error(&path))?;
    }
    Ok(files.len() as u64)
}
