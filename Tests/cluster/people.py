"""The world around a cluster: callers who try again, people who answer, watchers, and a service that keeps a ledger."""

import collections
import contextlib
import http.client
import json
import os
import pathlib
import random
import socket
import sys
import threading
import time

from cluster import SCOPES, Failed, Program, expect, until

CRASH = pathlib.Path(__file__).resolve().parent.parent / "crash"
PATIENCE_SECONDS = 120
LONGEST_PAUSE_SECONDS = 0.2
LATER = (429, 502, 503, 504)
ENDS = ("completed", "failed", "cancelled", "quarantined")

# Asks a person, and tells a service what was answered.
ERRAND = """
document: { dsl: '1.0.3', namespace: cluster, name: errand, version: '1.0.0' }
do:
  - ask:
      call: human
      with: { type: clarification, title: '${ "Where to with " + .order + "?" }' }
      output: { as: '{to: .answer}' }
      export: { as: '$context + {to: .to}' }
  - deliver:
      call: http
      with:
        method: post
        endpoint: ${ $context.base + "/deliveries" }
        body: '${ {order: $context.order, to: $context.to} }'
  - conclude:
      set: ${ $context | {order, to} }
"""

Reply = collections.namedtuple("Reply", "status value headers")


class NoReply(Exception):
    """The connection broke, or nobody took it: whether the request was carried out is unknown."""


