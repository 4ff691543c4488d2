#!/usr/bin/env python3
"""A Cost and Usage Report in CSV as Parquet, as AWS writes it and ce_peer.py reads it: to_parquet.py FILE.csv FILE.parquet (needs duckdb)"""
import re, sys
import duckdb

source, target = sys.argv[1:]
NUMBER = re.compile(r"(_cost|_amount|_recurring_fee|_fee_for_billing_period|_commitment|_commitment_for_billing_period|_commitment_to_date)$")

def cast(column):
    if NUMBER.search(column): return f"cast(nullif({column}, '') as decimal(38, 12)) as {column}"
    if column.endswith("_date"): return f"cast(nullif({column}, '') as timestamp) as {column}"
    if column == "resource_tags": return f"cast(cast({column} as json) as map(varchar, varchar)) as {column}"
    return column

duckdb.sql(f"create table cur as select * from read_csv('{source}', all_varchar = true, header = true)")
columns = [row[0] for row in duckdb.sql("describe cur").fetchall()]
duckdb.sql(f"copy (select {', '.join(map(cast, columns))} from cur) to '{target}' (format parquet)")
