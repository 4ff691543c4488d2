//! Arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ce_cost::cli::main()
}
