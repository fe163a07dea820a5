#!/usr/bin/env python3
"""A project's webhook as its receiver meets it, judged by the reference library of Standard Webhooks.

    Tests/blackbox/webhook.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Installs the package `standardwebhooks` into a virtual environment in its temporary folder, or takes the Python that
STANDARDWEBHOOKS_PYTHON names and that has it. Prints "N passed, N failed".
"""

import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import venv

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
import operating
from operating import BASE, KEY, Server, expect, free_port
from shared.workflows import StandIn

PACKAGE = "standardwebhooks==1.1.0"
PATIENCE_SECONDS = 60
LOOPBACK = ("--allow-address", "127.0.0.1/32")
# Reads [{secret, headers, body}] and says of each whether the library takes it, and what is in it.
VERIFY = """
import json, sys
from standardwebhooks import Webhook
found = []
for message in json.load(sys.stdin):
    try:
        found.append(Webhook(message["secret"]).verify(message["body"], message["headers"]))
    except Exception as problem:
        found.append({"refused": str(problem)})
json.dump(found, sys.stdout)
"""


def installed(folder):
    """A Python that has the package."""
    if path := os.environ.get("STANDARDWEBHOOKS_PYTHON"):
        return path
    venv.create(folder, with_pip=True)
    subprocess.run(
        [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE], check=True)
    return str(folder / "bin/python")


def until(condition, sentence, seconds=PATIENCE_SECONDS):
    end = time.monotonic() + seconds
    while not (found := condition()):
        expect(time.monotonic() < end, sentence() if callable(sentence) else sentence)
        time.sleep(0.02)
    return found


