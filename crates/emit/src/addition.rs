//! What is added to a month that is published already: a report, a sample. It is written aside in a hidden folder of the month, and then changes
//! names with what stood there in one step where the file system can.
//!
//! The month's manifest does not name it: a month that is run again is replaced whole, and what was made from the old one goes with it, unless
//! [`crate::Staging::keep`] takes it along.

use crate::EmitError;
use crate::staging::{
    Tree, bring_back, exchange, lock_month, make_private_folder, remove_tree, rename, seal_file, set_mode, sync,
};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// One folder of a published month, being written. Dropped without a commit, it leaves nothing behind.
#[derive(Debug)]
#[must_use = "an addition that nobody commits is not there"]
pub struct Addition {
    month: PathBuf,
    name: String,
    part: PathBuf,
    /// Held until the end, so that no run replaces the month meanwhile.
    _lock: File,
}

impl Addition {
    /// `name` is the folder under the month's, such as `report`. The month must have been published.
    pub fn begin(out_root: &Path, month: &str, name: &str) -> Result<Self, EmitError> {
        let (month, lock) = lock_month(out_root, month)?;
        bring_back(out_root, month)?;
        let month = out_root.join(month.to_string());
        let part = month.join(format!(".{name}.part"));
        // Of one that was killed.
        remove_tree(&part)?;
        make_private_folder(&part.join(name))?;
        Ok(Self { month, name: name.to_owned(), part, _lock: lock })
    }

    /// Where to write: it stands for the month's folder, and only what lies in the folder `name` of it is kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.part
    }

    /// Puts the folder in its place, and says where.
    pub fn commit(self) -> Result<PathBuf, EmitError> {
        let (made, place) = (self.part.join(&self.name), self.month.join(&self.name));
        let mut tree = Tree::default();
        tree.walk(&made)?;
        for file in &tree.files {
            seal_file(&made, file)?;
        }
        for folder in &tree.folders {
            set_mode(folder, 0o700)?;
            sync(folder)?;
        }
        if place.exists() && !exchange(&made, &place) {
            remove_tree(&place)?;
            rename(&made, &place)?;
        } else if made.exists() && !place.exists() {
            rename(&made, &place)?;
        }
        sync(&self.month)?;
        remove_tree(&self.part)?;
        Ok(place)
    }
}

impl Drop for Addition {
    fn drop(&mut self) {
        // After a commit it is gone; a failure here is mended by the next one.
        let _ = fs::remove_dir_all(&self.part);
    }
}
