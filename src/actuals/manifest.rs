//! Manifests of reports and exports: the list of the files of one version, written last. A folder is read by them and never by
//! its listing, which can be half of a version, or two.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::read::Part;
use super::sink::one;
use crate::diagnostic::{Diagnostic, Problems};
use crate::month::Month;

/// How deep manifests are looked for.
const DEEPEST: usize = 8;
/// How many files and folders are looked at.
const MOST: usize = 100_000;
/// Largest manifest, in bytes: it names every column and file.
const LARGEST: u64 = 16 << 20;

/// What a manifest says: in its legacy form (`assemblyId`, `reportKeys`) or in that of Data Exports (`executionId`, `dataFiles`).
#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "assemblyId", alias = "executionId")]
    version: Option<String>,
    #[serde(rename = "reportKeys", alias = "dataFiles")]
    files: Option<Vec<String>>,
    /// In the legacy form only.
    #[serde(rename = "billingPeriod")]
    period: Option<Period>,
}

#[derive(Deserialize)]
struct Period {
    /// As `20261001T000000.000Z`.
    #[serde(default)]
    start: String,
}

impl Period {
    fn month(&self) -> Option<Month> {
        let (year, rest) = self.start.split_at_checked(4)?;
        format!("{year}-{}", rest.get(..2)?).parse().ok()
    }
}

fn refused(path: &Path, message: &str, help: &str) -> Problems {
    one(Diagnostic::general(format!("{}{message}", path.display())).help(help))
}

/// The files of the manifests in a folder. Of several versions of a period the one at the top counts: it is the newest.
pub fn folder(folder: &Path) -> Result<Vec<Part>, Problems> {
    let mut manifests = Vec::new();
    let mut left = MOST;
    find(folder, DEEPEST, &mut left, &mut manifests).map_err(|e| refused(folder, &format!(": {e}"), "the folder must be readable"))?;
    if manifests.is_empty() {
        return Err(refused(
            folder,
            " holds no manifest",
            "copy the file that ends in `-Manifest.json` as well: it tells which files belong together; or name the files one by one",
        ));
    }
    let mut parts = Vec::new();
    for manifest in current(folder, manifests) {
        parts.extend(read(&manifest, folder)?);
    }
    Ok(parts)
}

/// The files of one manifest, found beside it or above.
pub fn file(path: &Path) -> Result<Vec<Part>, Problems> {
    let beside = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Data Exports keep manifests in `metadata/…` and files in `data/…`.
    let above = beside.ancestors().find(|a| a.file_name().is_some_and(|n| n == "metadata")).and_then(Path::parent);
    let above = above.map(|a| if a.as_os_str().is_empty() { Path::new(".") } else { a });
    read(path, above.unwrap_or(beside))
}

