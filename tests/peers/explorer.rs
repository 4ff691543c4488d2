//! Cost Explorer's peer, what it answers from, and the program that asks it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::peers;
use crate::server::Server;

/// What the peers run on, at the versions that they were tried with.
const LIBRARIES: [&str; 5] = ["numpy==2.4.6", "pyarrow==26.0.1", "duckdb==1.5.6", "botocore==1.43.11", "moto[server]==5.2.1"];

/// A Python with them.
pub fn python() -> PathBuf {
    peers::python("cost_explorer", &LIBRARIES)
}

/// A key that means nothing.
pub const SECRET: &str = "nobody-may-ever-read-this-key";
/// The account of the oracle.
pub const ACCOUNT: &str = "111122223333";

/// The bill of three months, August to October 2026, and its totals.
pub fn oracle() -> &'static (PathBuf, Value) {
    static ORACLE: OnceLock<(PathBuf, Value)> = OnceLock::new();
    ORACLE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME"));
        peers::run(Command::new(python()).arg(peers::script("gen_oracle_cur.py")).arg(&folder).args(["7", "3"]));
        let text = std::fs::read_to_string(folder.join("expected.json")).expect("totals");
        (folder.join("cur2.parquet"), serde_json::from_str(&text).expect("JSON"))
    })
}

/// A Cost Explorer that answers out of a bill, with a today and so many groups a page.
pub fn peer_of(bill: &Path, today: &str, page: u32) -> Server {
    Server::start(|port| {
        let mut command = Command::new(python());
        command.arg(peers::script("ce_peer.py")).arg(port.to_string()).arg(bill);
        command.env("CE_NOW", today).env("CE_PAGE", page.to_string());
        command
    })
}

/// The program, with keys that mean nothing and none of the user's own.
pub fn program(folder: &TempDir, today: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(["--as-of", today]).env("CE_COST_STORE", folder.path().join("bills")).env("CE_COST_CACHE", folder.path());
    let names = ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COST_EXPLORER", "HTTP_PROXY", "http_proxy"];
    for name in names {
        command.env_remove(name);
    }
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", SECRET).env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null").env("NO_COLOR", "1");
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}
