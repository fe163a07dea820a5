#!/usr/bin/env python3
"""I10: expressions and documents that mean harm are refused or fail, in bounded time and memory; neighbours go on.

    Tests/blackbox/workflow_hostile.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

While each of them is at work, a neighbour of another tenant goes through a whole session: an expression, a question to
a human, its answer. The processor time and the memory of the server and of its workers are read from /proc and bounded.
Prints "N passed, N failed". Python's standard library only.
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from operating import Failed, environment, expect
from shared.workflows import ERRORS, PATIENCE_SECONDS, Api, Run, StandIn, Workflows, document, perform, serving

NEIGHBOUR_SECONDS = 30  # by the clock, and machines are busy
SERVER_BYTES = 512 << 20
WORKER_BYTES = 512 << 20  # a worker may map 256 MiB beyond what it has when it starts
TICKS = os.sysconf("SC_CLK_TCK")
MEBIBYTE = 1 << 20

# What an expression may not name, wherever it stands; refused when the document is put.
FORBIDDEN = [
    "$ENV", "$ENV.HOME", "env", "env.HOME", "[env][0]", '"\\(env)"', '"a\\("b\\($ENV.HOME)")"', "{$ENV}",
    "{(env | tostring): 1}", "@base64 \"\\(env)\"", ". as $x | env", "reduce env as $x (0; 1)", "try env catch .",
    "def f: env; f", "def env: 1; env", "1 # a comment \\\n| env", "input", "[inputs]", "[., input]", "input_filename",
    "input_line_number", "debug", ". | debug", 'debug("a")', "stderr", "halt", "halt_error", '"a" | halt_error(1)',
    "now", "now | todate", "localtime", "strflocaltime(\"%c\")", "get_search_list", '"a" | modulemeta', "$__loc__",
    "$__prog_args", 'import "a" as a; .', 'import "a" as $a; .', 'include "a"; .', 'module {}; .',
    'include "/etc/passwd" {search: "/"}; .',
]
# What is no expression at all.
MALFORMED = [
    "1 +", "1) | (2", ")(", "((((", "]", "nosuch", "nosuch(1)", "$nosuch", "1e1000", "123456789012345678901", '"open',
    "$", "reduce", "1 as [$a", "(" * 200 + "1" + ")" * 200, "x" * 17_000, "def f: 1", "|", "a b c", "..x..",
]
# What takes all time or all memory, or would break the process it runs in; the task fails.
RUNAWAYS = [
    "[range(1e9)]", "def f: f; f", '"x" * 1e9', "[limit(1e9; repeat(1))]", "last(range(1e12))",
    "reduce range(1e9) as $i (0; . + 1)", "def f: 1 + f; f", "def f(g): f(g | g); f(.)", "1 | [recurse(. + 1)]",
    "until(false; .)", "last(repeat(1))", "[while(true; .)]", '"x" | [recurse(. + .)]',
    'reduce range(64) as $i ("x"; . + .)', "reduce range(100000) as $i (null; [.])",
    "reduce range(10000) as $i (null; [.])", "[range(100000)] | map(\"a\") as $p | null | setpath($p; 1)",
    "null | .[536870911] = 1", "null | setpath([4294967296]; 1)", '("a" * 40 + "b") | test("^(a+)+$")',
    '"x" | gsub(""; "y")', "[range(3000)] | [combinations(9)]", '"[" * 100000 | fromjson', "@nosuch",
    "[range(1e6)]", "[range(1e5)]", "error", "error(null)", "empty",
    "1, 2", "label $f | break $f", "null | ltrimstr(1) | error", "[limit(1e9; range(1e9))] | length",
    "path(repeat(1))", "[splits(1)]", "[range(300)] | map([range(300)]) | map(map(tojson * 9))",
    '{} | keys | .[0] | .a.b | error("x" * 100000)', "getpath([range(1e6)])",
    '"1" * 1e6 | tonumber | tostring | fromjson | error',
    "@json \"\\([range(1e7)])\"", "[range(1e6)] | sort_by(-.) | group_by(.)", "def f: def g: f; g; f",
]


def stat(process):
    """(state, parent, processor seconds with those of ended children) of a process; None if it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[1]), sum(map(int, fields[11:15])) / TICKS


