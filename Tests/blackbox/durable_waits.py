#!/usr/bin/env python3
"""Waits, backoffs and time limits of workflows outlive the server: a kill changes nothing but the clock.

    Tests/blackbox/durable_waits.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Starts workflows that wait in every way, kills the server with -9 in the middle, and starts it again: before what is
due, or after it. Prints "N passed, N failed". Python's standard library only.
"""

import datetime
import os
import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from operating import expect
from shared.workflows import ERRORS, STAND_IN, StandIn, Workflows, document, perform, serving

WAIT_SECONDS = 4
# How late a timer may fire on a server that has just been started, on a busy machine.
SLACK_SECONDS = 2.5

DOCUMENTS = {
    "pause": f"""
    do:
      - rest: {{ wait: {{ seconds: {WAIT_SECONDS} }} }}
      - after: {{ set: {{ rested: true }} }}
    """,
    "backoff": f"""
    do:
      - persist:
          try:
            - ask:
                call: http
                with: {{ method: get, endpoint: '{STAND_IN}/backoff' }}
          catch:
            errors: {{ with: {{ status: 503 }} }}
            retry:
              delay: {{ seconds: {WAIT_SECONDS} }}
              limit: {{ attempt: {{ count: 1 }} }}
    """,
    "limit": f"""
    do:
      - slow:
          call: human
          with: {{ type: clarification, title: Anybody }}
          timeout: {{ after: {{ seconds: {WAIT_SECONDS} }} }}
    """,
    "expiry": f"""
    do:
      - ask:
          call: human
          with: {{ type: clarification, title: Anybody, default: nobody, expires_in: {WAIT_SECONDS} }}
    """,
    "long": """
    do:
      - rest: { wait: { minutes: 10 } }
    """,
}


def seconds(text):
    return datetime.datetime.fromisoformat(text).timestamp()


class Waits:
    """Sessions that wait, over two lives of a server."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.service = StandIn()
        self.service.on("GET", "/backoff", [(503, {}), (200, {"quote": 7})])
        self.runs, self.due, self.waiting = {}, {}, {}

    def begin(self):
        """Starts all of them; kills the server when each has its timer in the log."""
        with serving(self.binary, self.folder) as server:
            flows = Workflows(server, self.service)
            for name, body in DOCUMENTS.items():
                self.runs[name] = flows.run(name, document(name, body))
            for name, run in self.runs.items():
                self.due[name] = run.until(lambda _, run=run: self.deadlines(run), "it sets no timer")
            self.waiting = {name: run.look() for name, run in self.runs.items()}
            server.process.kill()
            server.process.wait()

    @staticmethod
    def deadlines(run):
        """What the log says that is waited for, in seconds since the epoch."""
        texts = [event["data"]["due"] for event in run.events("timer_set")]
        texts += [event["data"]["expires_at"] for event in run.events("hitl_requested") if event["data"]["expires_at"]]
        return [seconds(text) for text in texts]

    def latest(self):
        """When the last of the short ones is due."""
        return max(max(due) for name, due in self.due.items() if name != "long")

    def go_on(self, server):
        self.began = time.time()
        for run in self.runs.values():
            run.flows = Workflows(server, self.service)

    def ended(self, name, type="timer_fired"):
        """Waits for the end; what ended the wait must have come when it was due, and never before."""
        session = self.runs[name].end()
        expect(self.deadlines(self.runs[name]) == self.due[name], "another deadline after the kill")
        event, = self.runs[name].events(type)
        late = seconds(event["time"]) - max(self.due[name][0], self.began)
        # The log has milliseconds.
        expect(seconds(event["time"]) >= self.due[name][0] - 0.001, f"{name} fired before it was due")
        expect(late <= SLACK_SECONDS, f"{name} fired {late:.1f} s late")
        return session

    # What must come of each

    def check_pause(self):
        """a wait ends when it was to end"""
        session = self.ended("pause")
        expect((session["status"], session["output"]) == ("completed", {"rested": True}), session)

    def check_backoff(self):
        """a retry comes after its backoff, and once"""
        session = self.ended("backoff")
        expect((session["status"], session["output"]) == ("completed", {"quote": 7}), session)
        expect(len(self.service.seen("/backoff")) == 2, self.service.seen("/backoff"))

    def check_limit(self):
        """a task's time limit counts from its beginning, and withdraws its question"""
        session = self.ended("limit")
        expect(session["status"] == "failed" and session["error"]["type"] == ERRORS + "timeout", session)
        expect(session["open_requests"] == [], session)

    def check_expiry(self):
        """a question expires when it was to expire, with its default"""
        session = self.ended("expiry", "hitl_expired")
        expect(session["status"] == "completed", session)

    def check_long(self):
        """a wait of ten minutes stands as it stood, with one timer"""
        run = self.runs["long"]
        expect(run.look() == self.waiting["long"], f"{run.look()} instead of {self.waiting['long']}")
        expect(len(run.events("timer_set")) == 1 and self.deadlines(run) == self.due["long"], run.events())
        expect(not run.events("timer_fired"), "it fired")


def cases(binary, folder):
    """What must come of each, with a server that is back before or after what is due."""
    for word in ("before", "after"):
        (folder / word).mkdir()
        waits = Waits(binary, folder / word)
        waits.begin()
        if word == "after":
            time.sleep(max(0, waits.latest() + 0.5 - time.time()))
        with serving(binary, waits.folder) as server:
            waits.go_on(server)
            for name in vars(Waits):
                if name.startswith("check_"):
                    method = getattr(waits, name)
                    yield f"back {word} the deadline: {method.__doc__}", method
        waits.service.close()


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
    if not path:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="holdpoint-waits.") as folder:
        return perform(cases(str(pathlib.Path(path).resolve()), pathlib.Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
