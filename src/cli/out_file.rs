//! Files that commands write: whole, or not at all.

use std::io::Write;
use std::path::Path;

use super::Failure;

/// Writes a file beside its place and moves it there, so that nobody finds half of one.
///
/// # Errors
/// A place that cannot be written to.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let wrong = |e: std::io::Error| Failure::missing(format!("error: {} cannot be written: {e}", path.display()));
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // As any new file: readable for those whom the user's mask lets read.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(wrong)?;
    file.write_all(bytes).map_err(wrong)?;
    file.persist(path).map_err(|e| wrong(e.error))?;
    Ok(())
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
