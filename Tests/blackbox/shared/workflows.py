"""What the scripts about workflows have in common: a service that stands in for the world, and runs of documents."""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

from operating import BASE, KEY, Failed, Server, expect

PATIENCE_SECONDS = 60
ENDS = ("completed", "failed", "cancelled", "quarantined")
ERRORS = "https://serverlessworkflow.io/spec/1.0.0/errors/"
STAND_IN = "http://service.example"


class Call:
    """What the stand-in was asked."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.path, _, query = target.partition("?")
        self.query = urllib.parse.parse_qs(query, keep_blank_values=True)
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body
        is_json = "json" in self.headers.get("content-type", "")
        self.json = json.loads(body) if body and is_json else None

    def __repr__(self):
        return f"{self.method} {self.path} {self.query} {self.headers} {self.body[:300]!r}"


class StandIn:
    """An HTTP service on loopback with replies that a test sets, which remembers every call.

    A reply is (status, body) or (status, body, headers); a body of bytes goes out as it stands, any other as JSON. A
    route may also be a function of the call, and a list gives one reply after another, the last one for ever.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.routes, self.calls = {}, []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                service.answer(self, Call(self.command, self.path, self.headers, self.rfile.read(size)))

            do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def on(self, method, path, reply):
        self.routes[method, path] = reply

    def seen(self, path, method=None):
        """The calls of a path and of those below it."""
        with self.lock:
            return [
                call for call in self.calls
                if (call.path == path or call.path.startswith(path + "/")) and method in (None, call.method)]

    def answer(self, handler, call):
        with self.lock:
            self.calls.append(call)
            reply = self.routes.get((call.method, call.path), (404, {"detail": f"no {call.path}"}))
            if isinstance(reply, list):
                reply = reply.pop(0) if len(reply) > 1 else reply[0]
        if callable(reply):
            reply = reply(call)
        status, body, headers = reply if len(reply) == 3 else (*reply, {})
        if not isinstance(body, bytes):
            headers = {"Content-Type": "application/json", **headers}
            body = b"" if body is None else json.dumps(body).encode()
        with contextlib.suppress(OSError):  # who asked may be gone
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            if call.method != "HEAD":
                handler.wfile.write(body)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Api:
    """JSON over HTTP with one key; a connection for each call."""

    def __init__(self, port, key=KEY, base=BASE):
        self.port, self.key, self.base = port, key, base

    def __call__(self, method, path, body=None, timeout=90, **headers):
        """(status, JSON of the body) of one request; paths below the project, or from the root."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            sent = {name.replace("_", "-"): text for name, text in headers.items()}
            sent["Authorization"] = f"Bearer {self.key}"
            if body is not None:
                sent["Content-Type"] = "application/json"
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, path if path.startswith("/v1") else self.base + path, body, sent)
            response = connection.getresponse()
            payload = response.read()
            return response.status, json.loads(payload) if payload else None
        finally:
            connection.close()

    def ok(self, method, path, body=None, status=200, **headers):
        found, value = self(method, path, body, **headers)
        expect(found == status, f"{method} {path}: {found} {value}")
        return value


class Run:
    """A session of a workflow."""

    def __init__(self, flows, id):
        self.flows, self.id = flows, id
        self.path = f"/sessions/{id}"

    def look(self, wait=0):
        return self.flows.api.ok("GET", self.path, Prefer=f"wait={wait}")

    def until(self, condition, sentence="it never came to that"):
        """The session as soon as the condition holds of it."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            session = self.look(wait=5)
            if found := condition(session):
                return session if found is True else found
            if session["status"] in ENDS:
                raise Failed(f"{sentence}; it is over: {json.dumps(session)[:3000]}")
            time.sleep(0.01)
        raise Failed(f"{sentence}: {json.dumps(self.look())[:3000]}")

    def end(self):
        return self.until(lambda session: session["status"] in ENDS, "it does not end")

    def output(self):
        session = self.end()
        expect(session["status"] == "completed", f"not completed: {json.dumps(session)[:3000]}")
        return session["output"]

    def error(self):
        session = self.end()
        expect(session["status"] == "failed", f"not failed: {json.dumps(session)[:3000]}")
        return session["error"]

    def requests(self, count=1):
        """The open requests, once there are so many."""
        def found(session):
            pending = session["open_requests"]
            return pending if len(pending) == count else None
        return self.until(found, f"no {count} open requests")

    def request(self):
        return self.requests(1)[0]

    def answer(self, response, request=None):
        """Answers the one open request, or the given one; the request as answered."""
        id = (request or self.request())["id"]
        return self.flows.api.ok("POST", f"/requests/{id}/respond", {"response": response})

    def events(self, type=None):
        found, after = [], 0
        while True:
            page = self.flows.api.ok("GET", f"{self.path}/events?after={after}&limit=1000")
            found += page["items"]
            if not page["has_more"]:
                return [event for event in found if type in (None, event["type"])]
            after = page["next_cursor"]

    def tasks(self):
        """The tasks that came to their end, in order."""
        return [task for event in self.events("workflow_advanced") for task in event["data"]["tasks"]]


