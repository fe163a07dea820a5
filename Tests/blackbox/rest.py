#!/usr/bin/env python3
"""The HTTP API as its users meet it: every route, every refusal, streams cut at every point, and other tenants' keys.

    Tests/blackbox/rest.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Starts the program on a free port with an empty data folder, and prints "N passed, N failed". Python's standard library
only.
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

PATIENCE_SECONDS = 30
KEY = "hp_rest_0123456789abcdef0123456789abcdef"
PROJECT = "/v1/projects/default"
MEBIBYTE = 1 << 20

SESSION_MEMBERS = {
    "id", "agent", "version", "status", "seq", "input", "output", "error", "open_requests", "labels", "on_behalf_of",
    "created_at", "updated_at",
}
PROBLEM_MEMBERS = {"type", "title", "status", "code", "detail", "request_id"}
TIME_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Failed(Exception):
    """What was expected did not come."""


def expect(condition, *seen):
    if not condition:
        raise Failed(" ".join(str(part)[:2000] for part in seen) or "not so")


class Answer:
    """A response: status, headers without case, and the JSON of the body (None without one)."""

    def __init__(self, response, payload):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.payload = payload
        is_json = "json" in self.headers.get("content-type", "")
        self.json = json.loads(payload) if payload and is_json else None

    @property
    def pointers(self):
        return [error["pointer"] for error in self.json.get("errors", [])]

    def __str__(self):
        return f"{self.status} {self.headers} {self.payload[:1500]!r}"


class Api:
    """Calls with one key; a connection for each."""

    def __init__(self, port, key=KEY):
        self.port, self.key = port, key

    def __call__(self, method, path, body=None, raw=None, headers=None, timeout=70):
        sent = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        data = raw
        if raw is None and body is not None:
            data = json.dumps(body).encode()
        if data is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        if not path.startswith(("/v1", "/healthz", "/readyz")):
            path = PROJECT + path
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, data, {name: value for name, value in sent.items() if value is not None})
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self("GET", path, **more)

    def post(self, path, body=None, **more):
        return self("POST", path, body, **more)

    def ok(self, method, path, body=None, status=200, **more):
        """A call that must succeed; its JSON."""
        answer = self(method, path, body, **more)
        expect(answer.status == status, method, path, answer)
        return answer.json

    def problem(self, status, code, method, path, body=None, **more):
        """A call that must be refused with a sound problem document; the answer."""
        answer = self(method, path, body, **more)
        expect(answer.status == status, method, path, answer)
        expect(answer.headers["content-type"] == "application/problem+json", answer)
        expect(PROBLEM_MEMBERS <= set(answer.json) <= PROBLEM_MEMBERS | {"errors", "winner"}, answer)
        expect(answer.json["status"] == status, answer)
        expect(answer.json["code"] == code, method, path, answer)
        expect(answer.json["type"] == f"urn:holdpoint:problem:{code}", answer)
        expect(answer.json["request_id"] == answer.headers["x-request-id"], answer)
        if self.key:
            expect(self.key.encode() not in answer.payload, "a key is repeated")
        return answer

    def start(self, id, **more):
        return self.ok("POST", "/sessions", {"agent": "worker", "input": {"for": id}, "id": id, **more}, status=201)

    def open(self, session, type="permission", **more):
        body = {
            "permission": {"tool": "pay", "arguments": {"eur": 2000}, "allow_edit": True},
            "decision": {"options": [{"id": "left"}, {"id": "right"}]},
            "clarification": {},
            "env_var": {"tool": "mail", "fields": [{"name": "API_KEY"}, {"name": "HOST", "secret": False}]},
        }[type]
        return self.ok(
            "POST", f"/sessions/{session}/requests", {"type": type, "title": "May it?", **body, **more}, status=201)


class Stream:
    """A server-sent event stream, read as a browser reads it."""

    def __init__(self, api, path, last=None, timeout=PATIENCE_SECONDS):
        self.connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=timeout)
        headers = {"Authorization": f"Bearer {api.key}", "Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = last
        self.connection.request("GET", path if path.startswith("/v1") else PROJECT + path, headers=headers)
        self.response = self.connection.getresponse()
        self.retry = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def next(self):
        """The next event as (id, type, data), or None at the end."""
        id = type = None
        data = []
        while True:
            line = self.response.readline()
            if not line:
                return None
            line = line.rstrip(b"\r\n").decode()
            if not line:
                if data:
                    return id, type, "\n".join(data)
                continue
            name, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if name == "id":
                id = value
            elif name == "event":
                type = value
            elif name == "data":
                data.append(value)
            elif name == "retry":
                self.retry = int(value)

    def take(self, count):
        events = []
        while len(events) < count:
            event = self.next()
            expect(event is not None, "the stream ended after", events)
            events.append(event)
        return events

    def rest(self):
        events = []
        while (event := self.next()) is not None:
            events.append(event)
        return events


class Server:
    """`holdpoint serve` with a fresh data folder."""

    def __init__(self, binary):
        self.binary = binary
        self.folder = tempfile.TemporaryDirectory(prefix="holdpoint-rest-")
        self.data = os.path.join(self.folder.name, "data")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(os.path.join(self.folder.name, "log"), "w+")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDPOINT_")}
        self.environment = {**kept, "HOLDPOINT_DEV_KEY": KEY}
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", self.data, "--access-log", "on"],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, env=self.environment)

    def await_ready(self):
        api = Api(self.port, key=None)
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                if api.get("/readyz", timeout=2).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise SystemExit(f"the server is not ready:\n{self.text()}")

    def text(self):
        self.log.flush()
        with open(self.log.name) as log:
            return log.read()

    def command(self, *arguments):
        """Runs a command of the program beside the running server; its JSON."""
        done = subprocess.run(
            [self.binary, *arguments, "--data", self.data, "-o", "json"], capture_output=True, text=True,
            env=self.environment, timeout=PATIENCE_SECONDS)
        expect(done.returncode == 0, arguments, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def key(self, *arguments):
        return Api(self.port, self.command("key", "create", *arguments)["key"])

    def holds(self, text):
        """Whether the server's log or a file of its data has this text."""
        files = [pathlib.Path(self.log.name), *pathlib.Path(self.data).iterdir()]
        return any(text.encode() in file.read_bytes() for file in files)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        self.folder.cleanup()


