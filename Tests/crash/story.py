"""What the clients do: agents that ask, people who answer, and a ledger that is called after an approval."""

import queue
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from client import Api, GaveUp

BASE = "/v1/projects/default"
AGENTS_AT_ONCE = 24
PEOPLE_AT_ONCE = 10
OUTCOME_SECONDS = 60
TYPES = ["permission", "decision", "clarification", "env_var"]


class Broken(Exception):
    """An answer that must not come; the sentence says which."""


class Session:
    """What one session is to do, from its number alone."""

    def __init__(self, number):
        self.number = number
        self.id = f"crash-{number}"
        self.type = TYPES[number % 4]
        # Bits of the number beyond the type, so that every kind meets every type.
        turn = number // 4
        self.expires = turn % 5 == 3
        self.has_two_people = not self.expires and turn % 5 == 1
        self.is_async = (turn + number) % 4 == 0
        self.person = turn % 2
        self.has_answer_key = turn % 3 == 0
        self.request = None

    def question(self):
        common = {"type": self.type, "title": f"Question {self.number}", "context": {"n": self.number, "fill": "x" * 400}}
        if self.expires:
            common["expires_in"] = 1
        if self.type == "permission":
            return {**common, "tool": "bill", "arguments": {"order": self.id, "amount_eur": "1700.00"}, "allow_edit": True}
        if self.type == "decision":
            options = [{"id": "left", "label": "Left"}, {"id": "right", "label": "Right"}]
            return {**common, "options": options, **({"default": "left"} if self.expires else {})}
        if self.type == "clarification":
            return {**common, "question": "Which colour?", **({"default": "grey"} if self.expires else {})}
        return {**common, "tool": "deploy", "fields": [{"name": "TOKEN"}, {"name": "REGION", "secret": False}]}

    def answer(self, person):
        """Two people never say the same, so that it shows whose answer was taken."""
        if self.type == "permission":
            if person == 0:
                return {"action": "approve"}
            return {"action": "edit", "arguments": {"order": self.id, "amount_eur": "1600.00"}}
        if self.type == "decision":
            return {"decision": ["left", "right"][person]}
        if self.type == "clarification":
            return {"answer": ["blue", "red"][person]}
        return {"values": {"TOKEN": self.secret(person), "REGION": f"eu-{person}"}}

    def secret(self, person):
        return f"secret-{self.number}-of-{person}"