fn find(folder: &Path, deep: usize, left: &mut usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        *left = left.checked_sub(1).ok_or_else(|| std::io::Error::other(format!("more than {MOST} files")))?;
        let kind = entry.file_type()?;
        // A link could lead anywhere, also back.
        if kind.is_dir() && deep > 0 {
            find(&entry.path(), deep - 1, left, found)?;
        } else if kind.is_file() && entry.file_name().to_string_lossy().ends_with("Manifest.json") {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// One manifest for each report and period: the one nearest to the top, and of several there the last by name, since folders of
/// executions begin with their time.
fn current(folder: &Path, manifests: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut best: BTreeMap<(PathBuf, PathBuf), PathBuf> = BTreeMap::new();
    for path in manifests {
        let depth = |p: &Path| p.components().count();
        let key = (PathBuf::from(path.file_name().unwrap_or_default()), period(folder, &path));
        match best.get(&key) {
            Some(known) if (depth(known), std::cmp::Reverse(known.as_path())) <= (depth(&path), std::cmp::Reverse(path.as_path())) => {}
            _ => drop(best.insert(key, path)),
        }
    }
    best.into_values().collect()
}

/// The folder of the period: `20261001-20261101` or `BILLING_PERIOD=2026-10`; where neither is there, that of the manifest.
fn period(folder: &Path, manifest: &Path) -> PathBuf {
    let parent = manifest.parent().unwrap_or(folder);
    parent.ancestors().find(|a| a.file_name().is_some_and(|n| is_period(&n.to_string_lossy()))).unwrap_or(parent).to_owned()
}

/// True for the folder of a period.
fn is_period(name: &str) -> bool {
    let (a, b) = name.split_once('-').unwrap_or_default();
    name.starts_with("BILLING_PERIOD=") || (a.len() == 8 && b.len() == 8 && (a.to_owned() + b).bytes().all(|c| c.is_ascii_digit()))
}

fn read(path: &Path, root: &Path) -> Result<Vec<Part>, Problems> {
    let mut text = String::new();
    let opened = fs_err::File::open(path).and_then(|f| f.take(LARGEST).read_to_string(&mut text));
    opened.map_err(|e| refused(path, &format!(": {e}"), "the manifest must be text in UTF-8"))?;
    let manifest: Manifest = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|e| refused(path, &format!(" is no manifest: {e}"), "copy it from the bucket again"))?;
    let keys = manifest.files.filter(|f| !f.is_empty());
    let keys = keys.ok_or_else(|| refused(path, " names no files (`reportKeys` or `dataFiles`)", "copy it from the bucket again"))?;
    let root = fs_err::canonicalize(root).map_err(|e| refused(root, &format!(": {e}"), "the folder must be readable"))?;
    let mut problems = Problems::default();
    let mut parts = Vec::new();
    for key in &keys {
        match locate(path, &root, key, manifest.version.as_deref()) {
            Ok(found) => parts.push(Part {
                name: found.strip_prefix(&root).unwrap_or(&found).display().to_string(),
                path: found,
                version: manifest.version.clone(),
                period: manifest.period.as_ref().and_then(Period::month),
            }),
            Err(other) => problems.extend(other),
        }
    }
    if problems.is_empty() { Ok(parts) } else { Err(problems) }
}

/// Finds the file of a key of the bucket in the folder: the longest end of the key that is there. Nothing outside is looked at. An
/// end that tells neither version nor period could be a file of another one: it counts beside its manifest only, in a flat copy.
fn locate(manifest: &Path, root: &Path, key: &str, version: Option<&str>) -> Result<PathBuf, Problems> {
    let shown = super::table::shortened(key);
    let inside = key.strip_prefix("s3://").map_or(Some(key), |rest| rest.split_once('/').map(|(_, key)| key));
    // A prefix that ends in a slash leaves two of them in the key.
    let parts: Vec<&str> = inside.unwrap_or_default().split('/').filter(|p| !p.is_empty()).collect();
    let is_name = |part: &&str| !part.contains(['\\', '\0']) && Path::new(part).components().all(|c| matches!(c, Component::Normal(_)));
    if parts.is_empty() || !parts.iter().all(is_name) {
        return Err(refused(
            manifest,
            &format!(" names `{shown}`, which is no path below the report"),
            "a manifest of AWS never does: copy it from the bucket again",
        ));
    }
    let beside = manifest.parent().unwrap_or(root);
    let folders = &parts[..parts.len() - 1];
    let telling = folders.iter().rposition(|part| Some(*part) == version || is_period(part));
    for from in 0..parts.len() {
        let end: PathBuf = parts[from..].iter().collect();
        let flat = telling.is_some_and(|at| from > at);
        for base in [root, beside].into_iter().skip(usize::from(flat)) {
            let Ok(found) = fs_err::canonicalize(base.join(&end)) else { continue };
            if !found.starts_with(root) {
                return Err(refused(
                    manifest,
                    &format!(" names `{shown}`, which leads out of the folder"),
                    "replace the link by the file itself",
                ));
            }
            if found.is_file() {
                return Ok(found);
            }
        }
    }
    Err(refused(
        manifest,
        &format!(" names `{shown}`, which is not there"),
        "copy the whole version from the bucket: part of it would be part of the bill",
    ))
}
