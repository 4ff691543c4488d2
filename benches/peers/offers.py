"""An offer of EC2 read by DuckDB and by `ce-cost prices import`, as whole processes, in the same session.

offers.py FILE CE_COST [MB] [TIMES]   makes the file once, prints the least time and the most memory of each, and fails where ours
takes more than 200 MB or reads less than 100 MB/s

The rows are those of a real offer (tests/fixtures/price_lists), again and again under new SKUs; among them is one price of
BoxUsage:m6i.large, which both look for. The sums of rows must be the same. DuckDB has one thread, as ours has. Without DuckDB only ours runs.
"""

import os
import subprocess
import sys
import tempfile
import time

FIXTURE = "tests/fixtures/price_lists/ec2_offer_excerpt_91_columns.csv"
MOST_MB, LEAST_MB_S = 200, 100
PLACES = [("APN1-DedicatedUsage:c6i.large", "BoxUsage:m6i.large"), ("RunInstances:0202", "RunInstances"), ("ap-northeast-1", "us-east-1"),
          ("Asia Pacific (Tokyo)", "US East (N. Virginia)"), ("0.2773000000", "0.0960000000")]


def make(path, megabytes):
    lines = open(FIXTURE, encoding="utf-8").read().splitlines(keepends=True)
    head, rows = lines[:6], [line.split('"', 2)[2] for line in lines[6:]]
    wanted = next(row for row in rows if '"OnDemand"' in row and '"0.2773000000"' in row)
    for old, new in PLACES:
        assert old in wanted, old
        wanted = wanted.replace(old, new)
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(head)
        size, count = 0, 0
        while size < megabytes * 1_000_000:
            block = "".join(f'"{count:016}"{row}' for row in rows)
            if count == 50:
                block += '"M6ILARGEM6ILARGE"' + wanted
            size += out.write(block)
            count += 1


def duckdb(path):
    import duckdb

    db = duckdb.connect()
    db.execute("SET threads=1")
    rows, price = db.execute(
        f"""SELECT count(*), max("PricePerUnit") FILTER ("usageType" = 'BoxUsage:m6i.large')
        FROM read_csv('{path}', skip=5, header=true, all_varchar=true, delim=',', quote='"', escape='"')"""
    ).fetchone()
    print(f"{rows} rates, {price}", flush=True)
    os._exit(0)


def measured(command):
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        sys.exit(f"{command} failed: {errors}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024, said


def rates(said):
    return next(word for before, word in zip(said.split(), said.split()[1:]) if before == "read") if "read " in said else said.split()[0]


def main(path, ours, megabytes=2000, times=1):
    if not os.path.exists(path):
        make(path, megabytes)
    size = os.path.getsize(path) / 1e6
    print(f"{path}, {size:.0f} MB")
    out = tempfile.mkdtemp()
    commands = {
        "duckdb": [sys.executable, __file__, "--peer", path],
        "ours": [ours, "prices", "import", path, "--usage-type", "BoxUsage:m6i.large", "--as-of", "2026-11-24", "--out", out],
    }
    try:
        import duckdb  # noqa: F401
    except ImportError:
        del commands["duckdb"]
    counts, failed = {}, False
    for name, command in commands.items():
        runs = [measured(command) for _ in range(times)]
        wall, memory = min(r[0] for r in runs), max(r[1] for r in runs)
        counts[name] = rates(runs[0][2])
        print(f"  {name:8} {wall:7.2f} s {size / wall:6.0f} MB/s {memory:6.0f} MB   {counts[name]} rates")
        failed |= name == "ours" and (memory > MOST_MB or size / wall < LEAST_MB_S)
    if len(set(counts.values())) > 1:
        sys.exit("the counts differ")
    with open(os.path.join(out, "us-east-1.csv"), encoding="utf-8") as written:
        prices = [line for line in written if ",BoxUsage:m6i.large," in line]
    if len(prices) != 1 or ",0.096," not in prices[0].replace("0.0960000000", "0.096"):
        sys.exit("the price of BoxUsage:m6i.large was not found")
    if failed:
        sys.exit(f"the bounds are {MOST_MB} MB and {LEAST_MB_S} MB/s")


if sys.argv[1] == "--peer":
    duckdb(sys.argv[2])
main(*sys.argv[1:3], *map(int, sys.argv[3:]))