class Campaign:
    """All sessions, and the log of what was promised about them."""

    def __init__(self, agents, people, billing_url, seed):
        self.agents, self.people = agents, people
        self.billing = Api(billing_url)
        self.sessions = []
        self.answers = []  # (session, person, status, code) of each final answer
        self.stored = []  # (session, what, command id) of each 202
        self.broken = []
        self.lock = threading.Lock()
        self.seed = seed

    @property
    def count(self):
        return len(self.sessions)

    def summary(self):
        counts = {}
        for _, _, status, _ in self.answers:
            counts[status] = counts.get(status, 0) + 1
        told = ", ".join(f"{count} x {status}" for status, count in sorted(counts.items()))
        return f"answers {told}, {len(self.stored)} x 202"

    def define_agent(self):
        status, value = self.agents.call("PUT", f"{BASE}/agents/crash", {"kind": "external"})
        if status not in (200, 201):
            raise SystemExit(f"the agent cannot be defined: {status} {value}")

    def run(self, count):
        """Takes so many more sessions from their start to their end."""
        fresh = [Session(number) for number in range(self.count, self.count + count)]
        self.sessions += fresh
        self.inbox = queue.Queue()
        people = [threading.Thread(target=self._answer_all, args=(n,), daemon=True) for n in range(PEOPLE_AT_ONCE)]
        for thread in people:
            thread.start()
        with ThreadPoolExecutor(AGENTS_AT_ONCE) as pool:
            list(pool.map(self._play, fresh))
        for _ in people:
            self.inbox.put(None)
        for thread in people:
            thread.join()

    # The agent

    def _play(self, session):
        try:
            self._post(session, "/sessions", {"agent": "crash", "id": session.id, "input": {"n": session.number}}, "start")
            at = f"/sessions/{session.id}"
            self._post(session, f"{at}/steps", {"name": "prepared", "data": {"n": session.number}}, "step")
            session.request = self._post(session, f"{at}/requests", session.question(), "ask")["id"]
            for person in (0, 1) if session.has_two_people else (session.person,):
                self.inbox.put((session, person))
            request = self._await(session)
            output = self._act(session, request)
            self._post(session, f"{at}/complete", {"output": output}, "end")
        except (Broken, GaveUp) as problem:
            self._break(f"{session.id}: {problem}")
        except Exception as problem:  # the campaign must end with a verdict, whatever the server says
            self._break(f"{session.id}: {type(problem).__name__} {problem}")

    def _post(self, session, path, body, name):
        """An agent's command, until it is applied; a stored one is waited for, and then read by repeating it."""
        headers = {"Idempotency-Key": f"{session.id}-{name}"}
        if session.is_async and name != "start":
            headers["Prefer"] = "respond-async"
        while True:
            status, value = self.agents.call("POST", BASE + path, body, headers)
            if status in (200, 201):
                return value
            if status != 202:
                raise Broken(f"{name}: {status} {value}")
            with self.lock:
                self.stored.append((session, name, value["id"]))
            outcome = self._outcome(self.agents, value["id"])
            if outcome["status"] != "applied":
                raise Broken(f"{name}: {outcome}")
            headers.pop("Prefer", None)

    def _outcome(self, api, command):
        end = time.monotonic() + OUTCOME_SECONDS
        while time.monotonic() < end:
            status, value = api.call("GET", f"{BASE}/commands/{command}")
            if status != 200:
                raise Broken(f"stored command {command}: {status} {value}")
            if value["status"] != "pending":
                return value
            time.sleep(0.02)
        raise Broken(f"stored command {command} has no outcome after {OUTCOME_SECONDS} s")

    def _await(self, session):
        while True:
            status, value = self.agents.call("GET", f"{BASE}/requests/{session.request}", headers={"Prefer": "wait=5"})
            if status != 200:
                raise Broken(f"request: {status} {value}")
            if value["status"] != "pending":
                return value

    def _act(self, session, request):
        """What the answer allows; the ledger is called only for what a person approved."""
        response = request.get("response") or {}
        if session.type == "permission":
            if request["status"] == "answered" and response["action"] in ("approve", "edit"):
                bill = response.get("arguments") or {"order": session.id, "amount_eur": "1700.00"}
                status, value = self.billing.call(
                    "POST", "/invoices", {**bill, "customer": "c"}, {"Idempotency-Key": f"{session.id}-bill"})
                if status not in (200, 201):
                    raise Broken(f"billing: {status} {value}")
                return {"billed": value["number"]}
        if session.type == "env_var" and request["status"] == "answered":
            status, value = self.agents.call("POST", f"{BASE}/requests/{session.request}/secret", {})
            winner = [person.principal for person in self.people].index(request["responded_by"])
            if status != 200 or value["values"] != {"TOKEN": session.secret(winner)}:
                raise Broken(f"the secret is not the winner's: {status}")
        return {"status": request["status"]}

    # The people

    def _answer_all(self, number):
        chance = random.Random(self.seed * 1000 + number)
        while True:
            item = self.inbox.get()
            if item is None:
                return
            session, person = item
            # An expiring question is answered too late, which must be refused.
            time.sleep(1.5 if session.expires else chance.random() * 0.2)
            try:
                self._answer(session, person)
            except (Broken, GaveUp) as problem:
                self._break(f"{session.id}: {problem}")

    def _answer(self, session, person):
        api = self.people[person]
        body = {"response": session.answer(person), "comment": f"by {person}"}
        headers = {"Prefer": "respond-async"} if session.is_async else {}
        if session.has_answer_key:
            headers["Idempotency-Key"] = f"{session.id}-answer-{person}"
        path = f"{BASE}/requests/{session.request}/respond"
        status, value = api.call("POST", path, body, headers)
        code = value.get("code") if isinstance(value, dict) else None
        with self.lock:
            if status == 202:
                self.stored.append((session, f"answer {person}", value["id"]))
            else:
                self.answers.append((session, person, status, code))
        if status not in (200, 202, 409, 410):
            raise Broken(f"answer: {status} {value}")

    def _break(self, sentence):
        with self.lock:
            self.broken.append(sentence)
