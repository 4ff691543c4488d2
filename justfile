# What a contributor runs. `just` alone lists it.

default:
    @just --list

# The tests, as CI runs them.
test:
    cargo test --locked

# Format, lints, documentation, licences.
check:
    cargo fmt --check
    rustfmt --edition 2024 --check src/services/*.rs
    cargo clippy --locked --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps
    cargo deny check licenses bans sources

# Write docs/schema anew from the types.
schema:
    CE_COST_WRITE=1 cargo test --locked --test schemas the_files

# Write the snapshots of terminal output and error messages anew; read the diff before you commit it.
snapshots:
    INSTA_UPDATE=always cargo test --locked --test errors --test cli --test compare

# Benchmarks on the release build.
bench:
    cargo bench --locked

# Long properties, fifty killed imports, a price list of 2 GB, and five minutes of each fuzz target.
soak seconds="300" cases="20000":
    PROPTEST_CASES={{cases}} cargo test --locked --test properties
    KILLS=50 cargo test --locked --test store_kill
    cargo build --release --locked
    mkdir -p target/peers && python3 benches/peers/offers.py target/peers/offer.csv target/release/ce-cost 2000
    for target in scenario prices offer_csv offer_json utilisation cur focus cost_explorer parquet manifest; do \
        mkdir -p fuzz/corpus/$target; \
        (cd fuzz && RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none --features actuals $target corpus/$target seeds/$target -- -max_total_time={{seconds}} -max_len=4096 -rss_limit_mb=2048) || exit 1; \
    done