def ask(node, method, path, body=None, key=None, timeout=30, **headers):
    """One request to one node, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=timeout)
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    if key:
        sent["Authorization"] = f"Bearer {key}"
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        sent["Content-Type"] = "application/json"
    try:
        connection.request(method, path, data, sent)
        response = connection.getresponse()
        payload = response.read()
        return Reply(response.status, json.loads(payload) if payload else None, dict(response.getheaders()))
    except (OSError, http.client.HTTPException) as problem:
        raise NoReply(f"{method} {path} at {node.name}: {problem!r}") from None
    finally:
        connection.close()


class Project:
    """A project with a key; whoever calls goes to the node named, or to one after another until one answers."""

    def __init__(self, cluster, tenant="acme", project="harbour", node=None):
        self.cluster = cluster
        self.tenant, self.project = tenant, project
        self.base = f"/v1/projects/{project}"
        self.random = random.Random(f"{tenant}/{project}")
        operator = cluster.operator_key
        for path, body in [
            ("/v1/tenants", {"name": tenant}), (f"/v1/tenants/{tenant}/projects", {"name": project}),
            (f"/v1/tenants/{tenant}/keys", {"project": project, "scopes": SCOPES}),
        ]:
            reply = ask(node or cluster.nodes[0], "POST", path, body, operator)
            known = reply.status == 409 and path == "/v1/tenants"
            expect(reply.status == 201 or known, f"POST {path}: {reply.status} {reply.value}")
        self.key = reply.value["key"]

    def once(self, node, method, path, body=None, **options):
        """One try at one node; paths are below the project."""
        return ask(node, method, path if path.startswith("/v1") else self.base + path, body, self.key, **options)

    def call(self, method, path, body=None, node=None, seconds=PATIENCE_SECONDS, **options):
        """The first reply that is not 'try again later', from the node named first and then from any."""
        end, pause = time.monotonic() + seconds, 0.01
        problem = None
        while time.monotonic() < end:
            at = node or self.random.choice(self.cluster.nodes)
            node = None
            try:
                reply = self.once(at, method, path, body, **options)
                if reply.status not in LATER:
                    return reply
                problem = f"{reply.status} {reply.value}"
            except NoReply as broken:
                problem = str(broken)
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        raise Failed(f"{method} {path}: nothing but {problem} for {seconds} s")

    def ok(self, method, path, body=None, statuses=(200, 201), **options):
        reply = self.call(method, path, body, **options)
        expect(reply.status in statuses, f"{method} {path}: {reply.status} {json.dumps(reply.value)[:1000]}")
        return reply.value

    # Sessions

    def define(self, name="errand", document=ERRAND):
        return self.ok("PUT", f"/agents/{name}", {"kind": "workflow", "definition": document})

    def start(self, id, input, agent="errand", node=None):
        """Starts a session, however often it takes; 202 is followed to its end."""
        body = {"agent": agent, "id": id, "input": input}
        return self._decided("POST", "/sessions", body, node, lambda: self.look(id))

    def look(self, id, node=None, wait=0):
        return self.ok("GET", f"/sessions/{id}", node=node, timeout=90, Prefer=f"wait={wait}")

    def await_status(self, id, *statuses, seconds=PATIENCE_SECONDS):
        """The session as soon as it has one of these statuses."""
        last = None

        def reached():
            nonlocal last
            last = self.look(id, wait=2)
            return last if last["status"] in statuses else None
        try:
            return until(f"{id} is {' or '.join(statuses)}", reached, seconds, pause=0.1)
        except Failed as problem:
            raise Failed(f"{problem}: {json.dumps(last)[:1500]}") from None

    def question(self, id):
        """The one open request of a session that waits for a person."""
        session = until(
            f"{id} asks", lambda: (found := self.look(id, wait=5))["open_requests"] and found, PATIENCE_SECONDS)
        return session["open_requests"][0]

    def respond(self, request, response, node=None):
        """Answers, however often it takes; the reply that decides it."""
        return self._decided(
            "POST", f"/requests/{request}/respond", {"response": response}, node,
            lambda: self.ok("GET", f"/requests/{request}"), refusals=(409, 410, 422))

    def _decided(self, method, path, body, node, then, refusals=()):
        reply = self.call(method, path, body, node=node)
        if reply.status == 202:
            command = reply.value["id"]
            outcome = until(
                f"{command} has an outcome",
                lambda: (found := self.ok("GET", f"/commands/{command}"))["status"] != "pending" and found,
                PATIENCE_SECONDS, pause=0.05)
            if outcome["status"] == "applied":
                return Reply(200, then(), {})
            reply = Reply(outcome["outcome"]["status"], outcome["outcome"]["problem"], {})
        if reply.status not in (200, 201, *refusals):
            raise Failed(f"{method} {path}: {reply.status} {json.dumps(reply.value)[:1000]}")
        return reply

    def events(self, id):
        """The whole log, from the journal."""
        found = []
        while True:
            page = self.ok("GET", f"/sessions/{id}/events?after={len(found)}&limit=1000")
            found += page["items"]
            if not page["has_more"]:
                return found

    def listed(self, query):
        """All items of a list."""
        found, cursor = [], ""
        while True:
            page = self.ok("GET", f"{query}&limit=100{cursor}")
            found += page["items"]
            if not page["has_more"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"


class Ledger:
    """A service that the cluster calls, with a process, a memory and a file of its own: what it says was done, was."""

    def __init__(self, folder):
        self.file, log = folder / "ledger.jsonl", folder / "service.log"
        self.file.touch()
        self.program = Program(
            "service", [sys.executable, "-B", CRASH / "service.py", "--ledger", self.file], log)
        self.program.launch()
        until("the service listens", lambda: "service: " in log.read_text(), 30)
        self.url = log.read_text().split("service: ", 1)[1].split()[0]

    def rows(self):
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def base(self, session):
        return f"{self.url}/{session}"

    def of(self, session, path="/deliveries"):
        """The bodies that were taken for a session, once for each key: a key that comes again changes nothing."""
        taken = {
            row["key"]: row["body"] for row in self.rows()
            if row["run"] == session and row["path"] == path and row["status"] < 300}
        return [json.loads(body) for body in taken.values()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.end()


class Clerk:
    """Answers questions about calls whose outcome is unknown by what the service's ledger says."""

    def __init__(self, project, ledger):
        self.project, self.ledger, self.judged = project, ledger, 0
        self.problem = None
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        while not self.ending.wait(0.3):
            try:
                for request in self.project.ok("GET", "/requests?status=pending&type=decision&limit=100")["items"]:
                    self._judge(request)
            except Failed as problem:
                self.problem = str(problem)  # shown if what it should have done is missing

    def _judge(self, request):
        if request.get("decision_type") != "unknown_outcome":
            return
        project = self.project
        key = f"{project.tenant}:{project.project}:{request['session']}:{request['context']['call']}"
        made = {row["key"] for row in self.ledger.rows() if row["status"] < 300}
        project.respond(request["id"], {"decision": "done" if key in made else "repeat"})
        self.judged += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()


