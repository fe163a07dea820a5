#!/usr/bin/env python3
"""I10: one bad session stops itself, never its node or its neighbours.

    Tests/blackbox/poison.py [PATH OF holdpoint-faulty]      (or HOLDPOINT_FAULTY_BINARY)

The server traps, as a bug would make it, each time it records a message with a certain text. It is started again each
time it dies, while neighbours go on working. In the end it must stay up, with that one session in quarantine, or its
message given up, and every neighbour completed.
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

POISON = "a-poisonous-text"
NEIGHBOURS = 24
PATIENCE_SECONDS = 120
MOST_DEATHS = 20  # halving a group of 64, and twice the last one, takes fewer
KEY = "hp_poison_0123456789abcdef0123456789abcdef"
BASE = "/v1/projects/default"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Starts the server again each time it has died, and counts the deaths."""

    def __init__(self, binary, folder):
        self.words = [binary, "serve", "--listen", f"127.0.0.1:{(port := free_port())}", "--data", str(folder / "data")]
        self.port, self.deaths, self.errors = port, 0, open(folder / "server.err", "w")
        self.ending = threading.Event()
        self.process = self.launch()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def launch(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDPOINT_")}
        kept |= {"HOLDPOINT_DEV_KEY": KEY, "HOLDPOINT_FAULT": f"trap-on:{POISON}"}
        return subprocess.Popen(self.words, env=kept, stdout=subprocess.DEVNULL, stderr=self.errors)

    def watch(self):
        while True:
            self.process.wait()
            if self.ending.is_set():
                return
            self.deaths += 1
            self.process = self.launch()

    def stop(self):
        self.ending.set()
        self.process.send_signal(signal.SIGTERM)
        self.thread.join()
        return self.process.returncode

    def call(self, method, path, body=None, **headers):
        """(status, value); tries again while the server is away."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                sent = {"Authorization": f"Bearer {KEY}", **{name.replace("_", "-"): text for name, text in headers.items()}}
                if body is not None:
                    sent["Content-Type"] = "application/json"
                connection.request(method, BASE + path, None if body is None else json.dumps(body), sent)
                response = connection.getresponse()
                payload = response.read()
                if response.status < 500:
                    return response.status, json.loads(payload) if payload else None
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            time.sleep(0.05)
        raise TimeoutError(f"{method} {path}")

    def once(self, method, path, body):
        """One try, whose reply may never come."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "Prefer": "respond-async"}
            connection.request(method, BASE + path, json.dumps(body), sent)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def play(server):
    """Everything up to the point where the server has to be well; what is wrong, as sentences."""
    server.call("PUT", "/agents/a", {"kind": "external"})
    for name in ["bad", *(f"good-{number}" for number in range(NEIGHBOURS))]:
        server.call("POST", "/sessions", {"agent": "a", "id": name, "input": None})

    def neighbour(number):
        at = f"/sessions/good-{number}"
        for turn in range(6):
            key = f"good-{number}-{turn}"
            status, value = server.call("POST", f"{at}/messages", {"text": f"turn {turn}"}, Idempotency_Key=key)
            if status not in (200, 202):
                return f"good-{number}: {status} {value}"
            time.sleep(0.3)
        while True:
            status, value = server.call("POST", f"{at}/complete", {"output": 1}, Idempotency_Key=f"good-{number}-end")
            if status != 202:
                return None if status == 200 else f"good-{number}: {status} {value}"

    with concurrent.futures.ThreadPoolExecutor(NEIGHBOURS) as pool:
        # Stored first, so that it comes back after each death.
        server.once("POST", "/sessions/bad/messages", {"text": POISON})
        wrong = [problem for problem in pool.map(neighbour, range(NEIGHBOURS)) if problem]
    end = time.monotonic() + PATIENCE_SECONDS
    while server.call("GET", "/sessions/bad")[1]["status"] != "quarantined":
        if time.monotonic() > end:
            return wrong + [f"the bad session is not in quarantine after {server.deaths} deaths"]
        time.sleep(0.1)
    return wrong


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_FAULTY_BINARY")
    if not binary:
        sys.exit("usage: poison.py PATH (or set HOLDPOINT_FAULTY_BINARY)")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdpoint-poison."))
    server = Server(str(pathlib.Path(binary).resolve()), folder)
    failed = 0

    def check(what, wrong):
        nonlocal failed
        failed += 1 if wrong else 0
        print(f"FAIL {what}: {wrong}" if wrong else f"ok   {what}", flush=True)

    try:
        check("I10: neighbours of a session that kills the process are served, and it is quarantined", play(server))
        check("I10: it took several deaths, and not many", not 2 <= server.deaths <= MOST_DEATHS and server.deaths)
        ids = [item["id"] for item in server.call("GET", "/sessions?status=quarantined")[1]["items"]]
        check("I10: nobody else is in quarantine", ids != ["bad"] and ids)
        done = server.call("GET", "/sessions?status=completed&limit=100")[1]["items"]
        check("I10: every neighbour completed", len(done) != NEIGHBOURS and len(done))
        deaths = server.deaths
        status, value = server.call("POST", "/sessions/bad/messages", {"text": "hello"})
        is_refused = status == 409 and value["code"] == "session_quarantined"
        check("I10: a command to it gets 409 session_quarantined", not is_refused and (status, value))
        check("the server stays up and stops in good order", (server.deaths != deaths or server.stop() != 0) and "no")
        print(f"     {deaths} deaths")
    finally:
        if not server.ending.is_set():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{6 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