def wait_until(look, sentence):
    """Asks again until the answer is true, for things that happen after a reply."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.02)
    raise Failed(sentence)


class Checks:
    """Every method whose name begins with `check_` is one check; they share a server, not sessions."""

    def __init__(self, server):
        self.server = server
        self.api = Api(server.port)
        self.api.ok("PUT", "/agents/worker", {"kind": "external"})

    # A life from beginning to end.

    def check_a_session_pauses_for_a_person_and_goes_on(self):
        api = self.api
        started = api.post("/sessions", {
            "agent": "worker", "input": {"order": 7}, "id": "life", "labels": {"team": "billing"},
            "on_behalf_of": "ann"})
        expect(started.status == 201, started)
        expect(started.headers["location"] == f"{PROJECT}/sessions/life", started)
        session = started.json
        expect(set(session) == SESSION_MEMBERS, session)
        expect((session["status"], session["seq"], session["version"]) == ("running", 1, 1), session)
        expect(TIME_FORM.fullmatch(session["created_at"]), session)
        expect(session["labels"] == {"team": "billing"} and session["on_behalf_of"] == "ann", session)
        api.ok("POST", "/sessions/life/steps", {"name": "looked", "data": {"found": 3}})
        api.ok("POST", "/sessions/life/messages", {"text": "hurry"})
        api.ok("POST", "/sessions/life/messages", {"content": [{"any": "thing"}]})
        request = api.open("life", expires_in=600)
        expect(request["status"] == "pending" and request["session"] == "life", request)
        expect(request["opened_by"] == "key:rest" and len(request["arguments_digest"]) == 64, request)
        waiting = api.ok("GET", "/sessions/life")
        expect(waiting["status"] == "waiting", waiting)
        expect([open["id"] for open in waiting["open_requests"]] == [request["id"]], waiting)
        answered = api.ok(
            "POST", f"/requests/{request['id']}/respond", {"response": {"action": "approve"}, "comment": "fine"})
        expect(answered["status"] == "answered" and answered["comment"] == "fine", answered)
        expect(answered["approved_digest"] == request["arguments_digest"], answered)
        expect(answered["responded_by"] == "key:rest" and TIME_FORM.fullmatch(answered["responded_at"]), answered)
        expect(api.ok("GET", f"/requests/{request['id']}") == answered, answered)
        ended = api.ok("POST", "/sessions/life/complete", {"output": {"paid": True}})
        expect(ended["status"] == "completed" and ended["output"] == {"paid": True}, ended)
        log = api.ok("GET", "/sessions/life/events")
        expect([event["seq"] for event in log["items"]] == list(range(1, 8)), log)
        expect([event["type"] for event in log["items"]] == [
            "session_started", "step_completed", "message_received", "message_received", "hitl_requested",
            "hitl_responded", "session_completed"], log)
        expect(all(set(event) == {"seq", "type", "time", "session", "data"} for event in log["items"]), log)
        expect(not log["has_more"] and log["next_cursor"] is None, log)

    def check_all_types_of_request_take_their_answers(self):
        api = self.api
        api.start("types")
        answers = {
            "permission": {"action": "edit", "arguments": {"eur": 1}}, "decision": {"decision": "left"},
            "clarification": {"answer": "blue"}, "env_var": {"values": {"API_KEY": "s3cret-value", "HOST": "mail"}},
        }
        requests = {type: api.open("types", type) for type in answers}
        expect(len(api.ok("GET", "/sessions/types")["open_requests"]) == 4)
        listed = api.ok("GET", "/requests?session=types&status=pending")["items"]
        expect({item["id"] for item in listed} == {request["id"] for request in requests.values()}, listed)
        for type, response in answers.items():
            done = api.ok("POST", f"/requests/{requests[type]['id']}/respond", {"response": response})
            expect(done["status"] == "answered" and done["type"] == type, done)
        expect(api.ok("GET", "/sessions/types")["status"] == "running")
        decisions = api.ok("GET", "/requests?session=types&type=decision")["items"]
        expect([item["id"] for item in decisions] == [requests["decision"]["id"]], decisions)

    def check_a_secret_is_seen_by_its_opener_only(self):
        api = self.api
        api.start("secret")
        request = api.open("secret", "env_var")
        place = f"/requests/{request['id']}"
        api.problem(404, "secret_not_found", "POST", f"{place}/secret")
        bad = api.problem(
            422, "invalid_answer", "POST", f"{place}/respond", {"response": {"values": {"API_KEY": "s3cret-value"}}})
        expect(b"s3cret-value" not in bad.payload and bad.pointers == ["/response/values/HOST"], bad)
        answer = {"response": {"values": {"API_KEY": "s3cret-value", "HOST": "mail"}}}
        done = api.post(f"{place}/respond", answer)
        expect(done.status == 200 and b"s3cret-value" not in done.payload, done)
        expect(done.json["response"]["values"]["API_KEY"] == {"secret": f"{request['id']}/API_KEY"}, done)
        secret = api.post(f"{place}/secret", headers={"Idempotency-Key": "heedless"})
        expect(secret.status == 200 and secret.json == {"values": {"API_KEY": "s3cret-value"}}, secret)
        expect(secret.headers["cache-control"] == "no-store", secret)
        other = self.server.key("--project", "dev/default")
        other.problem(403, "not_the_opener", "POST", f"{place}/secret")
        log = api.get("/sessions/secret/events")
        expect(b"s3cret-value" not in log.payload, "the secret is in the log")
        expect(api.post(f"{place}/respond", answer).status == 200, "the same answer of the same person is not welcome")
        api.ok("POST", "/sessions/secret/complete", {"output": None})
        api.problem(404, "secret_not_found", "POST", f"{place}/secret")
        expect("s3cret-value" not in self.server.text(), "the secret is in the server's log")

    def check_a_projects_secrets_go_in_and_never_come_out(self):
        """I9: no answer, log line or file of the store holds a value; I5: each project has its own."""
        api, plain = self.api, "pr0ject-s3cret-value"
        values = [plain, {"username": "ann", "password": plain}, {"token": plain}]
        for value in values:
            put = api("PUT", "/secrets/BILLING_TOKEN", {"value": value}, headers={"Idempotency-Key": "heedless"})
            expect(put.status == 200 and set(put.json) == {"name", "updated_at"}, put)
            expect(plain.encode() not in put.payload and put.headers["cache-control"] == "no-store", put)
        api.ok("PUT", "/secrets/OTHER", {"value": "x" * 16382})
        for value in ["x" * 16383, "", {}, [plain], 7, None]:
            refused = api.problem(422, "invalid_input", "PUT", "/secrets/BILLING_TOKEN", {"value": value})
            expect(refused.pointers == ["/value"] and plain.encode() not in refused.payload, refused)
        for raw in [f'{{"value":"{plain}"', f'{{"value":{plain}}}', f'{{"value":"{plain}","value":1}}']:
            refused = api.problem(400, "malformed_json", "PUT", "/secrets/BILLING_TOKEN", raw=raw.encode())
            expect(plain.encode() not in refused.payload, refused)
        api.problem(422, "invalid_input", "PUT", "/secrets/a-b", {"value": plain})
        api.problem(405, "method_not_allowed", "GET", "/secrets/BILLING_TOKEN")
        expect([item["name"] for item in api.ok("GET", "/secrets")["items"]] == ["BILLING_TOKEN", "OTHER"])
        page = api.ok("GET", "/secrets?limit=1")
        expect(page["has_more"] and page["next_cursor"] == "BILLING_TOKEN", page)
        expect([item["name"] for item in api.ok("GET", "/secrets?cursor=BILLING_TOKEN")["items"]] == ["OTHER"])
        self.server.command("project", "create", "dev/vault")
        other = self.server.key("--tenant", "dev")
        expect(other.ok("GET", "/v1/projects/vault/secrets")["items"] == [])
        other.problem(404, "secret_not_found", "DELETE", "/v1/projects/vault/secrets/BILLING_TOKEN")
        agent = self.server.key("--project", "dev/default", "--scopes", "secrets,sessions:write,agents")
        agent.problem(403, "scope_missing", "PUT", "/secrets/BILLING_TOKEN", {"value": plain})
        agent.problem(403, "scope_missing", "DELETE", "/secrets/BILLING_TOKEN")
        expect(len(agent.ok("GET", "/secrets")["items"]) == 2)
        expect(not self.server.holds(plain), "a file holds the value of a secret")
        expect(self.server.holds("BILLING_TOKEN"), "the search finds nothing")
        for name in ["BILLING_TOKEN", "OTHER"]:
            expect(api("DELETE", f"/secrets/{name}").status == 204)
        api.problem(404, "secret_not_found", "DELETE", "/secrets/OTHER")
        expect(api.ok("GET", "/secrets")["items"] == [])

    def check_pause_and_resume_are_an_operators(self):
        api = self.api
        api.start("pause")
        request = api.open("pause")
        expect(api.ok("POST", "/sessions/pause/pause", {"reason": "a look"})["status"] == "paused")
        expect(api.ok("POST", "/sessions/pause/pause")["status"] == "paused")
        api.problem(409, "session_paused", "POST", "/sessions/pause/steps", {"name": "a", "data": 1})
        api.ok("POST", f"/requests/{request['id']}/respond", {"response": {"action": "reject", "feedback": "no"}})
        expect(api.ok("GET", "/sessions/pause")["status"] == "paused")
        expect(api.ok("POST", "/sessions/pause/resume")["status"] == "running")
        api.ok("POST", "/sessions/pause/steps", {"name": "a", "data": 1})

    def check_ends_withdraw_what_is_pending(self):
        api = self.api
        for act, body, status in [
            ("complete", {"output": 1}, "completed"), ("cancel", {"reason": "enough"}, "cancelled"),
            ("fail", {"error": {"title": "broken", "status": 500, "mine": [1]}}, "failed"),
        ]:
            id = f"end-{act}"
            api.start(id)
            request = api.open(id)
            ended = api.ok("POST", f"/sessions/{id}/{act}", body)
            expect(ended["status"] == status and ended["open_requests"] == [], ended)
            expect(ended["error"] == body.get("error"), ended)
            expect(api.ok("GET", f"/requests/{request['id']}")["status"] == "cancelled")
            api.problem(
                410, "request_cancelled", "POST", f"/requests/{request['id']}/respond",
                {"response": {"action": "approve"}})
            again = api.ok("POST", f"/sessions/{id}/{act}", body)
            expect(again["seq"] == ended["seq"], "the end was recorded twice")
            api.problem(409, "session_finished", "POST", f"/sessions/{id}/messages", {"text": "hello"})
            api.problem(409, "session_finished", "POST", f"/sessions/{id}/steps", {"name": "a", "data": 1})

    def check_a_request_may_be_withdrawn(self):
        api = self.api
        api.start("withdrawn")
        request = api.open("withdrawn")
        done = api.ok("POST", f"/requests/{request['id']}/cancel", {"reason": "not needed"})
        expect(done["status"] == "cancelled" and done["id"] == request["id"], done)
        expect(api.ok("POST", f"/requests/{request['id']}/cancel")["status"] == "cancelled")
        expect(api.ok("GET", "/sessions/withdrawn")["status"] == "running")

    def check_agents_have_versions(self):
        api = self.api
        first = api.ok("PUT", "/agents/versioned", {"kind": "external", "labels": {"a": "b"}})
        expect(
            set(first) == {"name", "kind", "version", "definition", "input_schema", "labels", "created_at"}, first)
        expect(api.ok("PUT", "/agents/versioned", {"kind": "external", "labels": {"a": "b"}}) == first)
        schema = {"type": "object", "required": ["order"], "properties": {"order": {"type": "integer"}}}
        second = api.ok("PUT", "/agents/versioned", {"kind": "external", "input_schema": schema})
        expect(second["version"] == 2 and second["input_schema"] == schema, second)
        expect(api.ok("GET", "/agents/versioned") == second)
        names = [agent["name"] for agent in api.ok("GET", "/agents?limit=100")["items"]]
        expect(names == sorted(names) and {"versioned", "worker"} <= set(names), names)
        bad = api.problem(
            422, "invalid_input", "POST", "/sessions", {"agent": "versioned", "input": {"order": "seven"}})
        expect(bad.pointers == ["/input/order"], bad)
        wrong = api.problem(
            422, "invalid_input", "PUT", "/agents/versioned", {"kind": "external", "input_schema": {"type": 7}})
        expect(wrong.pointers and wrong.pointers[0].startswith("/input_schema"), wrong)

    def check_lists_have_pages(self):
        api = self.api
        api.ok("PUT", "/agents/paged", {"kind": "external"})
        ids = [f"page-{number}" for number in range(7)]
        for id in ids:
            api.ok("POST", "/sessions", {"agent": "paged", "input": 1, "id": id}, status=201)
            api.open(id)
        for path, name in [("/sessions?agent=paged&status=waiting", "id"), ("/requests?status=pending", "session")]:
            seen, cursor = [], ""
            while cursor is not None:
                page = api.ok("GET", f"{path}&limit=3{cursor and '&cursor=' + cursor}")
                expect(set(page) == {"items", "next_cursor", "has_more"}, page)
                expect(page["has_more"] == (page["next_cursor"] is not None), page)
                seen += [item[name] for item in page["items"]]
                cursor = page["next_cursor"]
            paged = [id for id in seen if id.startswith("page-")]
            expect(paged == ids[::-1], path, "newest first, each once:", paged)
        after, log = 0, []
        for number in range(12):
            api.ok("POST", "/sessions/page-0/messages", {"text": str(number)})
        while after is not None:
            page = api.ok("GET", f"/sessions/page-0/events?after={after}&limit=5")
            log += [event["seq"] for event in page["items"]]
            after = page["next_cursor"]
        expect(log == list(range(1, 15)), log)
        for path in ["/sessions", "/requests", "/agents"]:
            api.problem(422, "cursor_invalid", "GET", f"{path}?cursor=%20nonsense")

    # Repetition.

    def check_the_same_start_is_the_same_session(self):
        api = self.api
        body = {"agent": "worker", "input": {"n": 1.0}, "id": "same"}
        expect(api.post("/sessions", body).status == 201)
        again = api.post("/sessions", {"agent": "worker", "input": {"n": 1}, "id": "same"})
        expect(again.status == 200 and "location" not in again.headers and again.json["seq"] == 1, again)
        api.problem(409, "session_exists", "POST", "/sessions", {**body, "input": {"n": 2}})
        made = api.ok("POST", "/sessions", {"agent": "worker", "input": 1}, status=201)
        expect(re.fullmatch(r"[A-Za-z0-9._-]{1,128}", made["id"]), made)

    def check_a_second_answer_is_told_the_winner(self):
        api = self.api
        api.start("second")
        request = api.open("second")
        place = f"/requests/{request['id']}/respond"
        first = api.ok("POST", place, {"response": {"action": "approve"}})
        lost = api.problem(409, "already_answered", "POST", place, {"response": {"action": "reject"}})
        expect(lost.json["winner"]["responded_by"] == "key:rest", lost)
        expect(lost.json["winner"]["responded_at"] == first["responded_at"], lost)
        expect(api.ok("POST", place, {"response": {"action": "approve"}}) == first, "the same answer again")
        other = self.server.key("--project", "dev/default")
        other.problem(409, "already_answered", "POST", place, {"response": {"action": "approve"}})
        events = [event["type"] for event in api.ok("GET", "/sessions/second/events")["items"]]
        expect(events.count("hitl_responded") == 1, events)

    def check_of_two_answers_at_once_one_wins(self):
        api = self.api
        api.start("race")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for round in range(10):
                request = api.open("race", "decision")
                place = f"/requests/{request['id']}/respond"
                gate = threading.Barrier(8)

                def answer(side):
                    gate.wait()
                    return side, api.post(place, {"response": {"decision": side}})

                answers = list(pool.map(answer, ["left", "right"] * 4))
                chosen = api.ok("GET", f"/requests/{request['id']}")["response"]["decision"]
                for side, got in answers:
                    expect(got.status == (200 if side == chosen else 409), round, chosen, side, got)
                    if got.status == 409:
                        expect(got.json["winner"]["responded_by"] == "key:rest", got)
        types = [event["type"] for event in api.ok("GET", "/sessions/race/events?limit=1000")["items"]]
        expect(types.count("hitl_responded") == 10, types)

    def check_an_idempotency_key_makes_a_repetition_harmless(self):
        api = self.api
        api.start("again")
        step = {"name": "once", "data": 1}
        first = api.post("/sessions/again/steps", step, headers={"Idempotency-Key": '"k-1"'})
        expect(first.status == 200 and "idempotency-replayed" not in first.headers, first)
        second = api.post("/sessions/again/steps", step, headers={"Idempotency-Key": "k-1"})
        expect(second.status == 200 and second.headers["idempotency-replayed"] == "true", second)
        expect(api.ok("GET", "/sessions/again")["seq"] == 2, "a step was doubled")
        api.problem(
            422, "idempotency_key_reused", "POST", "/sessions/again/steps", {"name": "other", "data": 1},
            headers={"Idempotency-Key": "k-1"})
        api.start("again-2")
        fresh = api.post("/sessions/again-2/steps", step, headers={"Idempotency-Key": "k-1"})
        expect(fresh.status == 200 and "idempotency-replayed" not in fresh.headers, "a key counts for one route", fresh)
        body = {"type": "permission", "title": "t", "tool": "pay", "arguments": {}}
        opened = [
            api.post("/sessions/again/requests", body, headers={"Idempotency-Key": "k-2"}) for _ in range(2)]
        expect([answer.status for answer in opened] == [201, 201], opened[1])
        expect(opened[0].json["id"] == opened[1].json["id"], "a request was doubled")
        expect(opened[0].headers["location"] == opened[1].headers["location"], opened[1])
        starts = [
            api.post("/sessions", {"agent": "worker", "input": 1}, headers={"Idempotency-Key": "k-3"})
            for _ in range(2)]
        expect([answer.status for answer in starts] == [201, 201], starts[1])
        expect(starts[0].json["id"] == starts[1].json["id"], "a session was doubled")
        gate = threading.Barrier(6)

        def at_once(_):
            gate.wait()
            return api.post("/sessions/again/messages", {"text": "hi"}, headers={"Idempotency-Key": "k-4"})

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(at_once, range(6)))
        expect({answer.status for answer in answers} == {200}, answers[0], answers[-1])
        types = [event["type"] for event in api.ok("GET", "/sessions/again/events")["items"]]
        expect(types.count("message_received") == 1, types)
        for bad in ["", '"', '"open', "a b", "k" * 256]:
            refused = api.problem(
                422, "invalid_input", "POST", "/sessions/again/steps", step, headers={"Idempotency-Key": bad})
            expect(refused.pointers == ["header:Idempotency-Key"], refused)

    # Preferences.

    def check_a_caller_may_wait_for_news(self):
        api = self.api
        api.start("wait")
        request = api.open("wait")
        began = time.monotonic()
        timed_out = api.get(f"/requests/{request['id']}", headers={"Prefer": "wait=1"})
        expect(timed_out.status == 200 and timed_out.json["status"] == "pending", timed_out)
        expect(timed_out.headers["preference-applied"] == "wait=1" and time.monotonic() - began >= 0.9, timed_out)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            seen = pool.submit(api.get, f"/requests/{request['id']}", headers={"Prefer": "wait=30"})
            api.ok("POST", f"/requests/{request['id']}/respond", {"response": {"action": "approve"}})
            expect(seen.result().json["status"] == "answered", seen.result())
            ended = pool.submit(api.get, "/sessions/wait", headers={"Prefer": "wait=30"})
            api.ok("POST", "/sessions/wait/complete", {"output": 1})
            expect(ended.result().json["status"] == "completed", ended.result())
        expect(time.monotonic() - began < 20, "the wait was not ended by the news")
        for bad in ["wait=61", "wait=-1", "wait=soon", "wait"]:
            refused = api.problem(422, "invalid_input", "GET", "/sessions/wait", headers={"Prefer": bad})
            expect(refused.pointers == ["header:Prefer"], refused)
        expect(api.get("/sessions/wait", headers={"Prefer": "handling=lenient"}).status == 200)

    def check_a_stored_command_gets_one_outcome(self):
        api = self.api
        api.start("stored")
        request = api.open("stored")
        eager = {"Prefer": "respond-async"}
        place = f"/requests/{request['id']}/respond"

        def outcome(answer):
            expect(answer.status == 202 and answer.headers["preference-applied"] == "respond-async", answer)
            members = {"id", "kind", "session", "status", "outcome", "received_at", "attempts"}
            expect(set(answer.json) == members and answer.json["session"] == "stored", answer)
            where = answer.headers["location"]
            expect(where == f"{PROJECT}/commands/{answer.json['id']}", answer)

            def look():
                command = api.ok("GET", where)
                expect(set(command) == members and command["received_at"] == answer.json["received_at"], command)
                return command if command["status"] != "pending" else None

            return wait_until(look, f"no outcome at {where}")

        bad = outcome(api.post(place, {"response": {"action": "dance"}}, headers=eager))
        expect(bad["status"] == "refused" and bad["outcome"]["status"] == 422, bad)
        expect(bad["outcome"]["problem"]["code"] == "invalid_answer", bad)
        expect([e["pointer"] for e in bad["outcome"]["problem"]["errors"]] == ["/response/action"], bad)
        expect(api.ok("GET", f"/requests/{request['id']}")["status"] == "pending")
        good = outcome(api.post(place, {"response": {"action": "approve"}}, headers=eager))
        expect(good["kind"] == "answer" and good["status"] == "applied", good)
        expect(good["outcome"] == {"status": 200, "problem": None}, good)
        expect(api.ok("GET", f"/requests/{request['id']}")["status"] == "answered")
        late = outcome(api.post(place, {"response": {"action": "reject"}}, headers=eager))
        expect(late["outcome"]["problem"]["winner"]["responded_by"] == "key:rest", late)
        opened = outcome(api.post(
            "/sessions/stored/requests", {"type": "clarification", "title": "t"}, headers=eager))
        expect(opened["outcome"]["status"] == 201, opened)
        done = outcome(api.post("/sessions/stored/complete", {"output": 1}, headers=eager))
        expect(done["kind"] == "complete" and done["status"] == "applied", done)
        again = outcome(api.post("/sessions/stored/steps", {"name": "a", "data": 1}, headers=eager))
        expect(again["outcome"]["problem"]["code"] == "session_finished", again)
        start = {"agent": "worker", "input": 1, "id": "stored-start"}
        began = api.post("/sessions", start, headers=eager)
        expect(began.status == 202 and began.json["kind"] == "start", began)
        wait_until(lambda: api.get("/sessions/stored-start").status == 200, "the stored start was not carried out")

    def check_the_short_route_answers_too(self):
        api = self.api
        api.start("short")
        request = api.open("short")
        body = {"request": request["id"], "response": {"action": "approve"}, "comment": "ok"}
        done = api.ok("POST", "/v1/agent/hitl/respond", body)
        expect(done["id"] == request["id"] and done["status"] == "answered", done)
        api.problem(404, "request_not_found", "POST", "/v1/agent/hitl/respond", {**body, "request": "req_" + "0" * 32})
        whole = self.server.key("--tenant", "dev")
        whole.problem(422, "project_required", "POST", "/v1/agent/hitl/respond", body)
        expect(whole.get("/sessions/short").status == 200, "a tenant's key opens its projects")

    # Deadlines.

    def check_silence_expires(self):
        api = self.api
        api.start("expiry")
        permission = api.open("expiry", expires_in=1)
        decision = api.open("expiry", "decision", expires_in=1, default="right")
        question = api.open("expiry", "clarification", expires_in=1)
        for request in [permission, decision, question]:
            seen = api.get(f"/requests/{request['id']}", headers={"Prefer": "wait=20"})
            expect(seen.json["status"] == "expired", seen)
        expect(api.ok("GET", f"/requests/{permission['id']}")["response"] == {"action": "reject"})
        expect(api.ok("GET", f"/requests/{decision['id']}")["response"] == {"decision": "right"})
        expect(api.ok("GET", f"/requests/{question['id']}")["response"] is None)
        api.problem(
            410, "request_expired", "POST", f"/requests/{permission['id']}/respond",
            {"response": {"action": "approve"}})
        api.problem(410, "request_expired", "POST", f"/requests/{permission['id']}/cancel")

    # Bad input.

    def check_bad_bodies_change_nothing(self):
        api = self.api
        api.start("bad")
        request = api.open("bad")
        before = api.ok("GET", "/sessions/bad")
        respond = f"/requests/{request['id']}/respond"
        table = [
            ("/sessions", b"", 400, "body_required", None), ("/sessions", b"{", 400, "malformed_json", None),
            ("/sessions", b'{"agent":"worker","input":1}x', 400, "malformed_json", None),
            ("/sessions", b"\xef\xbb\xbf{}", 400, "malformed_json", None),
            ("/sessions", b'{"agent":"\xff","input":1}', 400, "malformed_json", None),
            ("/sessions", b'{"agent":"worker","input":' + b"[" * 200 + b"]" * 200 + b"}", 400, "malformed_json", None),
            ("/sessions", b'{"agent":"a","agent":"b","input":1}', 400, "malformed_json", None),
            ("/sessions", b"[]", 422, "invalid_input", [""]), ("/sessions", b"7", 422, "invalid_input", [""]),
            ("/sessions", b"{}", 422, "invalid_input", ["/agent", "/input"]),
            ("/sessions", b'{"agent":7,"input":1}', 422, "invalid_input", ["/agent"]),
            ("/sessions", b'{"agent":"nobody","input":1}', 422, "agent_unknown", ["/agent"]),
            ("/sessions", b'{"agent":"worker","input":1,"id":"a b"}', 422, "invalid_input", ["/id"]),
            ("/sessions", b'{"agent":"worker","input":1,"colour":1}', 422, "invalid_input", ["/colour"]),
            ("/sessions", b'{"agent":"worker","input":1,"labels":{"a":1}}', 422, "invalid_input", ["/labels/a"]),
            ("/sessions/bad/steps", b'{"name":"a"}', 422, "invalid_input", ["/data"]),
            ("/sessions/bad/messages", b'{"text":"a","content":1}', 422, "invalid_input", ["/content"]),
            ("/sessions/bad/fail", b'{"error":"no"}', 422, "invalid_input", ["/error"]),
            ("/sessions/bad/complete", b"{}", 422, "invalid_input", ["/output"]),
            ("/sessions/bad/cancel", b'{"why":1}', 422, "invalid_input", ["/why"]),
            ("/sessions/bad/requests", b'{"title":"t"}', 422, "invalid_input", ["/type"]),
            ("/sessions/bad/requests", b'{"type":"env_var","title":"t","tool":"m","fields":[{}]}', 422,
             "invalid_input", ["/fields/0/name"]),
            ("/sessions/bad/requests", b'{"type":"permission","title":"t","tool":"p","arguments":{},"expires_in":0}',
             422, "invalid_input", ["/expires_in"]),
            ("/sessions/bad/requests",
             b'{"type":"permission","title":"t","tool":"p","arguments":{"n":9007199254740993}}', 422, "invalid_input",
             ["/arguments/n"]),
            (respond, b'{"response":"yes"}', 422, "invalid_input", ["/response"]),
            (respond, b'{"response":{}}', 422, "invalid_answer", ["/response/action"]),
            (respond, b'{"response":{"action":"approve","arguments":{}}}', 422, "invalid_answer",
             ["/response/arguments"]),
            (respond, b'{"response":{"action":"approve"},"by":"me"}', 422, "invalid_input", ["/by"]),
        ]
        for path, raw, status, code, pointers in table:
            refused = api.problem(status, code, "POST", path, raw=raw)
            expect(pointers is None or refused.pointers == pointers, path, raw, refused)
        for type in ["text/plain", "application/x-www-form-urlencoded", None]:
            api.problem(
                415, "unsupported_media_type", "POST", "/sessions", {"agent": "worker", "input": 1},
                headers={"Content-Type": type})
        expect(api.ok("GET", "/sessions/bad") == before, "something was half done")

    def check_bad_queries_and_paths(self):
        api = self.api
        for path, pointer in [
            ("/sessions?limit=0", "query:limit"), ("/sessions?limit=101", "query:limit"),
            ("/sessions?limit=1&limit=1", "query:limit"), ("/sessions?color=red", "query:color"),
            ("/sessions?status=asleep", "query:status"), ("/requests?type=bet", "query:type"),
            ("/stream?types=nonsense", "query:types"), ("/stream?after=x", "query:after"),
        ]:
            refused = api.problem(422, "invalid_input", "GET", path)
            expect(refused.pointers == [pointer], refused)
        for path, code in [
            ("/sessions/nobody", "session_not_found"), ("/sessions/nobody/events", "session_not_found"),
            ("/sessions/nobody/stream", "session_not_found"), ("/sessions/a%2Fb", "session_not_found"),
            ("/requests/nothing", "request_not_found"), ("/requests/req_" + "0" * 32, "request_not_found"),
            ("/commands/cmd_" + "0" * 32, "command_not_found"), ("/agents/nobody", "agent_not_found"),
            ("/nowhere", "route_not_found"), ("/v1/projects/other/sessions", "project_not_found"),
            ("/sessions/x/fork", "route_not_found"), ("/v1/agent/chat", "route_not_found"),
        ]:
            api.problem(404, code, "GET", path)
        for path, body in [
            ("/sessions/nobody/steps", {"name": "a", "data": 1}), ("/sessions/nobody/cancel", None),
            ("/sessions/nobody/messages", {"text": "a"}), ("/sessions/nobody/complete", {"output": 1}),
        ]:
            api.problem(404, "session_not_found", "POST", path, body)
        for method, path, allowed in [
            ("DELETE", "/sessions", "POST, GET, HEAD"), ("OPTIONS", "/sessions", "POST, GET, HEAD"),
            ("GET", "/sessions/x/cancel", "POST"), ("PUT", "/healthz", "GET, HEAD"),
        ]:
            refused = api.problem(405, "method_not_allowed", method, path)
            expect(refused.headers["allow"] == allowed, refused)
        head = api("HEAD", "/sessions")
        expect(head.status == 200 and not head.payload and int(head.headers["content-length"]) > 0, head)

    def check_long_bodies_are_refused(self):
        api = self.api
        api.start("long")
        head = b'{"name":"a","data":"'
        api.problem(413, "body_too_large", "POST", "/sessions/long/steps", raw=head + b"x" * MEBIBYTE + b'"}')
        api.problem(
            413, "event_too_large", "POST", "/sessions/long/steps", raw=head + b"x" * (300 << 10) + b'"}')
        fits = api.post("/sessions/long/steps", raw=head + b"x" * (200 << 10) + b'"}')
        expect(fits.status == 200 and fits.json["seq"] == 2, fits)

    def check_hostile_http_is_answered_or_cut(self):
        common = f"Host: a\r\nAuthorization: Bearer {KEY}\r\n"
        chunk = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        cases = [
            ("GET /healthz HTTP/1.1\nHost: a\n\n", 400), ("GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n", 400),
            ("GET /healthz HTTP/3.0\r\nHost: a\r\n\r\n", 400), ("FROB /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 501),
            (f"POST {PROJECT}/sessions HTTP/1.1\r\n{common}{chunk}", 411),
            (f"POST {PROJECT}/sessions HTTP/1.1\r\n{common}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}", 400),
            (f"POST {PROJECT}/sessions HTTP/1.1\r\n{common}Content-Length: 2\r\n{chunk}", 400),
            (f"POST {PROJECT}/sessions HTTP/1.1\r\n{common}Content-Length: +2\r\n\r\n{{}}", 400),
            (f"GET /{'a' * 9000} HTTP/1.1\r\nHost: a\r\n\r\n", 414),
            ("GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + "a" * 20000 + "\r\n\r\n", 431),
            ("GET /healthz HTTP/1.1\r\n" + "A: b\r\n" * 200 + "\r\n", 431),
            (f"POST {PROJECT}/sessions HTTP/1.1\r\n{common}Content-Length: 99999999\r\n\r\n", 413),
            (f"POST {PROJECT}/sessions HTTP/1.1\r\n{common}Expect: everything\r\nContent-Length: 2\r\n\r\n{{}}", 417),
        ]
        for text, status in cases:
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE_SECONDS) as raw:
                raw.sendall(text.encode("latin-1"))
                reply = b""
                while b"\r\n\r\n" not in reply:
                    part = raw.recv(65536)
                    if not part:
                        break
                    reply += part
                head = reply.split(b"\r\n\r\n")[0]
                got = int(head.split(b" ")[1]) if head.startswith(b"HTTP/1.1 ") else 0
                near = {400, 505} if status == 400 else {status}
                expect(got in near, status, repr(text[:120]), reply)
                expect(b"application/problem+json" in head, repr(text[:120]), reply)
        # A client that leaves in the middle of its request is nobody's loss.
        with socket.create_connection(("127.0.0.1", self.server.port)) as raw:
            raw.sendall(f"POST {PROJECT}/sessions HTTP/1.1\r\n{common}Content-Length: 50\r\n\r\n{{".encode())
        expect(self.api.get("/healthz").status == 200)

    # Keys.

    def check_a_key_is_needed_and_its_scopes_are_kept(self):
        api = self.api
        api.start("scopes")
        request = api.open("scopes")
        for header in [None, "Bearer hp_none_0123456789abcdef", "Basic aHA6aHA=", "Bearer", f"Bearer {KEY}x"]:
            refused = api.problem(401, "unauthenticated", "GET", "/sessions", headers={"Authorization": header})
            expect(refused.headers["www-authenticate"].startswith("Bearer"), refused)
        for path in ["/healthz", "/readyz"]:
            expect(Api(self.server.port, key=None).get(path).status == 200)
        answer = {"response": {"action": "approve"}}
        calls = {
            "agents": [("PUT", "/agents/worker", {"kind": "external"})],
            "sessions:read": [("GET", "/sessions/scopes", None), ("GET", "/requests", None)],
            "sessions:write": [("POST", "/sessions/scopes/messages", {"text": "a"})],
            "requests:respond": [("POST", f"/requests/{request['id']}/respond", answer)],
            "operate": [("POST", "/sessions/scopes/pause", None), ("POST", "/sessions/scopes/resume", None)],
        }
        for scope in calls:
            key = self.server.key("--project", "dev/default", "--scopes", scope)
            for other, wanted in calls.items():
                for method, path, body in wanted:
                    if other == scope:
                        expect(key(method, path, body).status == 200, scope, method, path)
                    else:
                        key.problem(403, "scope_missing", method, path, body)

    def check_another_tenants_key_finds_nothing_on_any_route(self):
        """I5: with every id of ours, on every route that takes one; also for a project of another name of ours."""
        api = self.api
        api.start("mine")
        request = api.open("mine", "env_var")
        stored = api.post("/sessions/mine/messages", {"text": "a"}, headers={"Prefer": "respond-async"}).json["id"]
        self.server.command("tenant", "create", "evil")
        self.server.command("project", "create", "evil/default")
        self.server.command("project", "create", "dev/second")
        routes = [
            ("GET", "/agents/worker", None), ("GET", "/sessions/mine", None), ("GET", "/sessions/mine/events", None),
            ("GET", "/sessions/mine/stream", None), ("POST", "/sessions/mine/messages", {"text": "a"}),
            ("POST", "/sessions/mine/steps", {"name": "a", "data": 1}), ("POST", "/sessions/mine/cancel", None),
            ("POST", "/sessions/mine/pause", None), ("POST", "/sessions/mine/resume", None),
            ("POST", "/sessions/mine/complete", {"output": 1}), ("POST", "/sessions/mine/fail", {"error": {}}),
            ("POST", "/sessions/mine/requests", {"type": "clarification", "title": "t"}),
            ("GET", f"/requests/{request['id']}", None),
            ("POST", f"/requests/{request['id']}/respond",
             {"response": {"values": {"API_KEY": "x", "HOST": "y"}}}),
            ("POST", f"/requests/{request['id']}/cancel", None), ("POST", f"/requests/{request['id']}/secret", None),
            ("GET", f"/commands/{stored}", None),
        ]
        before = wait_until(
            lambda: (s := api.ok("GET", "/sessions/mine"))["seq"] == 3 and s, "the stored message did not arrive")
        foreign = self.server.key("--project", "evil/default")
        whole = self.server.key("--tenant", "evil")
        second = self.server.key("--project", "dev/second")
        for method, path, body in routes:
            for key in [foreign, whole]:
                answer = key(method, path, body)
                expect(answer.status == 404, method, path, answer)
                expect(b"mine" not in answer.payload.replace(b"determine", b""), answer)
            second.problem(404, "project_not_found", method, path, body)
            own = PROJECT.replace("default", "second") + path
            expect(second(method, own, body).status == 404, method, own)
            foreign.problem(404, "project_not_found", method, own, body)
        short = {"request": request["id"], "response": {"values": {"API_KEY": "x", "HOST": "y"}}}
        foreign.problem(404, "request_not_found", "POST", "/v1/agent/hitl/respond", short)
        second.problem(404, "request_not_found", "POST", "/v1/agent/hitl/respond", short)
        for path in ["/sessions", "/requests", "/agents", "/requests?session=mine", "/sessions?agent=worker"]:
            expect(foreign.ok("GET", path)["items"] == [], path)
        foreign.problem(422, "agent_unknown", "POST", "/sessions", {"agent": "worker", "input": 1, "id": "mine"})
        foreign.ok("PUT", "/agents/worker", {"kind": "external"})
        theirs = foreign.ok("POST", "/sessions", {"agent": "worker", "input": 2, "id": "mine"}, status=201)
        expect(theirs["input"] == 2 and theirs["seq"] == 1, "the same id elsewhere is another session", theirs)
        expect(api.ok("GET", "/sessions/mine") == before, "something was changed from outside")

    def check_a_foreign_feed_is_silent(self):
        for name in ["quiet", "loud"]:
            self.server.command("tenant", "create", name)
            self.server.command("project", "create", f"{name}/default")
        quiet, loud = (self.server.key("--project", f"{name}/default") for name in ["quiet", "loud"])
        quiet.ok("PUT", "/agents/worker", {"kind": "external"})
        loud.ok("PUT", "/agents/worker", {"kind": "external"})
        with Stream(quiet, "/stream?after=0") as feed:
            for number in range(5):
                loud.start(f"noise-{number}")
            quiet.start("whisper")
            _, type, data = feed.next()
            expect(type == "session_started" and json.loads(data)["session"] == "whisper", data)

    # Streams.

    def a_log(self, id):
        """A session with events of many kinds, ended; its log from the journal."""
        api = self.api
        api.start(id)
        for number in range(3):
            request = api.open(id, "decision")
            api.ok("POST", f"/sessions/{id}/steps", {"name": "s", "data": {"line": "a\nb\r\u2028 ü"}})
            api.ok("POST", f"/requests/{request['id']}/respond", {"response": {"decision": "left"}})
        api.ok("POST", f"/sessions/{id}/complete", {"output": 1})
        return api.ok("GET", f"/sessions/{id}/events?limit=1000")["items"]

    def check_a_stream_cut_at_every_point_is_the_log(self):
        api = self.api
        log = self.a_log("cut")
        for cut in range(len(log) + 1):
            with Stream(api, "/sessions/cut/stream") as stream:
                first = stream.take(cut)
                expect(stream.response.getheader("content-type") == "text/event-stream")
                expect(stream.response.getheader("x-accel-buffering") == "no")
            if cut == len(log):
                with Stream(api, "/sessions/cut/stream", last=first[-1][0]) as stream:
                    expect(stream.response.status == 204, "after the last event")
                break
            with Stream(api, "/sessions/cut/stream?after=3", last=first[-1][0] if first else "0") as stream:
                whole = first + stream.rest()
                expect(stream.retry == 2000, stream.retry)
            expect([json.loads(data) for _, _, data in whole] == log, cut, whole)
            expect([id for id, _, _ in whole] == [str(event["seq"]) for event in log], whole)
            expect([type for _, type, _ in whole] == [event["type"] for event in log], whole)

    def check_a_live_stream_has_no_gap_and_no_double(self):
        api = self.api
        api.start("live")
        count = 120

        def follow():
            """Reads a few events at a time, comes back with Last-Event-ID, until the session's end."""
            events, portion = [], 1
            while True:
                with Stream(api, "/sessions/live/stream", last=events[-1][0] if events else None) as stream:
                    if stream.response.status == 204:
                        return events
                    for _ in range(portion):
                        event = stream.next()
                        if event is None:
                            return events
                        events.append(event)
                portion = portion % 7 + 1

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            followers = [pool.submit(follow) for _ in range(4)]
            for number in range(count):
                api.ok("POST", "/sessions/live/messages", {"text": str(number)})
            api.ok("POST", "/sessions/live/complete", {"output": 1})
            for follower in followers:
                ids = [int(id) for id, _, _ in follower.result(PATIENCE_SECONDS)]
                expect(ids == list(range(1, count + 3)), ids)

    def check_a_long_log_arrives_whole(self):
        api = self.api
        api.start("heavy")
        for number in range(30):
            api.ok("POST", "/sessions/heavy/steps", {"name": str(number), "data": "x" * 60_000})
        api.ok("POST", "/sessions/heavy/complete", {"output": 1})
        with Stream(api, "/sessions/heavy/stream") as stream:
            events = []
            while (event := stream.next()) is not None:
                events.append(int(event[0]))
                time.sleep(0.005)  # a client that is slower than the server
        expect(events == list(range(1, 33)), events)

    def check_the_feed_cut_at_every_point_has_no_gap_and_no_double(self):
        self.server.command("project", "create", "dev/feed")
        key = self.server.key("--project", "dev/feed")
        base = PROJECT.replace("default", "feed")
        key.ok("PUT", f"{base}/agents/worker", {"kind": "external"})
        expected = []
        with Stream(key, f"{base}/stream") as now:
            for number in range(3):
                path = f"{base}/sessions/f{number}"
                key.ok("POST", f"{base}/sessions", {"agent": "worker", "input": 1, "id": f"f{number}"}, status=201)
                request = key.ok(
                    "POST", f"{path}/requests", {"type": "clarification", "title": "t"}, status=201)
                key.ok("POST", f"{path}/steps", {"name": "not on the feed", "data": 1})
                key.ok("POST", f"{base}/requests/{request['id']}/respond", {"response": {"answer": "a"}})
                key.ok("POST", f"{path}/complete", {"output": 1})
                expected += [
                    (f"f{number}", type)
                    for type in ["session_started", "hitl_requested", "hitl_responded", "session_completed"]]
            live = now.take(len(expected))

        def told(events):
            return [(json.loads(data)["session"], type) for _, type, data in events]

        expect(told(live) == expected, told(live))
        for cut in range(len(expected) + 1):
            with Stream(key, f"{base}/stream?after=0") as first:
                events = first.take(cut)
            if cut < len(expected):
                with Stream(key, f"{base}/stream?after=0", last=events[-1][0] if events else None) as rest:
                    events += rest.take(len(expected) - cut)
            expect(events == live, cut, told(events))
        with Stream(key, f"{base}/stream?after=0&types=hitl_requested,session_completed") as some:
            wanted = [item for item in expected if item[1] in ("hitl_requested", "session_completed")]
            expect(told(some.take(len(wanted))) == wanted)

    def check_a_request_is_seen_at_once_on_the_feed(self):
        api = self.api
        api.start("seen")
        with Stream(api, "/stream?types=hitl_requested") as feed:
            request = api.open("seen")
            while True:
                _, _, data = feed.next()
                if json.loads(data)["data"]["id"] == request["id"]:
                    break
            expect(json.loads(data)["data"]["arguments"] == {"eur": 2000}, data)

    def check_every_response_has_an_id(self):
        answers = [self.api.get(path) for path in ["/healthz", "/sessions", "/sessions/nobody", "/nowhere"]]
        ids = {answer.headers["x-request-id"] for answer in answers}
        expect(len(ids) == len(answers), ids)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
    if not binary:
        raise SystemExit(__doc__)
    server = Server(os.path.abspath(binary))
    passed = failed = 0
    try:
        server.await_ready()
        checks = Checks(server)
        for name in [name for name in dir(Checks) if name.startswith("check_")]:
            try:
                getattr(checks, name)()
                passed += 1
            except Exception as error:  # one check's trouble is not another's
                failed += 1
                where = traceback.extract_tb(error.__traceback__)
                line = [frame.lineno for frame in where if frame.name == name or frame.name == "a_log"]
                print(f"FAIL {name} (line {line[0] if line else '?'}): {type(error).__name__}: {error}")
        if server.process.poll() is not None:
            failed += 1
            print(f"FAIL the server ended: {server.text()[-2000:]}")
    finally:
        server.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