def resident(process, key="VmHWM"):
    """The most bytes that a process ever held, or holds now (`VmRSS`)."""
    try:
        lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(key + ":")), 0)


def workers(process):
    """The children of a process that are alive."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and (seen := stat(entry.name)) and seen[1] == process and seen[0] != "Z":
            found.append(int(entry.name))
    return found


class Neighbour:
    """Somebody of another tenant, who only wants to get on with the day."""

    def __init__(self, flows):
        self.flows, self.rounds, self.slowest = flows, 0, 0.0
        flows.define("neighbour", document("neighbour", """
    do:
      - think: { set: { title: "${ [ .words[] | ascii_downcase ] | join(\\" \\") }" } }
      - ask: { call: human, with: { type: clarification, title: "${ .title }" } }
      - keep: { set: { kept: "${ .answer + \\"!\\" }" } }
    """))

    def live(self):
        """A whole session, within the seconds that are granted."""
        began = time.monotonic()
        run = self.flows.start("neighbour", {"words": ["Which", "WAY"]})
        request = run.request()
        expect(request["title"] == "which way", request)
        run.answer({"answer": "north"}, request)
        expect(run.output() == {"kept": "north!"}, run.look())
        taken = time.monotonic() - began
        self.rounds += 1
        self.slowest = max(self.slowest, taken)
        expect(taken < NEIGHBOUR_SECONDS, f"a neighbour waited {taken:.1f} s")


class Hostile:
    """The cases, in the order in which they are written."""

    def __init__(self, server, flows, neighbour):
        self.server, self.flows, self.neighbour = server, flows, neighbour
        self.process = server.process.pid

    def processor(self):
        """Processor seconds of the server and its workers so far."""
        return sum(seen[2] for process in [self.process, *workers(self.process)] if (seen := stat(process)))

    def bounded(self, seconds, play):
        """Plays a case, with its bound of processor time; the neighbour lives through it and the server stays small."""
        def case():
            before = self.processor()
            play()
            self.neighbour.live()
            used = self.processor() - before
            expect(used < seconds, f"{used:.1f} s of processor time, where {seconds} are granted")
            self.sound()
        return case

    def sound(self):
        expect(self.server.process.poll() is None, f"the server ended: {self.server.log()[-2000:]}")
        expect(resident(self.process) < SERVER_BYTES, f"the server held {resident(self.process) >> 20} MiB")
        for worker in workers(self.process):
            expect(resident(worker) < WORKER_BYTES, f"a worker held {resident(worker) >> 20} MiB")

    def refusal(self, body, name="hostile", **more):
        """The status and the text with which a document is refused; it must be one of those that say so."""
        status, value = self.flows.put(name, body if isinstance(body, dict) else document(name, body, **more))
        expect(status in (400, 413, 422), f"{status} {json.dumps(value)[:500]}")
        expect(len(json.dumps(value)) < MEBIBYTE, f"the refusal has {len(json.dumps(value))} bytes")
        return status, json.dumps(value)

    def setting(self, text):
        """A document of one task with one expression, as JSON."""
        return {
            "document": {"dsl": "1.0.3", "namespace": "harbour", "name": "hostile", "version": "0.1.0"},
            "do": [{"a": {"set": {"x": "${ " + text + " }"}}}]}

    # Expressions.

    def forbidden(self):
        for text in FORBIDDEN + MALFORMED:
            status, value = self.flows.put("hostile", self.setting(text))
            expect(status == 422, f"{text[:80]}: {status} {json.dumps(value)[:300]}")
            (error,) = value["errors"]
            expect(error["pointer"] == "/definition/do/0/a/set/x" and error["detail"], f"{text[:80]}: {error}")

    def everywhere(self):
        """the same wherever an expression may stand"""
        for body, pointer in (
            ("do: [ { a: { if: env, set: { x: 1 } } } ]", "/do/0/a/if"),
            ("do: [ { a: { set: { x: 1 }, input: { from: env } } } ]", "/do/0/a/input/from"),
            ("do: [ { a: { set: { x: 1 }, output: { as: { y: '${ env }' } } } } ]", "/do/0/a/output/as/y"),
            ("do: [ { a: { set: { x: 1 }, export: { as: env } } } ]", "/do/0/a/export/as"),
            ("do: [ { a: { set: { x: 1 }, timeout: { after: '${ env }' } } } ]", "/do/0/a/timeout/after"),
            ("do: [ { a: { switch: [ { b: { when: env, then: end } } ] } } ]", "/do/0/a/switch/0/b/when"),
            ("do: [ { a: { for: { in: env }, do: [ { b: { set: { x: 1 } } } ] } } ]", "/do/0/a/for/in"),
            ("do: [ { a: { for: { in: . }, while: env, do: [ { b: { set: { x: 1 } } } ] } } ]", "/do/0/a/while"),
            ("do: [ { a: { wait: '${ env }' } } ]", "/do/0/a/wait"),
            ("do: [ { a: { raise: { error: { type: a, status: 1, detail: '${ env }' } } } } ]",
             "/do/0/a/raise/error/detail"),
            ("do: [ { a: { try: [ { b: { set: { x: 1 } } } ], catch: { when: env } } } ]", "/do/0/a/catch/when"),
            ("do: [ { a: { try: [ { b: { set: { x: 1 } } } ], catch: { retry: { when: env } } } } ]",
             "/do/0/a/catch/retry/when"),
            ("do: [ { a: { emit: { event: { with: { source: a, type: b, data: '${ env }' } } } } } ]",
             "/do/0/a/emit/event/with/data"),
            ("do: [ { a: { call: http, with: { method: get, endpoint: '${ env }' } } } ]", "/do/0/a/with/endpoint"),
            ("do: [ { a: { call: http, with: { method: get, endpoint: http://a/, body: [ '${ env }' ] } } } ]",
             "/do/0/a/with/body/0"),
            ("do: [ { a: { call: human, with: { type: clarification, title: '${ env }' } } } ]",
             "/do/0/a/with/title"),
            ("do: [ { a: { run: { workflow: { namespace: a, name: b, input: '${ env }' } } } } ]",
             "/do/0/a/run/workflow/input"),
            ("use: { functions: { f: { set: { x: '${ env }' } } } }\ndo: [ { a: { call: f } } ]",
             "/use/functions/f/set/x"),
            ("use: { errors: { e: { type: a, status: 1, title: '${ env }' } } }\ndo: [ { a: { set: { x: 1 } } } ]",
             "/use/errors/e/title"),
            ("input: { from: env }\ndo: [ { a: { set: { x: 1 } } } ]", "/input/from"),
        ):
            found = self.flows.refusals(document("hostile", body))
            expect([place for place, _ in found] == [pointer], f"{body}: {found}")

    def runaway(self, texts):
        """Each fails its task, and the expression beside it has its value."""
        runs = []
        for number, text in enumerate(texts):
            name = f"runaway-{number}"
            value = self.setting(text)
            value["do"] = [{"both": {"fork": {"branches": [
                {"bad": {"try": value["do"], "catch": {"do": [{"c": {"set": {"error": "${ $error }"}}}]}}},
                {"good": {"set": {"sum": "${ .n + 1 }"}}}]}}}]
            status, reply = self.flows.put(name, value)
            expect(status == 200, f"{text}: {status} {json.dumps(reply)[:500]}")
            runs.append((text, self.flows.start(name, {"n": 1})))
        self.neighbour.live()
        for text, run in runs:
            bad, good = run.output()
            error = bad.get("error") or {}
            expect(error.get("type") in (ERRORS + "expression", ERRORS + "runtime"), f"{text}: {str(bad)[:500]}")
            expect(error["instance"] == "/do/0/both/fork/branches/0/bad/try/0/a", f"{text}: {error}")
            expect(good == {"sum": 2}, f"{text}: {good}")

    def storm(self):
        """Sessions that all run away at once."""
        self.flows.define("storm", {**self.setting("def f: f; f"), "document": {
            "dsl": "1.0.3", "namespace": "harbour", "name": "storm", "version": "0.1.0"}})
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            starts = [pool.submit(self.flows.start, "storm") for _ in range(24)]
            for _ in range(3):
                self.neighbour.live()
            runs = [start.result() for start in starts]
        for run in runs:
            expect(run.error()["type"] == ERRORS + "expression", run.look())

    def large_data(self):
        """Data that doubles with each task, and input of the largest size through jq again and again."""
        tasks = [{f"d{number}": {"set": {"a": "${ . }", "b": "${ . }"}}} for number in range(200)]
        self.flows.define("doubling", {**self.setting("."), "do": tasks})
        expect(self.flows.start("doubling", {}).error()["type"] == ERRORS + "runtime", "it is not bounded")
        tasks = [{f"t{number}": {"set": {"a": "${ .a + \"x\" }"}}} for number in range(50)]
        self.flows.define("long", {**self.setting("."), "do": tasks})
        expect(len(self.flows.start("long", {"a": "x" * 80_000}).output()["a"]) == 80_050, "it did not grow")

    # Documents.

    def yaml(self):
        bomb = "do: [ { a: { set: { x: *k } } } ]\n"
        levels = ["a: &a [ lol, lol, lol, lol, lol, lol, lol, lol, lol ]"]
        for name, inner in zip("bcdefghijk", "abcdefghij"):
            levels.append(f"{name}: &{name} [ " + ", ".join([f"*{inner}"] * 9) + " ]")
        texts = {
            "anchors that explode": "metadata:\n" + "".join(f"  {line}\n" for line in levels) + bomb,
            "anchors that explode in a mapping": "x: &a { k: v }\n" + "".join(
                f"y{n}: &{chr(98 + n)} {{ p: *{chr(97 + n)}, q: *{chr(97 + n)} }}\n" for n in range(24)),
            "an alias within its own anchor": "do: &a [ *a ]",
            "a chain of aliases": "k0: &a0 [ 1 ]\n" + "".join(
                f"k{n}: &a{n} [ *a{n - 1} ]\n" for n in range(1, 9_000)),
            "deep flow lists": "do: " + "[" * 100_000 + "]" * 100_000, "open flow lists": "do: " + "[" * 500_000,
            "deep flow mappings": "do: " + "{ a: " * 50_000 + "1" + " }" * 50_000,
            "deep block lists": "do:\n" + " - " * 100_000, "deep block mappings": "".join(
                " " * n + "a:\n" for n in range(1_000)),
            "complex keys": "? " * 50_000 + "a", "a foreign tag": "do: !!python/object/apply:os.system [ 'true' ]",
            "a tag directive": "%TAG ! tag:x,2000:\n---\ndo: !a 1", "binary": "do: !!binary aGVsbG8=",
            "several documents": "do: [ 1 ]\n---\ndo: [ 2 ]\n" * 100, "the same key twice": "do: [ 1 ]\ndo: [ 2 ]",
            "a merge key": "a: &a { b: 1 }\n<<: *a", "keys that are no text": "{ 1: 2, [ a ]: b, { c: d }: e }",
            "an open string": 'do: "' + "a" * 500_000, "an unknown escape": 'do: "\\q"', "tabs": "do:\n\t- a: 1",
            "control bytes": "do: \u0001", "a lone surrogate": 'do: "\\ud800"', "a NUL": 'do: "\\0"\nx: \u0000',
            "nothing": "", "a word": "hello", "a list": "- 1\n- 2", "comments": "# " + "x" * 900_000,
            "a number of a million digits": "do: " + "9" * 900_000, "a huge exponent": "do: 1e999999999",
            "no number": "do: [ .inf, -.inf, .nan ]", "a key of 500 KB": "a" * 500_000 + ": 1",
            "many keys": "".join(f"k{n}: 1\n" for n in range(60_000)),
            "many list items": "do: [" + "1," * 400_000 + "]",
            "colons": ": " * 200_000, "dashes": "- " * 400_000, "question marks": "? " * 400_000,
            "brackets that do not match": "[}" * 300_000, "quotes": "'" * 700_001, "anchors only": "&a " * 200_000,
            "long anchors": "x: &" + "a" * 400_000 + " 1\ny: *" + "a" * 400_000, "percent signs": "%" * 500_000,
            "long indents": "a:\n" + " " * 500_000 + "b: 1", "block text": "a: |\n" + "  x\n" * 200_000,
        }
        for name, text in texts.items():
            before = self.processor()
            status, value = self.flows.api("PUT", "/agents/hostile", {"kind": "workflow", "definition": text})
            used = self.processor() - before
            expect(status == 422 and value["code"] == "invalid_input", f"{name}: {status} {json.dumps(value)[:500]}")
            expect(len(json.dumps(value)) < 65_536, f"{name}: a long refusal")
            expect(used < 10, f"{name}: {used:.1f} s of processor time")
            self.sound()

    def nesting(self):
        inner = {"set": {"x": 1}}
        for _ in range(15):
            inner = {"do": [{"a": inner}]}
        body = self.setting(".")
        self.flows.define("nested", {**body, "do": [{"a": inner}]})
        expect(self.flows.start("nested").output() == {"x": 1}, "tasks within tasks do not run")
        text = "do:\n"
        for level in range(60):
            text += "  " * (2 * level) + "- a:\n" + "  " * (2 * level + 2) + "do:\n"
        text += "  " * 122 + "- a: { set: { x: 1 } }"
        expect("nest" in self.refusal(text)[1], self.refusal(text)[1])
        raw = b'{"kind":"workflow","definition":' + b'{"do":[' * 20_000 + b"1" + b"]}" * 20_000 + b"}"
        status, value = self.flows.api("PUT", "/agents/hostile", raw)
        expect(status == 400, f"{status} {value}")

    def many_tasks(self):
        def tasks(count):
            return {**self.setting("."), "do": [{f"t{number}": {"set": {"x": 1}}} for number in range(count)]}

        status, _ = self.flows.put("hostile", tasks(100_000))
        expect(status == 413, status)
        status, value = self.refusal(tasks(30_000))
        expect(status == 422 and "at most 2000 tasks" in value, value[:500])
        self.flows.define("many", tasks(1_999))
        expect(self.flows.start("many").output() == {"x": 1}, "the most tasks that may be do not run")
        branches = [{f"b{number}": {"wait": "PT1H"}} for number in range(257)]
        expect("at most 256 branches" in self.refusal(
            {**self.setting("."), "do": [{"f": {"fork": {"branches": branches}}}]})[1], "no bound of branches")

    def many_expressions(self):
        """as many different programs as a body holds"""
        values = [f"${{.a+{number}}}" for number in range(60_000)]
        tasks = [{f"t{start}": {"set": {"x": values[start:start + 250]}}} for start in range(0, len(values), 250)]
        before = self.processor()
        status, value = self.flows.put("hostile", {**self.setting("."), "do": tasks})
        used = self.processor() - before
        expect(status == 422 and "expressions" in json.dumps(value), f"{status} {json.dumps(value)[:500]}")
        expect(used < 20, f"{used:.1f} s of processor time")

    def large_parts(self):
        """texts of a megabyte, and numbers that no machine holds"""
        body = self.setting(".")
        text = "x" * (MEBIBYTE - 2_000)
        for change in (
            {"document": {**body["document"], "name": text}}, {"do": [{text: {"set": {"x": 1}}}]},
            {"do": [{"a": {"set": {"x": "${ " + text + " }"}}}]}, {"do": [{"a": {"set": {"x": 1}, "then": text}}]},
            {"do": [{"a": {"call": text}}]}, {text: 1}, {"do": [{"a": {"set": {text[:900_000]: ["${ env }"] * 40}}}]},
            {"do": [{"a": {"wait": {"seconds": 10**30}}}]}, {"do": [{"a": {"wait": {"days": 10**9}}}]},
            {"do": [{"a": {"wait": "P" + "9" * 1_000 + "D"}}]},
            {"do": [{"a": {"raise": {"error": {"type": "a", "status": 10**40}}}}]},
            {"do": [{"a": {"try": [{"b": {"set": {"x": 1}}}], "catch": {"retry": {
                "limit": {"attempt": {"count": 10**18}}}}}}]},
        ):
            self.refusal({**body, **change})
        large = {**body, "do": [{"a": {"set": {"x": text[:900_000]}}}]}
        status, value = self.flows.put("large", large)
        if status == 200:
            expect(self.flows.start("large").error()["type"] == ERRORS + "runtime", "no bound of data")
        else:
            expect(status in (413, 422), f"{status} {json.dumps(value)[:500]}")
        run = self.flows.run("numbers", document("numbers", 'do: [ { a: { set: { x: "${ .x }", y: 1e308 } } } ]'), {
            "x": 10**300})
        expect(run.output() == {"x": 10**300, "y": 1e308}, run.look())

    def schemas(self):
        """schemas that fork without end, and patterns that would search for ever"""
        defs = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(60)}
        defs["d60"] = {"type": "object"}
        for schema, input in (
            ({"$defs": defs, "$ref": "#/$defs/d0"}, {}), ({"$ref": "#"}, {}),
            ({"properties": {"x": {"pattern": "^(a+)+$"}}}, {"x": "a" * 5_000 + "b"}),
            ({"properties": {"x": {"pattern": "(x+x+)+y"}}}, {"x": "x" * 5_000}),
            ({"properties": {"x": {"uniqueItems": True}}}, {"x": [{"n": n} for n in range(9_000)]}),
        ):
            body = {**self.setting("."), "input": {"schema": {"document": schema}}}
            status, value = self.flows.put("schemas", body)
            expect(status in (200, 422), f"{status} {json.dumps(value)[:500]}")
            if status == 200:
                self.flows.start("schemas", input).end()

    def cycles(self):
        """Workflows that would go on for very long stand in nobody's way, and can be stopped."""
        step = {"set": {"n": "${ .n }"}}
        bodies = {
            "then": [{"a": {**step, "then": "b"}}, {"b": {**step, "then": "a"}}],
            "itself": [{"a": {**step, "then": "a"}}],
            "switch": [{"a": {"switch": [{"b": {"when": ".n != 0", "then": "a"}}]}}],
            "evaluated": [{"a": {"set": {"n": "${ .n + 1 }"}, "then": "a"}}],
            "retry": [{"a": {
                "try": [{"b": {"raise": {"error": {"type": "a", "status": 1}}}}], "catch": {"retry": {}}}}],
            "emit": [{"a": {"emit": {"event": {"with": {"source": "a", "type": "b"}}}, "then": "a"}}],
            "wait": [{"a": {"wait": {"milliseconds": 1}, "then": "a"}}],
            "loops": [{"a": {"for": {"in": "[range(3000)]"}, "do": [{"b": {"for": {"in": "[range(3000)]"}, "do": [
                {"c": step}]}}]}}],
        }
        runs = {}
        for name, tasks in bodies.items():
            self.flows.define(f"cycle-{name}", {**self.setting("."), "do": tasks})
            runs[name] = self.flows.start(f"cycle-{name}", {"n": 1})
            self.neighbour.live()
        for name, run in runs.items():
            self.stop(name, run)
        self.neighbour.live()

    def stop(self, name, run):
        """Cancels a workflow, or the session that it went on as; it may also have reached its bound by itself."""
        for _ in range(200):
            status, value = self.flows.api("POST", f"{run.path}/cancel", {"reason": "enough"})
            session = run.end()
            if status == 200:
                return expect(session["status"] == "cancelled", f"{name}: {session}")
            expect(value["code"] == "session_finished", f"{name}: {status} {value}")
            if session["status"] == "failed":
                return expect(session["error"]["type"] == ERRORS + "runtime", f"{name}: {session}")
            run = Run(self.flows, session["continued_as"])
        raise Failed(f"{name} cannot be stopped")

    def fans(self):
        """functions that call the next one many times over, one after another and side by side"""
        for kind in ("do", "fork"):
            functions = {"f14": {"set": {"x": 1}}}
            for level in range(14):
                calls = [{name: {"call": f"f{level + 1}"}} for name in "abcdefgh"]
                functions[f"f{level}"] = {"do": calls} if kind == "do" else {"fork": {"branches": calls}}
            body = {**self.setting("."), "use": {"functions": functions}, "do": [{"a": {"call": "f0"}}]}
            status, value = self.flows.put(f"fan-{kind}", body)
            if status != 200:
                expect(status == 422, f"{status} {json.dumps(value)[:500]}")
                continue
            run = self.flows.start(f"fan-{kind}")
            self.neighbour.live()
            self.stop(f"fan-{kind}", run)

    def children(self):
        """A workflow that starts itself from every branch of a fork, and so do those that it starts."""
        start = {"run": {"workflow": {"namespace": "harbour", "name": "hostile", "version": "latest"}}}
        branches = [{f"b{number}": start} for number in range(200)]
        self.flows.define("hostile", {**self.setting("."), "do": [{"f": {"fork": {"branches": branches}}}]})
        run = self.flows.start("hostile")
        for _ in range(3):
            self.neighbour.live()
        self.stop("children", run)
        self.settle()

    def settle(self):
        """Waits until nothing of the hostile tenant runs any more; the neighbour lives on meanwhile."""
        for status in ("running", "waiting", "paused"):
            end = time.monotonic() + PATIENCE_SECONDS
            while (page := self.flows.api.ok("GET", f"/sessions?status={status}&limit=5"))["items"]:
                self.neighbour.live()
                expect(time.monotonic() < end, f"still {status}: {json.dumps(page)[:1000]}")

    def effects(self):
        """more open effects than a session may have"""
        inner = [{f"w{number}": {"wait": "PT1H"}} for number in range(200)]
        branches = [{f"b{number}": {"fork": {"branches": inner}}} for number in range(4)]
        self.flows.define("effects", {**self.setting("."), "do": [{"f": {"fork": {"branches": branches}}}]})
        error = self.flows.start("effects").error()
        expect(error["type"] == ERRORS + "runtime" and "at once" in error["detail"], error)

    def afterwards(self):
        """everybody is still there"""
        for _ in range(5):
            self.neighbour.live()
        expect(len(workers(self.process)) >= 2, f"workers: {workers(self.process)}")
        self.sound()
        self.settle()
        expect(self.flows.api.ok("GET", "/sessions?status=quarantined")["items"] == [], "one is in quarantine")
        print(f"     {self.neighbour.rounds} sessions of the neighbour, the slowest {self.neighbour.slowest:.1f} s; "
              f"server {resident(self.process) >> 20} MiB at most, {self.processor():.0f} s of processor time")

    def cases(self):
        parts = [RUNAWAYS[start:start + 8] for start in range(0, len(RUNAWAYS), 8)]
        return [
            ("expressions: what may not be named, or is none", self.bounded(60, self.forbidden)),
            ("expressions: wherever they stand", self.bounded(20, self.everywhere)),
            *[(f"expressions: runaways, {number} of {len(parts)}",
               self.bounded(40, lambda part=part: self.runaway(part))) for number, part in enumerate(parts, 1)],
            ("expressions: many runaways at once", self.bounded(60, self.storm)),
            ("data: it doubles, and it is large", self.bounded(20, self.large_data)),
            ("documents: YAML of every evil kind", self.bounded(120, self.yaml)),
            ("documents: deep nesting", self.bounded(20, self.nesting)),
            ("documents: many tasks", self.bounded(60, self.many_tasks)),
            ("documents: many expressions", self.bounded(60, self.many_expressions)),
            ("documents: large texts and numbers", self.bounded(60, self.large_parts)),
            ("documents: schemas", self.bounded(60, self.schemas)),
            ("flow: cycles", self.bounded(240, self.cycles)),
            ("flow: functions that fan out", self.bounded(120, self.fans)),
            ("flow: too many effects", self.bounded(20, self.effects)),
            ("flow: children that multiply", self.bounded(240, self.children)),
            ("afterwards", self.afterwards),
        ]


def other_tenant(binary, server):
    """The API with a key of another tenant's project."""
    def command(*words):
        done = subprocess.run(
            [binary, *words, "--data", str(server.data), "-o", "json"], capture_output=True, text=True, timeout=60,
            env=environment())
        expect(done.returncode == 0, f"{words}: {done.stdout} {done.stderr}")
        return json.loads(done.stdout)

    command("tenant", "create", "neighbour")
    command("project", "create", "neighbour/default")
    return Api(server.port, command("key", "create", "--project", "neighbour/default")["key"])


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
    if not path:
        sys.exit(__doc__)
    binary, service = str(pathlib.Path(path).resolve()), StandIn()
    with tempfile.TemporaryDirectory(prefix="holdpoint-hostile.") as folder:
        with serving(binary, pathlib.Path(folder)) as server:
            neighbour = Neighbour(Workflows(server, service, other_tenant(binary, server)))
            failed = perform(Hostile(server, Workflows(server, service), neighbour).cases())
    service.close()
    return failed


if __name__ == "__main__":
    sys.exit(main())
