"""A million rows of a bill added up: DuckDB, polars and ours as whole processes, one after the other, in the same session.

actuals.py FOLDER OURS [ROWS] [TIMES]   makes the files in FOLDER once, and prints the least time and the most memory of each

The query is what a usage type costs: quantity, unblended, amortized. The peers add doubles. `ours` is the same query through
`actuals::read_as`, in decimals; `whole` is `actuals::read` as an import calls it: every column of the bill, grouped by day, account,
type, service, region, usage type, operation, commitment and tags, rows that stand twice found. OURS is the benchmark's program:
cargo bench --bench actuals --no-run names it.
"""

import os
import subprocess
import sys
import time

AMORTIZED = """CASE line_item_line_item_type WHEN 'SavingsPlanCoveredUsage' THEN savings_plan_savings_plan_effective_cost
WHEN 'DiscountedUsage' THEN reservation_effective_cost WHEN 'SavingsPlanNegation' THEN 0 ELSE line_item_unblended_cost END"""


def duckdb(path):
    import duckdb

    source = f"read_parquet('{path}')" if path.endswith("parquet") else f"read_csv('{path}')"
    db = duckdb.connect()
    db.execute("SET threads=2")
    return db.execute(
        f"SELECT line_item_usage_type, sum(line_item_usage_amount), sum(line_item_unblended_cost), sum({AMORTIZED}) FROM {source} GROUP BY 1"
    ).fetchall()


def polars(path):
    import polars as pl

    table = pl.scan_parquet(path) if path.endswith("parquet") else pl.scan_csv(path, infer_schema_length=10000)
    kind, cost = pl.col("line_item_line_item_type"), pl.col("line_item_unblended_cost").cast(pl.Float64)
    amortized = (
        pl.when(kind == "SavingsPlanCoveredUsage").then(pl.col("savings_plan_savings_plan_effective_cost").cast(pl.Float64))
        .when(kind == "DiscountedUsage").then(pl.col("reservation_effective_cost").cast(pl.Float64))
        .when(kind == "SavingsPlanNegation").then(0.0).otherwise(cost)
    )
    quantity = pl.col("line_item_usage_amount").cast(pl.Float64)
    table = table.select(u="line_item_usage_type", a=quantity, c=cost, m=amortized)
    return table.group_by("u").agg(pl.col("a").sum(), pl.col("c").sum(), pl.col("m").sum()).collect(engine="streaming").rows()


def measured(command):
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        sys.exit(f"{command} failed")
    return time.perf_counter() - began, usage.ru_maxrss / 1024, said.strip()


def main(folder, ours, rows=1_000_000, times=3):
    here = os.path.dirname(os.path.abspath(__file__))
    os.makedirs(folder, exist_ok=True)
    files = [os.path.join(folder, name) for name in ("snappy-0000.parquet", "data.csv.gz")]
    if not all(map(os.path.exists, files)):
        formats = "parquet-snappy,csvgz"
        subprocess.run([sys.executable, os.path.join(here, "gen_cur.py"), "--rows", str(rows), "--out", folder, "--formats", formats], check=True)
    for path in files:
        print(f"{os.path.basename(path)}, {rows:,} rows, {os.path.getsize(path) / 1e6:.0f} MB")
        own = {"ours": [ours, "--glance", path], "whole": [ours, "--read", path]}
        for name in ("duckdb", "polars", "ours", "whole"):
            command = own.get(name) or [sys.executable, __file__, "--peer", name, path]
            runs = [measured(command) for _ in range(times)]
            wall, memory = min(r[0] for r in runs), max(r[1] for r in runs)
            print(f"  {name:8} {wall:7.2f} s {memory:6.0f} MB   {runs[0][2]}")


if sys.argv[1] == "--peer":
    found = {"duckdb": duckdb, "polars": polars}[sys.argv[2]](sys.argv[3])
    print(f"{len(found)} usage types, unblended {sum(float(r[2] or 0) for r in found):.4f}", flush=True)
    os._exit(0)
main(*sys.argv[1:3], *map(int, sys.argv[3:]))
