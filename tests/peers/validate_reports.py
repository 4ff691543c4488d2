"""Validates what `ce-cost check` writes, by schemas that others keep.

validate_reports.py FOLDER SARIF_SCHEMA   every *.xml of FOLDER as JUnit, every *.sarif as SARIF 2.1.0

JUnit: the schema of Jenkins' xUnit plugin, as the source distribution of pytest carries it. SARIF: that of OASIS.
"""

import glob
import io
import json
import os
import subprocess
import sys
import tarfile

import jsonschema
import xmlschema

PYTEST = "pytest==9.2.0"


def junit_schema(folder):
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--no-binary", "pytest", "--dest", folder, PYTEST], check=True)
    found = glob.glob(os.path.join(folder, "pytest-*.tar.gz"))
    with tarfile.open(found[0]) as archive:
        name = next(n for n in archive.getnames() if n.endswith("junit-10.xsd"))
        return xmlschema.XMLSchema(io.BytesIO(archive.extractfile(name).read()))


def main(folder, sarif_schema):
    junit = junit_schema(os.path.join(folder, "schema"))
    sarif = jsonschema.Draft7Validator(json.load(open(sarif_schema)))
    reports = sorted(glob.glob(os.path.join(folder, "*.xml")))
    logs = sorted(glob.glob(os.path.join(folder, "*.sarif")))
    assert reports and logs, "nothing to validate"
    for report in reports:
        junit.validate(report)
    for log in logs:
        errors = [error.message for error in sarif.iter_errors(json.load(open(log)))]
        assert not errors, (log, errors)
    # A validator that takes anything would prove nothing.
    assert not junit.is_valid("<testsuites><testsuite/></testsuites>")
    assert not sarif.is_valid({"version": "2.1.0", "runs": [{}]})
    print(f"{len(reports)} reports and {len(logs)} logs are valid")


main(*sys.argv[1:])
