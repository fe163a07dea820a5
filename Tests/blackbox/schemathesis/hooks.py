"""What schemathesis is told of the server: keys, and things that are there, so that more is seen than "not found".

The generated values stay as they are in every third call, and always where they are meant to be wrong.
"""

import atexit
import collections
import itertools
import json
import os
import pathlib
import re
import urllib.request

import schemathesis
from schemathesis.core.parameters import ParameterLocation

SCENE = json.loads(pathlib.Path(os.environ["SCENE"]).read_text())
ADMINISTRATION = ("/v1/tenants", "/v1/admin")
ANSWERS = {
    "permission": [{"action": "approve"}, {"action": "reject"}, {"action": "edit", "arguments": {"eur": 1}}],
    "decision": [{"decision": "left"}],
    "clarification": [{"answer": "blue"}],
    "env_var": [{"values": {"API_KEY": "value"}}],
}
seen = collections.defaultdict(collections.Counter)
turns = collections.defaultdict(itertools.count)


def turn(values, name):
    """The values in turn."""
    return values[next(turns[name]) % len(values)]


def known(label, name, path):
    """A thing of the scene for a parameter of a path."""
    if name in ("project", "tenant"):
        return SCENE[name if "/v1/projects" in label else f"administered_{name}"]
    if "/keys/" in label:
        # Some are for rotation alone: of the others none is left once the revocations have been tried.
        half = len(SCENE["keys"]) // 2
        return turn(SCENE["keys"][half:] if label.endswith("/rotate") else SCENE["keys"][:half], label)
    if "/versions/" in label:
        return "1"
    if "/secrets/" in label:
        return turn(["TOKEN", "LOGIN", "OTHER"], label)
    if "/agents/" in label:
        return turn(SCENE["agents"], label)
    if "/deliveries/" in label:
        return turn(SCENE["deliveries"], label)
    if "/commands/" in label:
        return turn(SCENE["commands"], label)
    if label.endswith(("/claim", "/release")):
        return turn(SCENE["kept"], label)
    if "/requests/" in label:
        type = "env_var" if label.endswith("secret") else turn(list(ANSWERS), label + " type")
        path["type"] = type
        return turn(SCENE["answered" if label.endswith("secret") else "requests"][type], label + type)
    if label.startswith("GET") and next(turns["flows"]) % 2:
        return turn(SCENE["flows"], label)
    return turn(SCENE["sessions"], label)


@schemathesis.auth(refresh_interval=None)
class Keys:
    """The operator's key for administration, a project's for all else."""

    def get(self, case, context):
        return SCENE["operator_key" if case.operation.path.startswith(ADMINISTRATION) else "key"]

    def set(self, case, key, context):
        case.headers["Authorization"] = f"Bearer {key}"


@schemathesis.hook
def before_call(context, case, kwargs):
    label = case.operation.label
    prefer = (case.headers or {}).get("Prefer")
    if prefer:
        case.headers["Prefer"] = re.sub(r"wait=\"?\d+", f"wait={turn('0001', 'wait')}", str(prefer))
    if case.meta is None or next(turns[label]) % 3 == 0:
        return
    found = {}
    if case.path_parameters and not case.meta.is_negative_at(ParameterLocation.PATH):
        for name in list(case.path_parameters):
            case.path_parameters[name] = known(label, name, found)
    if isinstance(case.body, dict) and not case.meta.is_negative_at(ParameterLocation.BODY):
        if label.endswith("/sessions"):
            # The generated ids and keys are few: most of the time another session has them.
            case.body = {**case.body, "agent": turn(SCENE["agents"], "started"), "id": None}
            case.headers.pop("Idempotency-Key", None)
        if label.endswith(("/claim", "/release", "/delegate")):
            # All by one user: what is claimed by another is not theirs.
            case.body["as"] = "ann"
            if "to" in case.body:
                case.body["to"] = "bob"
        if label.endswith("/policy/evaluate"):
            case.body = {"call": {"tool": "read"}}
        if label.endswith("/webhook"):
            # Of the generated texts hardly any is a place that can be called.
            case.body["url"] = "http://127.0.0.1:9/"
        if "response" in case.body:
            if "request" in case.body:
                found["type"] = turn(list(ANSWERS), label)
                case.body["request"] = turn(SCENE["requests"][found["type"]], label + found["type"])
            if "type" in found:
                case.body["response"] = turn(ANSWERS[found["type"]], found["type"])


@schemathesis.hook
def after_call(context, case, response):
    if case.method.upper() == case.operation.method.upper():
        seen[case.operation.label][response.status_code] += 1
    if case.method.upper() == "DELETE" and case.operation.path.endswith("/webhook") and response.status_code == 204:
        restore_webhook()


def restore_webhook():
    """Makes the webhook again and something that it is to be told of: with the old one its deliveries are gone."""
    def ask(method, path, body):
        request = urllib.request.Request(
            SCENE["url"] + path, None if body is None else json.dumps(body).encode(), method=method,
            headers={"Authorization": f"Bearer {SCENE['key']}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    ask("PUT", "/webhook", {"url": "http://127.0.0.1:9/"})
    session = ask("POST", "/sessions", {"agent": "worker", "input": None})["id"]
    for _ in range(3):
        ask("POST", f"/sessions/{session}/requests", {"type": "clarification", "title": "Told?"})
    SCENE["deliveries"] = [item["id"] for item in ask("GET", "/webhook/deliveries", None)["items"]]


@atexit.register
def report():
    pathlib.Path(os.environ["SEEN"]).write_text(json.dumps(seen))