class Checks(operating.Checks):
    """Every method whose name begins with `check_webhook_` is one check, in a folder of its own."""

    PREFIX = "check_webhook_"

    def __init__(self, binary, python):
        super().__init__(binary)
        self.python = python

    def verified(self, calls, *secrets):
        """What the library makes of deliveries under these secrets."""
        messages = [
            {"secret": secret, "headers": call.headers, "body": call.body.decode()}
            for secret in secrets for call in calls]
        made = subprocess.run(
            [self.python, "-c", VERIFY], input=json.dumps(messages), capture_output=True, text=True, check=True)
        return json.loads(made.stdout)

    def cli(self, server, *words, status=0, **variables):
        found, output, errors = self.run(
            *words, "-o", "json", HOLDPOINT_URL=f"http://127.0.0.1:{server.port}", HOLDPOINT_KEY=KEY, **variables)
        expect(found == status, f"{words}: status {found} instead of {status}: {errors}")
        return json.loads(output) if found == 0 else errors

    def hook(self, server, url, **more):
        status, value = server.api("PUT", f"{BASE}/webhook", {"url": url, **more})
        expect(status in (200, 201), f"no webhook: {status} {value}")
        return value

    def ask(self, server, id, answer=False):
        """A session that asks a human; the request, which may be answered as well."""
        server.api("PUT", f"{BASE}/agents/a", {"kind": "external"})
        server.api("POST", f"{BASE}/sessions", {"agent": "a", "id": id, "input": None})
        status, request = server.api(
            "POST", f"{BASE}/sessions/{id}/requests", {"type": "clarification", "title": "Which, é?"})
        expect(status == 201, f"no request: {status} {request}")
        if answer:
            status, value = server.api("POST", f"{BASE}/requests/{request['id']}/respond", {"response": {"answer": "x"}})
            expect(status == 200, f"no answer: {status} {value}")
        return request

    def deliveries(self, server, status=None):
        query = "limit=100" + (f"&status={status}" if status else "")
        return server.api("GET", f"{BASE}/webhook/deliveries?{query}")[1]["items"]

    # What arrives

    def check_webhook_verified_by_the_library(self):
        """every delivery is taken by standardwebhooks, and is a CloudEvent of the event as the feed has it"""
        receiver = StandIn()
        receiver.on("POST", "/hook", (204, None))
        with Server(self.binary, self.data, *LOOPBACK) as server:
            made = self.cli(server, "webhook", "put", f"{receiver.url}/hook")
            secret = made["secret"]
            expect(re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret), secret)
            expect("secret" not in self.cli(server, "webhook", "show"), "the secret is shown again")
            for number in range(20):
                self.ask(server, f"s-{number}", answer=True)
            until(lambda: len(receiver.seen("/hook")) == 40, lambda: f"{len(receiver.seen('/hook'))} came")
            until(lambda: not self.deliveries(server, "pending"), "some stayed pending")
            calls = receiver.seen("/hook")
            for call, message in zip(calls, self.verified(calls, secret)):
                expect("refused" not in message, message)
                expect(call.headers["content-type"] == "application/cloudevents+json", call)
                expect(message["specversion"] == "1.0" and message["id"] == call.headers["webhook-id"], message)
                expect(message["source"] == "urn:holdpoint:project:dev:default", message)
                expect(message["datacontenttype"] == "application/json", message)
                event = message["data"]
                expect(message["type"] == event["type"] and message["subject"] == event["session"], message)
                expect(message["time"] == message["timestamp"] == event["time"], message)
                log = server.api("GET", f"{BASE}/sessions/{event['session']}/events?after={event['seq'] - 1}&limit=1")
                expect(log[1]["items"] == [event], f"{event} is not {log}")
            expect({call.json["type"] for call in calls} == {"hitl_requested", "hitl_responded"}, "types")
            expect(len({call.headers["webhook-id"] for call in calls}) == 40, "an id came twice")
            # What was changed on the way, or is of another, is not taken.
            calls[0].body = calls[0].body.replace(b"dev", b"eve")
            (changed,) = self.verified(calls[:1], secret)
            (stranger,) = self.verified(calls[1:2], "whsec_" + "A" * 43 + "=")
            expect("refused" in changed and "refused" in stranger, (changed, stranger))
            self.rotated(server, receiver, secret)
            expect(server.stop() == 0, f"no good end: {server.log()}")
            expect(secret not in server.log(), "the secret is in the log")
        data = b"".join(path.read_bytes() for path in self.data.iterdir())
        expect(secret.encode() not in data, "the secret is in the store")

    def rotated(self, server, receiver, old):
        """After a rotation the receiver may have either secret; after one without grace only the new one."""
        new = self.cli(server, "webhook", "rotate")["secret"]
        self.ask(server, "rotated")
        until(lambda: len(receiver.seen("/hook")) == 41, "nothing came after the rotation")
        both = self.verified(receiver.seen("/hook")[-1:], old, new)
        expect(all("refused" not in message for message in both), both)
        newest = self.cli(server, "webhook", "rotate", "--grace", "0")["secret"]
        self.ask(server, "rotated-again")
        until(lambda: len(receiver.seen("/hook")) == 42, "nothing came after the second rotation")
        each = self.verified(receiver.seen("/hook")[-1:], old, new, newest)
        expect(["refused" in message for message in each] == [True, True, False], each)

    def check_webhook_selects(self):
        """types that are named are told, and no others; what may not be called is refused with a pointer"""
        receiver = StandIn()
        receiver.on("POST", "/hook", (200, {}))
        with Server(self.binary, self.data, *LOOPBACK) as server:
            self.cli(server, "webhook", "put", f"{receiver.url}/hook", "--types", "hitl_responded")
            self.ask(server, "one", answer=True)
            until(lambda: receiver.seen("/hook"), "nothing came")
            self.cli(server, "webhook", "put", f"{receiver.url}/hook", "--disabled")
            self.ask(server, "two", answer=True)
            self.cli(server, "webhook", "put", f"{receiver.url}/hook")
            self.ask(server, "three")
            until(lambda: len(receiver.seen("/hook")) == 2, "nothing came")
            told = [(call.json["subject"], call.json["type"]) for call in receiver.seen("/hook")]
            expect(told == [("one", "hitl_responded"), ("three", "hitl_requested")], told)
            for body, pointer in (
                ({"url": "ftp://a/"}, "/url"), ({"url": "http://u:p@a/"}, "/url"), ({}, "/url"),
                ({"url": "http://a/", "types": ["session_started"]}, "/types/0"),
            ):
                status, problem = server.api("PUT", f"{BASE}/webhook", body)
                expect(status == 422 and problem["errors"][0]["pointer"] == pointer, problem)
            self.cli(server, "webhook", "put", "nowhere", status=4)
            self.cli(server, "webhook", "delete")
            for path in ("", "/deliveries"):
                status, problem = server.api("GET", f"{BASE}/webhook{path}")
                expect((status, problem["code"]) == (404, "webhook_not_found"), problem)
            self.cli(server, "webhook", "show", status=3)

    # A receiver in trouble

    def check_webhook_outage(self):
        """a receiver that fails for a while gets every delivery once it is back, under the id of the first attempt"""
        receiver = StandIn()
        receiver.on("POST", "/hook", (503, {"no": "room"}))
        with Server(self.binary, self.data, *LOOPBACK) as server:
            secret = self.hook(server, f"{receiver.url}/hook")["secret"]
            # All within the five seconds before the second attempts: the third come five minutes later.
            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                list(pool.map(lambda number: self.ask(server, f"s-{number}"), range(12)))
            until(
                lambda: [found["attempts"] for found in self.deliveries(server)] == [1] * 12, "not all were tried")
            failed = {call.headers["webhook-id"] for call in receiver.seen("/hook")}
            expect(len(failed) == 12, f"{len(failed)} were tried")
            waiting = self.deliveries(server, "pending")
            expect(len(waiting) == 12, f"{len(waiting)} are pending")
            expect(all(found["last_status"] == 503 and found["next_attempt_at"] for found in waiting), waiting[0])
            receiver.on("POST", "/hook", (200, {}))
            until(lambda: len(self.deliveries(server, "delivered")) == 12, lambda: self.deliveries(server)[0])
            taken = receiver.seen("/hook")[-12:]
            expect({call.headers["webhook-id"] for call in taken} == failed, "another id, or one twice")
            messages = self.verified(taken, secret)
            expect(all("refused" not in message for message in messages), messages)
            expect(all(found["attempts"] == 2 for found in self.deliveries(server)), self.deliveries(server)[0])

    def check_webhook_killed_server(self):
        """what a server that is killed has not told is told by the next one"""
        receiver = StandIn()
        receiver.on("POST", "/hook", (500, {}))
        with Server(self.binary, self.data, *LOOPBACK) as server:
            secret = self.hook(server, f"{receiver.url}/hook")["secret"]
            for number in range(10):
                self.ask(server, f"s-{number}")
            until(lambda: len(receiver.seen("/hook")) >= 10, "not all were tried")
            server.stop(signal.SIGKILL)
        before = len(receiver.seen("/hook"))
        receiver.on("POST", "/hook", (200, {}))
        with Server(self.binary, self.data, *LOOPBACK) as server:
            until(lambda: len(self.deliveries(server, "delivered")) == 10, lambda: self.deliveries(server)[0])
            taken = receiver.seen("/hook")[before:]
            expect(len({call.headers["webhook-id"] for call in taken}) == 10, taken)
            expect(all("refused" not in message for message in self.verified(taken, secret)), "not verified")
            expect(server.stop() == 0, "no good end")
        self.verify()

    def check_webhook_gone(self):
        """a receiver that answers 410 is told nothing any more, until it is put again and somebody asks"""
        receiver = StandIn()
        receiver.on("POST", "/hook", (410, {}))
        with Server(self.binary, self.data, *LOOPBACK) as server:
            self.hook(server, f"{receiver.url}/hook")
            self.ask(server, "one")
            until(lambda: not self.cli(server, "webhook", "show")["enabled"], "still enabled")
            expect("410" in self.cli(server, "webhook", "show")["disabled_reason"], "no reason")
            self.ask(server, "two")
            (failed,) = self.deliveries(server)
            expect(failed["status"] == "failed" and failed["last_status"] == 410, failed)
            receiver.on("POST", "/hook", (200, {}))
            self.cli(server, "webhook", "put", f"{receiver.url}/hook")
            (listed,) = self.cli(server, "webhook", "deliveries", "--status", "failed")["items"]
            again = self.cli(server, "webhook", "redeliver", listed["id"])
            expect((again["status"], again["attempts"]) == ("pending", 1), again)
            until(lambda: self.deliveries(server, "delivered"), lambda: self.deliveries(server))
            expect([call.json["subject"] for call in receiver.seen("/hook")] == ["one", "one"], "others were told")
            self.cli(server, "webhook", "redeliver", "evt_" + "0" * 32 + "_1", status=3)

    def check_webhook_guarded(self):
        """no redirect is followed, no private address is called, and neither is told what the message was"""
        receiver = StandIn()
        receiver.on("POST", "/hook", (307, None, {"Location": "/elsewhere"}))
        receiver.on("POST", "/elsewhere", (200, {}))
        with Server(self.binary, self.data, *LOOPBACK) as server:
            self.hook(server, f"{receiver.url}/hook")
            self.ask(server, "one")
            (found,) = until(lambda: [d for d in self.deliveries(server) if d["attempts"]], "not tried")
            expect((found["last_status"], found["last_error"]) == (307, "the receiver answered 307"), found)
            expect(receiver.seen("/elsewhere") == [], "the redirect was followed")
            server.stop()
        with Server(self.binary, self.data) as server:
            self.hook(server, f"{receiver.url}/hook")
            before = len(receiver.seen("/hook"))
            self.ask(server, "two")
            (found,) = until(
                lambda: [d for d in self.deliveries(server) if d["session"] == "two" and d["attempts"]], "not tried")
            expect("may not be called (loopback)" in found["last_error"], found)
            expect("127.0.0.1" not in found["last_error"] and found["last_status"] is None, found)
            expect(len(receiver.seen("/hook")) == before, "it was called")

    def check_webhook_slow_neighbour(self):
        """a receiver that never answers holds up no other project, and the metrics tell of it"""
        receiver, stuck = StandIn(), threading.Event()
        receiver.on("POST", "/hook", (200, {}))

        def hang(_):
            stuck.wait(PATIENCE_SECONDS)
            return 200, {}

        receiver.on("POST", "/slow", hang)
        metrics = free_port()
        with Server(self.binary, self.data, *LOOPBACK, "--metrics-listen", f"127.0.0.1:{metrics}") as server:
            for words in (("project", "create", "dev/slow"), ("key", "create", "--tenant", "dev")):
                status, output, errors = self.run(*words, "--data", self.data, "-o", "json")
                expect(status == 0, errors)
            key = json.loads(output)["key"]
            api = operating.Api(server.port)

            def slow(method, path, body):
                return api(method, f"/v1/projects/slow{path}", body, Authorization=f"Bearer {key}")

            expect(slow("PUT", "/webhook", {"url": f"{receiver.url}/slow"})[0] == 201, "no webhook")
            expect(slow("PUT", "/agents/a", {"kind": "external"})[0] == 200, "no agent")

            def ask(number):
                slow("POST", "/sessions", {"agent": "a", "id": f"s-{number}", "input": None})
                draft = {"type": "clarification", "title": "?"}
                expect(slow("POST", f"/sessions/s-{number}/requests", draft)[0] == 201, "no request")

            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                list(pool.map(ask, range(100)))
            until(lambda: len(receiver.seen("/slow")) == 16, lambda: f"{len(receiver.seen('/slow'))} under way")
            self.hook(server, f"{receiver.url}/hook")
            began = time.monotonic()
            for number in range(20):
                self.ask(server, f"fast-{number}")
            until(lambda: len(receiver.seen("/hook")) == 20, "the neighbour was held up", seconds=10)
            expect(len(receiver.seen("/slow")) == 16, "more than its share is under way")
            print(f"     20 deliveries beside it in {time.monotonic() - began:.2f} s")
            stuck.set()
            until(lambda: len(receiver.seen("/slow")) >= 100, "not all came in the end")
            with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics") as reply:
                text = reply.read().decode()
            for name in ("pending", "oldest_milliseconds", "failed"):
                expect(re.search(rf"^holdpoint_webhook_{name} \d+$", text, re.M), f"no {name} in {text}")
            made = re.search(r"^holdpoint_webhook_deliveries_total (\d+)$", text, re.M)
            expect(made and int(made[1]) >= 100, text)


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
    if not path:
        sys.exit("usage: webhook.py PATH (or set HOLDPOINT_BINARY)")
    with tempfile.TemporaryDirectory(prefix="holdpoint-webhook.") as name:
        python = installed(pathlib.Path(name) / "environment")
        sys.exit(1 if Checks(str(pathlib.Path(path).resolve()), python).all() else 0)
