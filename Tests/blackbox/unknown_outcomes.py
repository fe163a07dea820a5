#!/usr/bin/env python3
"""Calls that left and whose answer is lost: what may be made twice is, about the rest a person is asked.

    Tests/blackbox/unknown_outcomes.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Workflows call a service that takes requests and breaks off: without a word, in the middle of its answer, or by keeping
silent for longer than a call may take; and the server is stopped in the middle of one. Prints "N passed, N failed".
Python's standard library only.
"""

import os
import pathlib
import signal
import socket
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from operating import expect, free_port
from shared.workflows import ERRORS, PATIENCE_SECONDS, STAND_IN, StandIn, Workflows, document, perform, serving

# No answer at all; half of one; none in time.
CUT, HALF, SILENT = "cut", "half", "silent"


class Breaking(StandIn):
    """A service whose replies may also be one of the ways to break off."""

    def __init__(self):
        super().__init__()
        self.ending = threading.Event()

    def answer(self, handler, call):
        with self.lock:
            reply = self.routes.get((call.method, call.path))
            way = reply[0] if isinstance(reply, list) else reply
            if way in (CUT, HALF, SILENT):
                self.calls.append(call)
                if isinstance(reply, list) and len(reply) > 1:
                    reply.pop(0)
        if way not in (CUT, HALF, SILENT):
            return super().answer(handler, call)
        if way == SILENT:
            self.ending.wait(PATIENCE_SECONDS)
        elif way == HALF:
            handler.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 90\r\n\r\n{")
            handler.wfile.flush()
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)


def one_call(name, method="post", url=STAND_IN):
    return document(name, f"""
    do:
      - send:
          call: http
          with:
            method: {method}
            endpoint: {url}/{name}
            headers: {{ X-Private: word-7 }}
            body: {{ pin: word-8 }}
      - tell: {{ set: {{ answer: '${{ . }}' }} }}
    """)


TRIED = document("tried", f"""
    do:
      - both:
          try:
            - send:
                call: http
                with: {{ method: post, endpoint: '{STAND_IN}/tried', body: {{ a: 1 }} }}
          catch:
            errors: {{ with: {{ type: '{ERRORS}communication' }} }}
            retry: {{ delay: {{ milliseconds: 10 }}, limit: {{ attempt: {{ count: 3 }} }} }}
""")
CAUGHT = document("caught", f"""
    do:
      - both:
          try:
            - send:
                call: http
                with: {{ method: post, endpoint: '{STAND_IN}/caught', body: {{ a: 1 }} }}
          catch:
            as: lost
            do:
              - undo: {{ set: {{ undone: '${{ $lost.type }}' }} }}
""")


