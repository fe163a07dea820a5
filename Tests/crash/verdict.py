"""Judges the campaign: what the clients were promised against what the logs, the ledger and the store say."""

import collections
import json
import subprocess

from client import Api
from story import BASE
from supervisor import quiet_environment

SHOWN = 5


class Verdict:
    """Counts what holds and what does not, and prints a line for each."""

    def __init__(self, campaign, supervisor, product, billing_url):
        self.campaign, self.supervisor, self.product = campaign, supervisor, product
        self.billing = Api(billing_url)
        self.passed = self.failed = 0

    def check(self, what, wrong):
        """Passed if nothing is wrong; shows the first few that are."""
        if wrong:
            self.failed += 1
            print(f"FAIL {what}: {len(wrong)} wrong")
            for line in wrong[:SHOWN]:
                print(f"     {line}")
        else:
            self.passed += 1
            print(f"ok   {what}")

    def judge(self):
        outcomes = self.outcomes()
        logs = {session.id: self.log(session) for session in self.campaign.sessions}
        self.check("no client met an answer that must not come", self.campaign.broken)
        self.check("the server died of nothing but its faults", self.supervisor.unexpected)
        self.check("every log is numbered densely", [
            id for id, log in logs.items() if [event["seq"] for event in log] != list(range(1, len(log) + 1))])
        self.check("each question was asked once and closed once", self.closings(logs))
        self.check("an answer that got 200 was applied, and no other (I3)", self.answers(logs))
        self.check("every 202 got exactly one outcome, and the log agrees (I3)", self.stored(logs, outcomes))
        self.check("silence was not taken for an answer (I8)", self.silence(logs))
        self.check("no secret is in any event (I9)", [id for id, log in logs.items() if "secret-" in json.dumps(log)])
        self.check("every session completed", self.unfinished())
        self.check("no healthy session was quarantined (I10)", self.listed("quarantined"))
        self.check("every approved order was billed once, and no other", self.ledger(logs))
        self.check("every named point was reached", self.supervisor.missing())

    def verify_store(self):
        run = subprocess.run(
            [self.product, "replay", "--all", "--verify", "--data", str(self.supervisor.data)], capture_output=True,
            text=True, env=quiet_environment())
        print(f"     {run.stdout.strip()}")
        self.check("replay --all --verify finds no difference (I6)", [run.stderr] if run.returncode else [])

    # What the server says now

    def get(self, path):
        """What is there; None if it is gone, which is for the caller to judge."""
        status, value = self.campaign.agents.call("GET", BASE + path)
        if status == 404:
            return None
        if status != 200:
            raise SystemExit(f"GET {path}: {status} {value}")
        return value

    def log(self, session):
        events = []
        while page := self.get(f"/sessions/{session.id}/events?after={len(events)}&limit=1000"):
            events += page["items"]
            if not page["has_more"]:
                break
        return events

    def outcomes(self):
        return {command: self.get(f"/commands/{command}") for _, _, command in self.campaign.stored}

    def listed(self, status):
        return [item["id"] for item in self.get(f"/sessions?status={status}&limit=100")["items"]]

    def unfinished(self):
        found = {session.id: self.get(f"/sessions/{session.id}") for session in self.campaign.sessions}
        return [f"{id}: {value and value['status']}" for id, value in found.items() if (value or {}).get("status") != "completed"]

    # What must agree

    @staticmethod
    def of_type(log, *types):
        return [event["data"] for event in log if event["type"] in types]

    def closings(self, logs):
        wrong = []
        for id, log in logs.items():
            asked = [data["id"] for data in self.of_type(log, "hitl_requested")]
            closed = [data["request"] for data in self.of_type(log, "hitl_responded", "hitl_expired", "hitl_cancelled")]
            if len(asked) != 1 or asked != closed:
                wrong.append(f"{id}: asked {asked}, closed {closed}")
        return wrong

    def winner(self, logs, session):
        found = self.of_type(logs[session.id], "hitl_responded")
        return found[0] if found else None

    def is_answer(self, applied, session, person):
        """Whether that person's answer is what the event holds; of a secret it holds only a handle."""
        if applied is None or applied["by"] != self.campaign.people[person].principal:
            return False
        expected, actual = session.answer(person), applied["response"]
        if session.type == "env_var":
            return actual["values"]["REGION"] == expected["values"]["REGION"]
        return actual == expected

    def answers(self, logs):
        wrong = []
        for session, person, status, code in self.campaign.answers:
            applied = self.winner(logs, session)
            if status == 200 and not self.is_answer(applied, session, person):
                wrong.append(f"{session.id}: 200 to person {person}, but the log has {applied}")
            elif status == 409 and (code != "already_answered" or applied is None or self.is_answer(applied, session, person)):
                wrong.append(f"{session.id}: 409 {code} to person {person}, but the log has {applied}")
            elif status == 410 and applied is not None:
                wrong.append(f"{session.id}: 410 to person {person}, but the log has {applied}")
        return wrong

    def stored(self, logs, outcomes):
        wrong = []
        for session, what, command in self.campaign.stored:
            outcome = outcomes[command]
            if outcome is None:
                wrong.append(f"{session.id} {what}: gone")
            elif outcome["status"] not in ("applied", "refused"):
                wrong.append(f"{session.id} {what}: {outcome['status']}")
            elif what.startswith("answer"):
                person = int(what.split()[1])
                is_applied = self.is_answer(self.winner(logs, session), session, person)
                if (outcome["status"] == "applied") != is_applied:
                    wrong.append(f"{session.id} {what}: {outcome['status']}, but the log says otherwise")
            elif outcome["status"] != "applied":
                wrong.append(f"{session.id} {what}: {outcome}")
        return wrong

    def silence(self, logs):
        wrong = []
        for session in self.campaign.sessions:
            for expired in self.of_type(logs[session.id], "hitl_expired"):
                response = expired.get("response")
                if session.type == "permission" and (response or {}).get("action") != "reject":
                    wrong.append(f"{session.id}: {response}")
        return wrong

    def ledger(self, logs):
        status, value = self.billing.call("GET", "/invoices")
        if status != 200:
            return [f"GET /invoices: {status}"]
        billed = collections.Counter(item["order_id"] for item in value["items"])
        amounts = {item["order_id"]: item["amount_cents"] for item in value["items"]}
        wrong = []
        for session in self.campaign.sessions:
            applied = self.winner(logs, session) if session.type == "permission" else None
            expected = 1 if applied else 0
            times = billed.pop(session.id, 0)
            if times != expected:
                wrong.append(f"{session.id}: billed {times} times instead of {expected}")
            elif applied:
                cents = 160000 if applied["response"]["action"] == "edit" else 170000
                if amounts[session.id] != cents:
                    wrong.append(f"{session.id}: {amounts[session.id]} cents instead of {cents}")
        return wrong + [f"{order}: never approved" for order in billed]
