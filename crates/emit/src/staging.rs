//! Publishing a month whole or not at all.
//!
//! Everything is written to a hidden sibling of the month's folder; the commit hashes and syncs it, writes the manifest last, and
//! renames it into place. A month that stood there changes names with it in one step, and is removed after. Killed at any call, the
//! old month or the new one is there: never a half. Where the file system cannot exchange two names, the old month is moved aside
//! first, and comes back at the next [`Staging::begin`] or [`recover`].

use crate::EmitError;
use crate::manifest::{Manifest, ManifestFile};
use bidui_model::Month;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

const MANIFEST: &str = "manifest.json";

/// A month being written. Dropped without a commit, it leaves nothing behind.
#[derive(Debug)]
#[must_use = "a staging that nobody commits publishes nothing"]
pub struct Staging {
    out_root: PathBuf,
    month: Month,
    folder: PathBuf,
    /// Held until the end, so that two runs of one month do not clear each other's folders.
    _lock: File,
}

impl Staging {
    /// Brings back what a killed run left half done, removes its leftovers, and makes an empty folder to write into.
    pub fn begin(out_root: &Path, month: &str) -> Result<Self, EmitError> {
        let (month, lock) = lock_month(out_root, month)?;
        bring_back(out_root, month)?;
        remove_leftovers(out_root, month)?;
        let folder = out_root.join(format!(".{month}.staging-{}", std::process::id()));
        make_private_folder(&folder)?;
        Ok(Self { out_root: out_root.to_owned(), month, folder, _lock: lock })
    }

    /// Where to write. Subfolders may be made in it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Publishes, and says where. The manifest's `files` are replaced by those found in the folder.
    pub fn commit(self, manifest: &Manifest) -> Result<PathBuf, EmitError> {
        self.seal(manifest)?;
        self.publish()
    }

    /// Makes everything durable and writes the manifest; gives the manifest's SHA-256. Nothing is published yet.
    pub fn seal(&self, manifest: &Manifest) -> Result<String, EmitError> {
        let mut tree = Tree::default();
        tree.walk(&self.folder)?;
        let mut manifest = manifest.sorted();
        tree.files.retain(|path| *path != self.folder.join(MANIFEST));
        // Side by side: most of the time goes by waiting for the disk.
        let sealed: Vec<_> = tree.files.par_iter().with_max_len(1).map(|path| seal_file(&self.folder, path)).collect();
        manifest.files = sealed.into_iter().collect::<Result<_, _>>()?;
        write_manifest(&self.folder.join(MANIFEST), &manifest)?;
        for folder in &tree.folders {
            set_mode(folder, 0o700)?;
            sync(folder)?;
        }
        Ok(seal_file(&self.folder, &self.folder.join(MANIFEST))?.sha256)
    }

    /// Takes a folder that was added to the month that stands, such as a sample, along into the one that takes its place. After the sealing: no
    /// manifest names it. Says whether there was one.
    pub fn keep(&self, name: &str) -> Result<bool, EmitError> {
        let from = self.out_root.join(self.month.to_string()).join(name);
        if !from.is_dir() {
            return Ok(false);
        }
        let mut tree = Tree::default();
        tree.walk(&from)?;
        let place = |path: &Path| self.folder.join(name).join(path.strip_prefix(&from).unwrap_or(path));
        for folder in tree.folders.iter().rev() {
            make_private_folder(&place(folder))?;
        }
        for file in &tree.files {
            fs::copy(file, place(file)).map_err(EmitError::io("复制", file))?;
            seal_file(&self.folder, &place(file))?;
        }
        for folder in &tree.folders {
            sync(&place(folder))?;
        }
        sync(&self.folder)?;
        Ok(true)
    }

    /// Puts what was sealed into its place, and says where that is.
    pub fn publish(self) -> Result<PathBuf, EmitError> {
        self.swap_in()
    }

    /// The renames, and the parent synced after each so that a loss of power keeps their order.
    fn swap_in(&self) -> Result<PathBuf, EmitError> {
        let place = self.out_root.join(self.month.to_string());
        let aside = aside(&self.out_root, self.month);
        if place.exists() {
            if exchange(&self.folder, &place) {
                sync(&self.out_root)?;
                remove_tree(&self.folder)?;
                return Ok(place);
            }
            rename(&place, &aside)?;
            sync(&self.out_root)?;
        }
        rename(&self.folder, &place)?;
        sync(&self.out_root)?;
        remove_tree(&aside)?;
        Ok(place)
    }
}