class Watcher(threading.Thread):
    """Follows an event stream through whatever breaks, leaving it at random points to go on at a random node.

    `got` has every event in the order of arrival, as (id, type, data), across all connections.
    """

    def __init__(self, project, path, seed, least=3, most=40, types="", nodes=None):
        super().__init__(daemon=True)
        self.project, self.path, self.random = project, project.base + path, random.Random(seed)
        self.least, self.most, self.types, self.nodes = least, most, types, nodes or project.cluster.nodes
        self.got, self.connections, self.problem = [], 0, None
        self.is_over, self.ending = False, threading.Event()
        self.last = self.socket = None
        self.start()

    def run(self):
        while not self.ending.is_set() and not self.is_over:
            try:
                self._follow(self.random.choice(self.nodes), self.random.randint(self.least, self.most))
            except (OSError, http.client.HTTPException):
                pass
            except Failed as problem:
                self.problem = str(problem)
                return
            self.ending.wait(self.random.uniform(0.01, 0.1))

    def _follow(self, node, most):
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=20)
        try:
            headers = {"Authorization": f"Bearer {self.project.key}", "Accept": "text/event-stream"}
            query = self.types and f"?types={self.types}"
            if self.last is not None:
                headers["Last-Event-ID"] = self.last
            else:
                query += ("&" if query else "?") + "after=0"
            connection.connect()
            self.socket = connection.sock
            connection.request("GET", self.path + query, headers=headers)
            response = connection.getresponse()
            if response.status == 204:
                self.is_over = True
            elif response.status == 200:
                self.connections += 1
                self._read(response, most)
            elif response.status not in LATER:
                raise Failed(f"{self.path} after {self.last} at {node.name}: {response.status} {response.read(500)!r}")
        finally:
            connection.close()

    def _read(self, response, most):
        fields, count = {}, 0
        while count < most and not self.ending.is_set():
            line = response.readline()
            if not line:
                return
            name, _, value = line.decode().rstrip("\n").partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
            elif "data" in fields:
                self.got.append((fields.get("id"), fields["event"], json.loads(fields["data"])))
                self.last = fields.get("id", self.last)
                fields, count = {}, count + 1
            elif not line.strip():
                fields = {}

    def stop(self):
        self.ending.set()
        with contextlib.suppress(OSError, AttributeError):  # wakes who waits for news that does not come
            self.socket.shutdown(socket.SHUT_RDWR)
        self.join(30)


class Verdict:
    """Counts what holds and what does not, and prints a line for each."""

    SHOWN = 5

    def __init__(self):
        self.passed = self.failed = 0
        self.began = time.monotonic()

    def check(self, what, wrong, figures=""):
        """Passed if nothing is wrong; shows the first few that are."""
        if wrong:
            self.failed += 1
            wrong = wrong if isinstance(wrong, list) else [wrong]
            print(f"FAIL {what}: {len(wrong)} wrong", flush=True)
            for line in wrong[:self.SHOWN]:
                print(f"     {str(line)[:1500]}", flush=True)
        else:
            self.passed += 1
            print(f"ok   {what}{figures and f' ({figures})'}", flush=True)
        return not wrong

    def attempt(self, what, deed):
        """A check that is one deed: what it returns, if it is a text, are figures to show."""
        try:
            figures = deed()
        except (Failed, NoReply, KeyError, IndexError, TypeError) as problem:
            return self.check(what, f"{type(problem).__name__}: {problem}")
        return self.check(what, None, figures if isinstance(figures, str) else "")

    def note(self, text):
        print(f"     {text}", flush=True)

    def conclude(self):
        """Prints the sums; the exit status."""
        print(f"{self.passed} passed, {self.failed} failed ({time.monotonic() - self.began:.0f} s)", flush=True)
        return 1 if self.failed else 0


def binary_named(variable="HOLDPOINT_BINARY"):
    """The program that a suite was told to run."""
    found = sys.argv[1] if len(sys.argv) > 1 else os.environ.get(variable)
    if not found:
        sys.exit(f"usage: {pathlib.Path(sys.argv[0]).name} PATH (or set {variable})")
    return found


def main(play):
    """Runs a suite; whatever stops it before its end is a failure, too."""
    verdict = Verdict()
    try:
        play(verdict)
    except (Failed, NoReply) as problem:
        verdict.check("the suite comes to its end", str(problem))
    except SystemExit:  # told to stop, and everything is stopped: nobody waits for callers who still try
        os._exit(1)
    sys.stdout.flush()
    os._exit(verdict.conclude())
