"""Validates what `ce-cost budgets export` writes by botocore's own model of AWS Budgets: validate_budgets.py FILE

Beside what botocore checks of a request before it is sent, the patterns of the model: names, accounts, amounts.
"""

import json
import re
import sys

import botocore.session
from botocore.validate import ParamValidator

MODEL = botocore.session.get_session().get_service_model("budgets")
REQUEST = MODEL.operation_model("CreateBudget").input_shape


def patterns(shape, value, at):
    if shape.type_name == "structure":
        unknown = set(value) - set(shape.members)
        assert not unknown, (at, unknown)
        for key, inner in value.items():
            yield from patterns(shape.members[key], inner, f"{at}.{key}")
    elif shape.type_name == "list":
        assert shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", len(value)), (at, len(value))
        for inner in value:
            yield from patterns(shape.member, inner, at)
    elif shape.type_name == "map":
        for key, inner in value.items():
            yield from patterns(shape.key, key, f"{at}.{key}")
            yield from patterns(shape.value, inner, f"{at}.{key}")
    elif shape.type_name == "string":
        known = MODEL.metadata and MODEL._shape_resolver._shape_map[shape.name]
        pattern, enum = known.get("pattern"), known.get("enum")
        if (pattern and shape.name != "SubscriberAddress" and not re.fullmatch(pattern.replace("(?i)", ""), value)) or (enum and value not in enum):
            yield f"{at}: {value!r}"


def errors(request):
    report = ParamValidator().validate(request, REQUEST)
    return [report.generate_report()] if report.has_errors() else list(patterns(REQUEST, request, "request"))


requests = json.load(open(sys.argv[1]))
assert requests, "nothing to validate"
for request in requests:
    found = errors(request)
    assert not found, found
# A validator that takes anything would prove nothing.
broken = json.loads(json.dumps(requests[0]))
broken["AccountId"] = "12"
assert errors(broken)
broken = json.loads(json.dumps(requests[0]))
broken["Budget"]["BudgetLimit"]["Amount"] = "-1"
assert errors(broken)
print(f"{len(requests)} budgets are valid")