/// Exchanges two names in one step. `false` where the system or the file system cannot; nothing has changed then.
#[cfg(target_os = "linux")]
pub(crate) fn exchange(one: &Path, other: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn exchange(_one: &Path, _other: &Path) -> bool {
    false
}

impl Drop for Staging {
    fn drop(&mut self) {
        // After a commit the folder is gone; a failure here is mended by the next run.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Brings back the month that a killed run had moved aside. For commands that only read; [`Staging::begin`] does it itself.
pub fn recover(out_root: &Path, month: &str) -> Result<(), EmitError> {
    let (month, _lock) = lock_month(out_root, month)?;
    bring_back(out_root, month)
}

pub(crate) fn lock_month(out_root: &Path, month: &str) -> Result<(Month, File), EmitError> {
    let month: Month = month.parse().map_err(|_| EmitError::Month(month.to_owned()))?;
    make_private_folder(out_root)?;
    let path = out_root.join(format!(".{month}.lock"));
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(EmitError::io("打开", &path))?;
    match file.try_lock() {
        Ok(()) => Ok((month, file)),
        Err(TryLockError::WouldBlock) => Err(EmitError::Busy(month.to_string())),
        Err(TryLockError::Error(source)) => Err(EmitError::io("锁定", &path)(source)),
    }
}

fn aside(out_root: &Path, month: Month) -> PathBuf {
    out_root.join(format!(".{month}.old"))
}

/// Killed between the two renames: the old month goes back. Killed after them: the old month is rubbish.
pub(crate) fn bring_back(out_root: &Path, month: Month) -> Result<(), EmitError> {
    let place = out_root.join(month.to_string());
    let aside = aside(out_root, month);
    if !aside.exists() {
        return Ok(());
    }
    if place.exists() {
        remove_tree(&aside)
    } else {
        rename(&aside, &place)?;
        sync(out_root)
    }
}

fn remove_leftovers(out_root: &Path, month: Month) -> Result<(), EmitError> {
    let prefix = format!(".{month}.staging-");
    for entry in fs::read_dir(out_root).map_err(EmitError::io("读取", out_root))? {
        let entry = entry.map_err(EmitError::io("读取", out_root))?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            remove_tree(&entry.path())?;
        }
    }
    Ok(())
}

/// Every folder, the deepest first, and every file, both in the order of their names.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) files: Vec<PathBuf>,
}

impl Tree {
    pub(crate) fn walk(&mut self, folder: &Path) -> Result<(), EmitError> {
        let mut entries = fs::read_dir(folder)
            .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
            .map_err(EmitError::io("读取", folder))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let kind = entry.file_type().map_err(EmitError::io("读取", &path))?;
            if kind.is_dir() {
                self.walk(&path)?;
            } else if kind.is_file() {
                self.files.push(path);
            } else {
                return Err(EmitError::NotAFile(path));
            }
        }
        self.folders.push(folder.to_owned());
        Ok(())
    }
}

/// Makes a file private and durable, and takes its digest.
pub(crate) fn seal_file(folder: &Path, path: &Path) -> Result<ManifestFile, EmitError> {
    set_mode(path, 0o600)?;
    let mut file = File::open(path).map_err(EmitError::io("打开", path))?;
    let mut digest = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer).map_err(EmitError::io("读取", path))?;
        if count == 0 {
            break;
        }
        digest.update(&buffer[..count]);
        bytes += count as u64;
    }
    file.sync_all().map_err(EmitError::io("落盘", path))?;
    let parts: Vec<_> =
        path.strip_prefix(folder).unwrap_or(path).components().map(|part| part.as_os_str().to_string_lossy()).collect();
    Ok(ManifestFile { file: parts.join("/"), sha256: hexadecimal(&digest.finalize()), bytes })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write_manifest(path: &Path, manifest: &Manifest) -> Result<(), EmitError> {
    let mut text = serde_json::to_string_pretty(manifest)?;
    text.push('\n');
    let mut file = create_private(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(EmitError::io("写", path))
}

/// A new or emptied file that only its owner may read.
pub(crate) fn create_private(path: &Path) -> Result<File, EmitError> {
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(true).write(true).mode(0o600).open(path);
    let file = file.map_err(EmitError::io("新建", path))?;
    set_mode(path, 0o600)?;
    Ok(file)
}

pub(crate) fn make_private_folder(path: &Path) -> Result<(), EmitError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(EmitError::io("新建", path))
}

pub(crate) fn set_mode(path: &Path, mode: u32) -> Result<(), EmitError> {
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(EmitError::io("设置权限", path))
}

pub(crate) fn sync(folder: &Path) -> Result<(), EmitError> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(EmitError::io("落盘", folder))
}

pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), EmitError> {
    fs::rename(from, to).map_err(EmitError::io("移动", from))
}

/// Also what somebody has made read-only: an old month is no longer his to keep, once another one stands in its place.
pub(crate) fn remove_tree(path: &Path) -> Result<(), EmitError> {
    let removed = fs::remove_dir_all(path).or_else(|error| match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            open_folders(path);
            fs::remove_dir_all(path)
        }
        _ => Err(error),
    });
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(EmitError::io("删除", path)(error)),
        _ => Ok(()),
    }
}

/// Lets the owner into every folder, the outermost first, as far as the system lets him.
fn open_folders(path: &Path) {
    let _ = set_mode(path, 0o700);
    let Ok(entries) = fs::read_dir(path) else { return };
    let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    entries.flatten().filter(is_folder).for_each(|entry| open_folders(&entry.path()));
}
