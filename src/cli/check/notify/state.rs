//! The file of what was told: read at first, written after each channel.

use std::path::{Path, PathBuf};

use crate::check::alert::Told;
use crate::cli::input::file;
use crate::cli::{Exit, Failure, out_file};

/// What was told, and where that is kept.
pub(super) struct State {
    pub told: Told,
    path: PathBuf,
}

impl State {
    /// The file that is named, or the user's own.
    ///
    /// # Errors
    /// A file that is something else: nothing is told twice because it cannot be read.
    pub fn open(named: Option<&Path>) -> Result<State, Failure> {
        let path = named.map(Path::to_owned).or_else(own).ok_or_else(|| {
            Failure::usage("error: this user has no folder for data\nhelp: `--notify-state FILE` says where to keep what was told")
        })?;
        let told = match file(&path) {
            Ok(input) => Told::read(&input.text).map_err(|why| unreadable(&path, &why.to_string()))?,
            Err(failure) if failure.exit == Exit::Missing => Told::default(),
            Err(failure) => return Err(failure),
        };
        Ok(State { told, path })
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// A place that cannot be written to.
    pub fn keep(&self) -> Result<(), Failure> {
        out_file::write_in_new_folder(&self.path, self.told.text().as_bytes())
    }
}

fn own() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "ce-cost")?;
    Some(folders.data_local_dir().join("notified.json"))
}

fn unreadable(path: &Path, why: &str) -> Failure {
    let help = "help: `--notify-state FILE` names another; without the file every channel is told of everything once more";
    Failure::input(format!("error: {} does not say what was told: {why}\n{help}", path.display()))
}
