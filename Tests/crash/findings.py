"""Judges the runs of the kill test by the service's ledger and the clients' notes, against the run without a kill."""

import collections
import json

SHOWN = 5


class Ledger:
    """What the service wrote down, read while it goes on."""

    def __init__(self, path):
        self.path = path

    def rows(self, run):
        """The requests of a run, in the order of their arrival."""
        with open(self.path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if f'"run": "{run.name}"' in line]

    def effects(self, run):
        """How many keys did the same thing: once each, without what was refused."""
        keys = {(row["key"], row["method"], row["path"], row["body"]) for row in self.rows(run) if row["status"] < 300}
        return collections.Counter(key[1:] for key in keys)


class Findings:
    """Counts what holds and what does not, and prints a line for each."""

    def __init__(self, ledger, clean, runs):
        self.ledger, self.clean, self.runs = ledger, clean, runs
        self.all = [clean, *runs]
        self.rows = {run.name: ledger.rows(run) for run in self.all}
        self.passed = self.failed = 0

    def check(self, what, wrong):
        """Passed if nothing is wrong; shows the first few that are."""
        self.failed += bool(wrong)
        self.passed += not wrong
        print(f"FAIL {what}: {len(wrong)} wrong" if wrong else f"ok   {what}")
        for line in wrong[:SHOWN]:
            print(f"     {line}")

    def judge(self):
        self.check("the run without a kill completed, and asked about no call", self.clean_run())
        self.check("no client met what must not come, and the server died of nothing but its faults",
                   [f"{run}: {line}" for run in self.all for line in run.wrong])
        self.check("every run completed with the output of the run without a kill", self.outputs())
        self.check("every effect is in the service's ledger, under one key each", self.effects())
        self.check("no call that is not idempotent arrived twice", self.doubles())
        self.check("a call arrived again only under its own key, and only where the server died", self.repeats())
        self.check("people were asked about no call but POSTs, and never twice about one", self.questions())
        self.check("both answers came up: it was made, and it was not", self.both())
        self.check("every answer that got 200 is in the log exactly once (I3)", self.answers())
        self.check("every log is numbered densely", [
            f"{run}: {name}" for run in self.all for name, log in run.logs.items()
            if [item["seq"] for item in log] != list(range(1, len(log) + 1))])

    def known_passages(self):
        """How many calls the run without a kill made, and how many commits it took at the least.

        Its start, each answer, each timer, each call's outcome and each leave to make a POST are committed one by one;
        so are the start and the end of another workflow.
        """
        calls = {row["key"]: row["method"] for row in self.rows[self.clean.name]}
        posts = sum(method == "POST" for method in calls.values())
        types = collections.Counter(item["type"] for item in self.clean.events)
        others = types["timer_fired"] + 2 * types["child_started"]
        return len(calls), 1 + len(self.clean.answers) + others + len(calls) + posts

    # What must agree

    def clean_run(self):
        run = self.clean
        wrong = list(run.wrong)
        if run.deaths or run.judged:
            wrong.append(f"{run.deaths} deaths, asked about {run.judged}")
        if not run.session or run.session["status"] != "completed":
            wrong.append(json.dumps(run.session))
        return wrong

    def outputs(self):
        expected = (self.clean.session or {}).get("output")
        wrong = []
        for run in self.runs:
            found = run.session or {}
            if found.get("status") != "completed" or found.get("output") != expected:
                wrong.append(f"{run}: {found.get('status')} {found.get('error')} {json.dumps(found.get('output'))}")
        return wrong

    def effects(self):
        expected = self.ledger.effects(self.clean)
        wrong = []
        for run in self.runs:
            found = self.ledger.effects(run)
            if found != expected:
                wrong.append(f"{run}: too few {dict(expected - found)}, too many {dict(found - expected)}")
        return wrong

    def by_key(self, run):
        rows = collections.defaultdict(list)
        for row in self.rows[run.name]:
            rows[str(row["key"])].append(row)
        return rows

    def doubles(self):
        wrong = []
        for run in self.all:
            for key, rows in self.by_key(run).items():
                done = [row for row in rows if row["method"] == "POST" and row["status"] < 300]
                if len(done) > 1:
                    wrong.append(f"{run}: {len(done)} x {rows[0]['path']} under {key}")
        return wrong

    def repeats(self):
        wrong = []
        for run in self.all:
            for key, rows in self.by_key(run).items():
                if key.rpartition(":")[0] not in {f"dev:default:{session}" for session in run.logs}:
                    wrong.append(f"{run}: a foreign key, {key}")
                if len({(row["method"], row["path"], row["body"]) for row in rows}) > 1:
                    wrong.append(f"{run}: one key for different calls, {key}")
                if len(rows) > 1 + run.deaths:
                    wrong.append(f"{run}: {len(rows)} x {rows[0]['method']} {rows[0]['path']}, {run.deaths} deaths")
        return wrong

    def questions(self):
        wrong = []
        for run in self.all:
            proposed = {
                (session, item["seq"]): item["data"]["arguments"] for session, log in run.logs.items() for item in log
                if item["type"] == "tool_proposed"}
            calls = [(session, call) for session, call, _ in run.judged]
            # A person whose answer got lost is asked for it again, about the same call.
            if len(set(calls)) > run.deaths:
                wrong.append(f"{run}: asked about {calls} after {run.deaths} deaths")
            for call in calls:
                if proposed.get(call, {}).get("method") != "POST":
                    wrong.append(f"{run}: asked about {call}: {proposed.get(call)}")
        return wrong

    def both(self):
        verdicts = collections.Counter(verdict for run in self.runs for *_, verdict in run.judged)
        return [] if verdicts["done"] and verdicts["repeat"] else [dict(verdicts)]

    def answers(self):
        wrong = []
        for run in self.all:
            applied = [item["data"] for item in run.events if item["type"] == "hitl_responded"]
            for request, response in run.answers:
                found = [data["response"] for data in applied if data["request"] == request]
                if found != [response]:
                    wrong.append(f"{run}: {response} to {request}, but the log has {found}")
        return wrong
