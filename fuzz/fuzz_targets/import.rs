//! What every importer's target does: the bytes become a file, and the file is read or refused.

use ce_cost::actuals;
use ce_cost::source::Sources;

/// Reads `bytes` as a file of that name, beside `others`.
pub fn import(name: &str, bytes: &[u8], others: &[(&str, &str)]) {
    let folder = tempfile::tempdir().expect("a folder");
    for (other, text) in others {
        std::fs::write(folder.path().join(other), text).expect("a file");
    }
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    match actuals::read(&[path]) {
        Ok(found) => assert!(!found.statements.is_empty(), "read, and no statement"),
        Err(problems) => assert!(!problems.render(&Sources::default(), true).is_empty(), "refused, and no reason"),
    }
}
