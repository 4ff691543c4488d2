//! The repository's scenarios and levers, with the built-in prices.

use std::path::{Path, PathBuf};

use ce_cost::pricing::PriceBook;
use ce_cost::savings::lever::{self, Levers};
use ce_cost::scenario::{self, InputFile, Scenarios};

/// The YAML files of a folder, in order.
pub fn files(folder: &str) -> Vec<InputFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    let text = |p: PathBuf| InputFile { name: p.display().to_string(), text: std::fs::read_to_string(p).expect("text") };
    paths.into_iter().filter(|p| p.extension().is_some_and(|e| e == "yaml")).map(text).collect()
}

/// All of it.
pub struct World {
    pub book: PriceBook,
    pub scenarios: Scenarios,
    pub levers: Levers,
}

impl World {
    pub fn new() -> World {
        let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        let scenarios = scenario::load(&files("scenarios"), &book, &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        let levers = lever::load(&files("scenarios/levers"), &scenarios).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        World { book, scenarios, levers }
    }
}
