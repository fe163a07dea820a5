#!/usr/bin/env python3
"""Every workflow that the documentation shows is taken as it stands, and does what the page says of it.

    Tests/blackbox/pages.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Each yaml block of docs/workflows.md that is a whole document is put as an agent, and so is each document under
docs/examples. A comment `<!-- run {"input", "answers"?, "output" or "error"} -->` above a block says what a session of
it must come to. Prints "N passed, N failed". Python's standard library only.
"""

import json
import os
import pathlib
import re
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from operating import BASE, Failed, Server, expect

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = TOP / "docs/workflows.md"
PATIENCE_SECONDS = 60
BLOCK = re.compile(r"(?:<!-- (run|function)([^>]*?)-->\n)?```yaml\n(.*?)^```$", re.M | re.S)
NAME = re.compile(r"^document:.*?\bname: ([a-z0-9-]+)", re.M | re.S)
FUNCTION = "document: { dsl: '1.0.3', namespace: docs, name: function, version: '1.0.0' }\n"


def blocks():
    """(what to run, text) of each whole document; a function's input and output become those of a document."""
    for kind, run, text in BLOCK.findall(PAGE.read_text()):
        if kind == "function":
            text = f"{FUNCTION}{text}do:\n  - nothing: {{ set: {{ done: true }} }}\n"
        if re.search(r"^document:", text, re.M):
            yield json.loads(run) if run.strip() else None, text
        elif kind:
            raise Failed(f"it is not a whole document, and cannot run: {text}")
    for path in sorted((TOP / "docs/examples").rglob("*.yaml")):
        yield None, path.read_text()


def put(server, name, text):
    status, reply = server.api("PUT", f"{BASE}/agents/{name}", {"kind": "workflow", "definition": text})
    expect(status in (200, 201), f"it is refused: {status} {json.dumps(reply)}")
    return reply


def play(server, agent, run):
    """A session of the agent, with the answers given in turn; the session at its end."""
    status, session = server.api("POST", f"{BASE}/sessions", {"agent": agent, "input": run["input"]})
    expect(status == 201, f"it does not start: {status} {session}")
    answers, end = list(run.get("answers", [])), time.monotonic() + PATIENCE_SECONDS
    while session["status"] in ("running", "waiting"):
        if session["open_requests"]:
            expect(answers, f"a question too many: {session['open_requests'][0]['title']}")
            request = session["open_requests"][0]["id"]
            status, reply = server.api("POST", f"{BASE}/requests/{request}/respond", {"response": answers.pop(0)})
            expect(status == 200, f"the answer is refused: {status} {reply}")
        else:
            expect(time.monotonic() < end, f"it does not end: {session}")
            time.sleep(0.05)  # a timer of the document runs
        session = server.api("GET", f"{BASE}/sessions/{session['id']}")[1]
    expect(not answers, f"{len(answers)} questions were not asked")
    return session


def check(server, name, run, text):
    put(server, name, text)
    if not run:
        return
    session = play(server, name, run)
    if "output" in run:
        found = (session["status"], session["output"])
        expect(found == ("completed", run["output"]), f"it came to {found}: {session['error']}")
    else:
        expect(session["status"] == "failed", f"it came to {session['status']}")
        differing = {key for key, value in run["error"].items() if session["error"].get(key) != value}
        expect(not differing, f"the error is {session['error']}")


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
    if not binary:
        sys.exit("usage: pages.py PATH (or set HOLDPOINT_BINARY)")
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="holdpoint-pages.") as folder, Server(binary, folder) as server:
        for run, text in blocks():
            # Workflows find one another by the names of their documents.
            name = NAME.search(text)[1]
            try:
                check(server, name, run, text)
                passed += 1
                print(f"ok   {name}", flush=True)
            except Failed as failure:
                failed += 1
                print(f"FAIL {name}: {failure}", flush=True)
    # A page whose blocks are not found would pass.
    if passed + failed < 8:
        failed += 1
        print("FAIL the page has fewer blocks than it must have")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
