#!/usr/bin/env python3
"""Policies on the command line: what docs/policy.md shows, what mistakes are told, and calls that came before.

    Tests/blackbox/policy.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Prints "N passed, N failed". Python's standard library only.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 60
USAGE = 2
INVOICE = {"tool": "create_and_send_invoice", "arguments": {"client": "acme", "amount": 800}}


class Failed(Exception):
    """What was expected did not come."""


def expect(condition, sentence):
    if not condition:
        raise Failed(sentence)


class Program:
    """The command line, in a folder of its own."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = pathlib.Path(folder)

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, *arguments):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDPOINT_")}
        return subprocess.run(
            [self.binary, *arguments], cwd=self.folder, env=kept, capture_output=True, text=True, check=False,
            timeout=PATIENCE_SECONDS)

    def verdict(self, policy, call, *more):
        done = self.run("policy", "test", policy, json.dumps(call), *more, "-o", "json")
        expect(done.returncode == 0, f"the dry run failed: {done.stderr}")
        return json.loads(done.stdout)


def documented():
    """(the policy, the command line behind `holdpoint`, the output) as docs/policy.md shows them."""
    text = (TOP / "docs/policy.md").read_text(encoding="utf-8")
    policy = re.search(r"```yaml\n(.*?)```", text, re.DOTALL).group(1)
    command, output = re.search(r"```\n\$ holdpoint (.*?)\n(.*?)```", text, re.DOTALL).groups()
    return policy, command, output


def shown_in_the_documentation(program):
    policy, command, output = documented()
    program.write("policy.yaml", policy)
    words = re.findall(r"'([^']*)'|(\S+)", command)
    done = program.run(*[quoted or plain for quoted, plain in words])
    expect(done.returncode == 0 and done.stdout == output, f"docs/policy.md shows something else: {done.stdout}")


def sound_policies_are_told_so(program):
    program.write("policy.yaml", documented()[0])
    done = program.run("policy", "check", "policy.yaml", "-o", "json")
    expect(json.loads(done.stdout) == {"tools": 1, "rules": 2}, f"the policy was read as {done.stdout}")


def mistakes_are_told_with_their_places(program):
    program.write("bad.yaml", "tools: [{tool: x, level: L9}]\nrules: [{name: r, level: L3, whem: {}}]\nextra: 1\n")
    done = program.run("policy", "check", "bad.yaml")
    expect(done.returncode == USAGE, f"a bad policy ended with {done.returncode}")
    for line in ("/tools/0/level: must be L0, L1, L2, L3 or L4", "/rules/0/whem: unknown field", "/extra: unknown field"):
        expect(line in done.stderr, f"not told: {line}: {done.stderr}")
    program.write("broken.yaml", "tools: [")
    done = program.run("policy", "check", "broken.yaml")
    expect(done.returncode == USAGE and "neither YAML nor JSON" in done.stderr, f"no YAML: {done.stderr}")
    done = program.run("policy", "test", "bad.yaml", '{"tool": "x"}')
    expect(done.returncode == USAGE and not done.stdout, "a policy that cannot be read judged a call")


def policies_are_no_longer_than_their_limit(program):
    limit = 262_144
    for size, status in ((limit, 0), (limit + 1, USAGE)):
        program.write("long.yaml", "{}" + " " * (size - 2))
        done = program.run("policy", "check", "long.yaml")
        expect(done.returncode == status, f"{size} bytes ended with {done.returncode}: {done.stderr}")


def earlier_calls_count(program):
    program.write("policy.yaml", documented()[0])
    expect(program.verdict("policy.yaml", INVOICE)["rules"] == ["new-client"], "a first invoice")
    program.write("sent.json", json.dumps([{"call": INVOICE}]))
    expect(program.verdict("policy.yaml", INVOICE, "--history", "sent.json")["outcome"] == "notify", "a second one")
    program.write("waiting.json", json.dumps([{"call": INVOICE, "pending": True}]))
    waiting = program.verdict("policy.yaml", INVOICE, "--history", "waiting.json")
    expect(waiting["rules"] == ["new-client"], "one that still waits")
    program.write("odd.json", json.dumps([{"call": {"tool": 1}}]))
    done = program.run("policy", "test", "policy.yaml", json.dumps(INVOICE), "--history", "odd.json")
    expect(done.returncode == USAGE and "/0/call/tool: must be a string" in done.stderr, f"a history: {done.stderr}")


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ["HOLDPOINT_BINARY"]
    tests = [
        shown_in_the_documentation, sound_policies_are_told_so, mistakes_are_told_with_their_places,
        policies_are_no_longer_than_their_limit, earlier_calls_count,
    ]
    failed = 0
    for test in tests:
        with tempfile.TemporaryDirectory(prefix="holdpoint-policy.") as folder:
            try:
                test(Program(os.path.abspath(binary), folder))
                print(f"ok      {test.__name__}")
            except Failed as failure:
                failed += 1
                print(f"FAILED  {test.__name__}: {failure}")
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
