//! The scenario files of the repository, for tests that load them all.

use ce_cost::scenario::InputFile;

/// Every file of `scenarios/`, by name.
pub fn files() -> Vec<InputFile> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files: Vec<InputFile> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "yaml"))
        .map(|p| InputFile {
            name: p.file_name().expect("a name").to_string_lossy().into(),
            text: std::fs::read_to_string(&p).expect("text"),
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}