class Workflows:
    """A server with the key of one project, and the stand-in that its workflows call."""

    def __init__(self, server, service, api=None):
        self.server, self.service = server, service
        self.api = api or Api(server.port)
        self.count = 0

    def text(self, document):
        return document.replace(STAND_IN, self.service.url) if isinstance(document, str) else document

    def put(self, name, document):
        """Defines an agent; (status, reply)."""
        return self.api("PUT", f"/agents/{name}", {"kind": "workflow", "definition": self.text(document)})

    def define(self, name, document):
        status, value = self.put(name, document)
        expect(status in (200, 201), f"{name} is refused: {status} {json.dumps(value)[:3000]}")
        return value

    def refusals(self, document, name="refused"):
        """What is wrong with a document that must be refused: [(pointer into it, detail)]."""
        status, value = self.put(name, document)
        expect(status == 422 and value["code"] == "invalid_input", f"{status} {json.dumps(value)[:2000]}")
        return [(error["pointer"].removeprefix("/definition"), error["detail"]) for error in value["errors"]]

    def start(self, agent, input=None, id=None):
        self.count += 1
        id = id or f"{agent}-{self.count}"
        body = {"agent": agent, "input": {} if input is None else input, "id": id}
        self.api.ok("POST", "/sessions", body, status=201)
        return Run(self, id)

    def run(self, name, document, input=None):
        self.define(name, document)
        return self.start(name, input)


def document(name, body, version="0.1.0", namespace="harbour"):
    """The text of a document with its heading."""
    body = re.sub(r"^    ", "", body.strip("\n"), flags=re.M) if body.startswith("\n    ") else body
    return (
        f"document:\n  dsl: '1.0.3'\n  namespace: {namespace}\n  name: {name}\n  version: '{version}'\n"
        f"{body.rstrip()}\n")


@contextlib.contextmanager
def serving(binary, folder, *options, **variables):
    """A server whose workflows may call loopback, and nothing else beyond what is public."""
    with Server(binary, folder / "data", "--allow-address", "127.0.0.1/32", *options, **variables) as server:
        yield server


def perform(cases):
    """Runs named cases one after another; prints what fails and the sums; returns the exit code."""
    passed = failed = 0
    for name, case in cases:
        began = time.monotonic()
        try:
            case()
            passed += 1
            print(f"ok   {name} ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception as error:  # one case's trouble is not another's
            failed += 1
            place = traceback.extract_tb(error.__traceback__)
            lines = "/".join(str(frame.lineno) for frame in place if "workflow_" in frame.filename)
            print(f"FAIL {name} (line {lines}): {type(error).__name__}: {error}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


ANY = object()


def has(found, expected):
    """Whether everything that is expected is there; `ANY` stands for any value, and objects may have more members."""
    if expected is ANY:
        return found is not None
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(key in found and has(found[key], expected[key]) for key in expected)
    return found == expected and type(found) is type(expected)


class Cases:
    """Named cases, each a function of the workflows and of a name for an agent of its own."""

    def __init__(self):
        self.cases = []

    def scenario(self, name):
        """Makes a case of a function."""
        def add(play):
            self.cases.append((name, play))
            return play
        return add

    def case(self, name, body, input=None, output=ANY, error=None, tasks=None, exact=True):
        """A document that is run once, with the output or the error it must come to, and the order of its tasks."""
        def play(flows, agent):
            run = flows.run(agent, document(agent, body), input)
            if error is not None:
                found = run.error()
                expect(has(found, error), f"{found} instead of {error}")
            else:
                found = run.output()
                same = found == output if exact and output is not ANY else has(found, output)
                expect(same, f"{found} instead of {output}")
            if tasks is not None:
                names = [task.rpartition("/")[2] for task in run.tasks()]
                expect(names == tasks, f"{names} instead of {tasks}")
        self.cases.append((name, play))

    def refused(self, name, body, *wanted):
        """A document that must be refused for these reasons, (pointer, part of the sentence), and no others."""
        def play(flows, agent):
            found = flows.refusals(document(agent, body), agent)
            expect(len(found) == len(wanted), found)
            for (pointer, sentence), (wanted_pointer, part) in zip(found, wanted):
                expect(pointer == wanted_pointer and part in sentence, f"{found} instead of {wanted}")
        self.cases.append((name, play))

    def main(self, usage):
        """Plays all cases against one server; returns the exit code."""
        path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
        if not path:
            sys.exit(usage)
        service = StandIn()
        with tempfile.TemporaryDirectory(prefix="holdpoint-workflows.") as folder:
            with serving(str(pathlib.Path(path).resolve()), pathlib.Path(folder)) as server:
                flows = Workflows(server, service)
                failed = perform([
                    (name, lambda play=play, number=number: play(flows, f"case-{number}"))
                    for number, (name, play) in enumerate(self.cases)])
        service.close()
        return failed
