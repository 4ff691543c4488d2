//! Where lists come from: a folder laid out as AWS lays out its lists, or an address.

use std::path::{Path, PathBuf};

use crate::cli::Failure;

/// A file that is there now.
pub struct Got {
    /// Where it lies.
    pub path: PathBuf,
    /// How it came, for the user: "1.2 MB fetched", "as kept"; and what was checked of it.
    pub how: String,
}

/// Why a file is not there.
pub enum Fault {
    /// Whoever was asked does not have it.
    NotFound(String),
    /// No answer, or one that cannot be used.
    Failed(Failure),
}

/// Where lists are read from.
pub enum Source {
    /// A folder.
    Folder(PathBuf),
    /// A server.
    #[cfg(feature = "fetch")]
    Server(Box<super::fetch::Fetcher>),
}

impl Source {
    /// A folder, or an address with the cache for what it sends.
    pub fn new(base: &str, cache: Option<&Path>) -> Result<Source, Failure> {
        if !is_address(base) {
            let folder = PathBuf::from(base);
            return match folder.is_dir() {
                true => Ok(Source::Folder(folder)),
                false => Err(Failure::missing(format!("error: --base-url {base} is neither an address nor a folder"))),
            };
        }
        #[cfg(feature = "fetch")]
        return Ok(Source::Server(Box::new(super::fetch::Fetcher::new(base, cache)?)));
        #[cfg(not(feature = "fetch"))]
        {
            let _ = cache;
            Err(Failure::usage(format!(
                "error: {base} is an address, and this build fetches nothing\nhelp: build it with the feature `fetch`, which is there by default"
            )))
        }
    }

    /// The file at a path of AWS's, such as `/offers/v1.0/aws/index.json`.
    pub fn get(&self, path: &str) -> Result<Got, Fault> {
        if !is_plain(path) {
            return Err(Fault::Failed(Failure::input(format!(
                "error: no list is fetched from `{path}`: more than plain names, or a way up"
            ))));
        }
        match self {
            Source::Folder(folder) => {
                let file = folder.join(path.trim_start_matches('/'));
                match file.is_file() {
                    true => Ok(Got { path: file, how: "from the folder".into() }),
                    false => Err(Fault::NotFound(file.display().to_string())),
                }
            }
            #[cfg(feature = "fetch")]
            Source::Server(fetcher) => fetcher.get(path),
        }
    }
}

/// True for an address.
pub fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// True for a path that stays where it is: no step up, nothing but AWS's characters.
fn is_plain(path: &str) -> bool {
    let is_name = |part: &str| {
        !part.is_empty() && part != ".." && part != "." && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_name))
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn a_path_of_an_index_leads_nowhere_else() {
        assert!(is_plain("/offers/v1.0/aws/AmazonECS/20221121182130/us-east-1/index.csv"));
        for path in ["https://example.com/x", "//example.com/x", "/a/../b", "/a/./b", "a/b", "/a\\b", "/a?b", ""] {
            assert!(!is_plain(path), "{path}");
        }
    }
}
