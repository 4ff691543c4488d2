//! Arguments in, exit code out.

use std::process::ExitCode;

/// Columns of bills are decoded into large pieces that come and go: the system's allocator gives each back and asks for the next.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ce_cost::cli::main()
}