class Cases:
    """Every method whose name begins with `case_` is one; they share a server and a service, not paths."""

    def __init__(self, flows, service, binary, folder):
        self.flows, self.service, self.binary, self.folder = flows, service, binary, folder
        # Takes the longest, and nobody is needed for it.
        service.on("PUT", "/lost", CUT)
        self.lost = flows.run("lost", one_call("lost", "put"))

    def doubt(self, name, *replies, method="post", text=None):
        """A session whose call to /NAME is in doubt, with the question."""
        self.service.on(method.upper(), f"/{name}", list(replies))
        run = self.flows.run(name, text or one_call(name, method))
        return run, run.request()

    def calls(self, name):
        return self.service.seen(f"/{name}")

    def same_twice(self, name):
        """Two requests came, alike to the last byte, under one key."""
        calls = self.calls(name)
        expect(len(calls) == 2, f"{len(calls)} calls")
        expect(calls[0].body == calls[1].body, calls)
        expect(calls[0].headers["idempotency-key"] == calls[1].headers["idempotency-key"], calls)

    # What people are asked about

    def case_question(self):
        """a POST that was cut off is not made again: a person is asked, and told what was called, not with what"""
        run, question = self.doubt("question", CUT, (201, {}))
        expect((question["type"], question["decision_type"]) == ("decision", "unknown_outcome"), question)
        expect([option["id"] for option in question["options"]] == ["done", "repeat", "fail"], question)
        proposed = run.events("tool_proposed")[0]
        context = question["context"]
        expect(context["call"] == proposed["seq"] and context["method"] == "POST", question)
        expect(context["uri"] == f"{self.service.url}/question", question)
        expect(context["arguments_digest"] == proposed["data"]["arguments_digest"], question)
        expect("word-" not in str(question), "the question shows a header or the body")
        expect(run.look()["status"] == "waiting", run.look())
        key = self.calls("question")[0].headers["idempotency-key"]
        expect(key == f"dev:default:{run.id}:{context['call']}", key)
        expect(len(self.calls("question")) == 1, self.calls("question"))

    def case_done(self):
        """done: the workflow goes on as after an empty answer"""
        run, question = self.doubt("done", CUT, (201, {}))
        run.answer({"decision": "done"}, question)
        expect(run.output() == {"answer": None}, run.look())
        expect(len(self.calls("done")) == 1, self.calls("done"))

    def case_repeat(self):
        """repeat: the same bytes go out under the same key"""
        run, question = self.doubt("repeat", CUT, (201, {"number": 7}))
        run.answer({"decision": "repeat"}, question)
        expect(run.output() == {"answer": {"number": 7}}, run.look())
        self.same_twice("repeat")

    def case_fail(self):
        """fail: it is an error that can be caught"""
        run, question = self.doubt("caught", CUT, (201, {}), text=CAUGHT)
        run.answer({"decision": "fail"}, question)
        expect(run.output() == {"undone": ERRORS + "communication"}, run.look())
        expect(len(self.calls("caught")) == 1, self.calls("caught"))

    def case_doubt_again(self):
        """a repeated call that is lost again is asked about again"""
        run, question = self.doubt("again", CUT, CUT, (201, {}))
        run.answer({"decision": "repeat"}, question)
        second = run.until(lambda session: next(
            (open for open in session["open_requests"] if open["id"] != question["id"]), None), "no second question")
        expect(second["context"]["call"] == question["context"]["call"], second)
        expect(second["context"]["attempts"] > question["context"]["attempts"], second)
        run.answer({"decision": "done"}, second)
        run.output()
        self.same_twice("again")

    def case_half(self):
        """an answer that breaks off in the middle is none"""
        run, question = self.doubt("half", HALF, (201, {}))
        run.answer({"decision": "done"}, question)
        expect(run.output() == {"answer": None}, run.look())

    def case_silence(self):
        """an answer that does not come in time is none"""
        began = time.monotonic()
        run, question = self.doubt("silent", SILENT, (201, {}))
        expect(time.monotonic() - began >= 0.9, "it was asked before the time was over")
        run.answer({"decision": "done"}, question)
        run.output()
        expect(len(self.calls("silent")) == 1, self.calls("silent"))

    def case_retry_asks_too(self):
        """a retry of the document does not make a lost POST again by itself"""
        run, question = self.doubt("tried", CUT, (201, {}), text=TRIED)
        run.answer({"decision": "done"}, question)
        run.output()
        expect(len(self.calls("tried")) == 1, self.calls("tried"))

    def case_cancelled(self):
        """a session that is cancelled in doubt asks no more"""
        run, question = self.doubt("dropped", CUT, (201, {}))
        self.flows.api.ok("POST", f"{run.path}/cancel")
        found = self.flows.api.ok("GET", f"/requests/{question['id']}")
        expect((run.end()["status"], found["status"]) == ("cancelled", "cancelled"), found)
        expect(len(self.calls("dropped")) == 1, self.calls("dropped"))

    def case_two_people(self):
        """of two people who judge it differently one is heard"""
        run, question = self.doubt("two", CUT, (201, {}))
        path = f"/requests/{question['id']}/respond"
        self.flows.api.ok("POST", path, {"response": {"decision": "done"}})
        status, problem = self.flows.api("POST", path, {"response": {"decision": "repeat"}})
        expect((status, problem["code"]) == (409, "already_answered"), f"{status} {problem}")
        run.output()
        expect(len(self.calls("two")) == 1, self.calls("two"))

    def case_stopped(self):
        """a server that is stopped in good order asks after its start about the call that it cut"""
        self.service.on("POST", "/stopped", [SILENT, (201, {})])
        folder = self.folder / "stopped"
        folder.mkdir()
        with serving(self.binary, folder, "--call-timeout-seconds", "3") as server:
            run = Workflows(server, self.service).run("stopped", one_call("stopped"))
            run.until(lambda _: self.calls("stopped"), "nothing arrived")
            expect(server.stop(signal.SIGTERM) == 0, "it did not stop well")
        with serving(self.binary, folder, "--call-timeout-seconds", "3") as server:
            run.flows = Workflows(server, self.service)
            run.answer({"decision": "repeat"})
            run.output()
        self.same_twice("stopped")

    # What nobody is asked about

    def case_idempotent(self):
        """a PUT that was cut off is made again under the same key, and nobody is asked"""
        self.service.on("PUT", "/put", [CUT, (200, {"stored": True})])
        run = self.flows.run("put", one_call("put", "put"))
        expect(run.output() == {"answer": {"stored": True}}, run.look())
        expect(not run.events("hitl_requested"), "somebody was asked")
        self.same_twice("put")

    def case_not_sent(self):
        """a POST to where nobody listens has failed: it never left"""
        run = self.flows.run("refused", one_call("refused", url=f"http://127.0.0.1:{free_port()}"))
        error = run.error()
        expect((error["type"], error["status"]) == (ERRORS + "communication", 502), error)
        expect(not run.events("hitl_requested"), "somebody was asked")

    def case_lost(self):
        """a PUT that is lost three times in a row has failed"""
        error = self.lost.error()
        expect(error["type"] == ERRORS + "communication", error)
        calls = self.calls("lost")
        expect(len(self.lost.events("tool_postponed")) == 2, self.lost.events())
        # Where a connection that was kept breaks, an attempt sends it again on another.
        expect(3 <= len(calls) <= 6 and len({call.headers["idempotency-key"] for call in calls}) == 1, calls)
        expect(not self.lost.events("hitl_requested"), "somebody was asked")


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
    if not path:
        sys.exit(__doc__)
    service, binary = Breaking(), str(pathlib.Path(path).resolve())
    with tempfile.TemporaryDirectory(prefix="holdpoint-unknown.") as name:
        folder = pathlib.Path(name)
        with serving(binary, folder, "--call-timeout-seconds", "1") as server:
            cases = Cases(Workflows(server, service), service, binary, folder)
            methods = [getattr(cases, name) for name in vars(Cases) if name.startswith("case_")]
            status = perform([(method.__doc__, method) for method in methods])
        service.ending.set()
    service.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
