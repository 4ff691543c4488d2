//! Files that commands write: whole, or not at all.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Failure;

/// A file that is written beside its place, and not there yet.
pub struct Staged {
    file: NamedTempFile,
    place: PathBuf,
}

/// Writes a file beside its place.
///
/// # Errors
/// A place that cannot be written to.
pub fn stage(path: &Path, bytes: &[u8]) -> Result<Staged, Failure> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // As any new file: readable for those whom the user's mask lets read.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(|e| wrong(path, e))?;
    file.write_all(bytes).map_err(|e| wrong(path, e))?;
    Ok(Staged { file, place: path.to_owned() })
}

impl Staged {
    /// Moves it to its place.
    ///
    /// # Errors
    /// A place that it cannot be moved to.
    pub fn put(self) -> Result<(), Failure> {
        let place = self.place;
        self.file.persist(&place).map(drop).map_err(|e| wrong(&place, e.error))
    }
}

fn wrong(path: &Path, error: std::io::Error) -> Failure {
    Failure::missing(format!("error: {} cannot be written: {error}", path.display()))
}

/// Writes a file beside its place and moves it there, so that nobody finds half of one.
///
/// # Errors
/// A place that cannot be written to.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    stage(path, bytes)?.put()
}

/// As [`write`], into a folder that need not be there yet.
///
/// # Errors
/// As [`write`]; a folder that cannot be made.
pub fn write_in_new_folder(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        fs_err::create_dir_all(folder).map_err(|e| Failure::missing(format!("error: {e}")))?;
    }
    write(path, bytes)
}
