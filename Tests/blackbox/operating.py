#!/usr/bin/env python3
"""What an operator meets: refusals at the start, damage, a full disk, stops, restarts, and the command line.

    Tests/blackbox/operating.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Runs the program as a stranger would, and prints "N passed, N failed". Python's standard library only.
"""

import concurrent.futures
import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time

PATIENCE_SECONDS = 60
WAITING_SESSIONS = 1000
READY_LIMIT_SECONDS = 3.0  # a debug build on a busy machine; a release build is measured in Benchmarks/
KEY = "hp_operator_0123456789abcdef0123456789abcdef"
OPERATOR_KEY = "hp_root_0123456789abcdef0123456789abcdef"
BASE = "/v1/projects/default"


class Failed(Exception):
    """What was expected did not come."""


def expect(condition, sentence):
    if not condition:
        raise Failed(sentence)


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDPOINT_")}
    return {**kept, **more}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Api:
    """JSON over HTTP with the operator's key; a connection for each call."""

    def __init__(self, port):
        self.port = port

    def __call__(self, method, path, body=None, timeout=30, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            sent = {"Authorization": f"Bearer {KEY}", **{name.replace("_", "-"): text for name, text in headers.items()}}
            data = None if body is None else json.dumps(body)
            if data is not None:
                sent["Content-Type"] = "application/json"
            connection.request(method, path, data, sent)
            response = connection.getresponse()
            payload = response.read()
            return response.status, json.loads(payload) if payload else None
        finally:
            connection.close()


class Server:
    """One run of `holdpoint serve`."""

    def __init__(self, binary, data, *options, port=None, errors=None, **variables):
        self.binary, self.data, self.port = binary, data, port or free_port()
        self.errors = errors or tempfile.TemporaryFile("w+")
        self.output = tempfile.TemporaryFile("w+")
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", str(data), *options],
            stdout=self.output, stderr=self.errors, env=environment(HOLDPOINT_DEV_KEY=KEY, **variables))
        self.api = Api(self.port)

    def await_ready(self):
        """Waits until commands are taken; returns the seconds since the start."""
        while True:
            if self.process.poll() is not None:
                raise Failed(f"the server ended with {self.process.returncode}: {self.log()}")
            try:
                if self.api("GET", "/readyz", timeout=1)[0] == 200:
                    return time.monotonic() - self.began
            except (OSError, http.client.HTTPException):
                pass
            expect(time.monotonic() - self.began < PATIENCE_SECONDS, f"not ready: {self.log()}")
            time.sleep(0.005)

    def log(self):
        if not self.errors.seekable():
            return "a log that goes elsewhere"
        self.errors.seek(0)
        return self.errors.read()

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)

    def __enter__(self):
        self.await_ready()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Checks:
    """Every method whose name begins with `PREFIX` is one check, in a folder of its own."""

    PREFIX = "check_"

    def __init__(self, binary):
        self.binary = binary
        self.folder = None

    @property
    def data(self):
        return self.folder / "data"

    def run(self, *words, given="", **variables):
        """Runs a command to its end, with this on standard input; (status, output, errors)."""
        made = subprocess.run(
            [self.binary, *map(str, words)], capture_output=True, text=True, timeout=PATIENCE_SECONDS,
            input=given, env=environment(**variables))
        return made.returncode, made.stdout, made.stderr

    def refused(self, status, pattern, *options, data=None, **variables):
        """A start that must fail: with this status, and one sentence that matches."""
        found, _, errors = self.run(
            "serve", "--listen", f"127.0.0.1:{free_port()}", "--data", data or self.data, *options, **variables)
        expect(found == status, f"status {found} instead of {status}: {errors}")
        expect(re.search(pattern, errors), f"no {pattern!r} in {errors!r}")
        expect(errors.count("\n") == 1, f"not one sentence: {errors!r}")

    def prepare(self, api, sessions=1):
        """Sessions that wait for an answer; returns their requests."""
        expect(api("PUT", f"{BASE}/agents/a", {"kind": "external"})[0] in (200, 201), "no agent")

        def wait(number):
            api("POST", f"{BASE}/sessions", {"agent": "a", "id": f"s-{number}", "input": None})
            status, value = api(
                "POST", f"{BASE}/sessions/s-{number}/requests",
                {"type": "clarification", "title": "Which?", "context": "x" * 200, "expires_in": 86400})
            expect(status == 201, f"no request: {status} {value}")
            return value["id"]

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            return list(pool.map(wait, range(sessions)))

    def verify(self):
        status, output, errors = self.run("replay", "--all", "--verify", "--data", self.data, "-o", "json")
        expect(status == 0 and json.loads(output)["verified"], f"replay: {status} {output} {errors}")
        return json.loads(output)

    # Refusals at the start

    def check_second_server(self):
        """a second server on the same folder is refused, and the first goes on"""
        with Server(self.binary, self.data) as server:
            self.refused(7, r"is in use by another process \(\d+\)")
            expect(server.api("GET", f"{BASE}/sessions")[0] == 200, "the first no longer answers")
            expect(server.stop() == 0, "the first did not stop well")

    def check_port_in_use(self):
        """an address that is taken is refused, and the folder can be used afterwards"""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            status, _, errors = self.run(
                "serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--data", self.data)
        expect(status == 11 and "cannot listen" in errors, f"{status} {errors}")
        with Server(self.binary, self.data) as server:
            expect(server.api("GET", f"{BASE}/sessions")[0] == 200, "the key was not made")

    def check_read_only_folder(self):
        """a folder that may not be written is refused, and stays as it was"""
        # Not under TMPDIR, which others than its owner may be unable to reach.
        with tempfile.TemporaryDirectory(prefix="holdpoint-operating.", dir="/tmp") as name:
            folder = pathlib.Path(name)
            folder.chmod(0o755)
            binary, data = folder / "holdpoint", folder / "data"
            shutil.copy(self.binary, binary)
            binary.chmod(0o755)
            data.mkdir(mode=0o555)
            words = [str(binary), "serve", "--listen", f"127.0.0.1:{free_port()}", "--data", str(data)]
            if os.geteuid() == 0:
                words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
            made = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_SECONDS, env=environment())
            kept = list(data.iterdir())
        expect(made.returncode == 9, f"status {made.returncode}: {made.stderr}")
        expect("cannot be used: Permission denied" in made.stderr, made.stderr)
        expect(kept == [], f"something was written: {kept}")

    def check_newer_format(self):
        """data of a later release is refused and not touched"""
        with Server(self.binary, self.data) as server:
            self.prepare(server.api)
            server.stop()
        path = self.data / "holdpoint.db"
        database = sqlite3.connect(path)
        (version,) = database.execute("pragma user_version").fetchone()
        database.execute("pragma user_version = 99")
        database.execute("pragma wal_checkpoint(truncate)")
        database.close()
        before = hashlib.sha256(path.read_bytes()).digest()
        self.refused(8, r"has format 99, written by a later release")
        expect(hashlib.sha256(path.read_bytes()).digest() == before, "the file was changed")
        database = sqlite3.connect(path)
        database.execute(f"pragma user_version = {version}")
        database.close()
        with Server(self.binary, self.data) as server:
            expect(server.api("GET", f"{BASE}/sessions/s-0")[1]["status"] == "waiting", "the session is gone")

    def check_no_database(self):
        """a file that is no database, and one of another program, are refused and not touched"""
        self.data.mkdir()
        path = self.data / "holdpoint.db"
        path.write_bytes(b"This is a letter to my aunt. " * 300)
        self.refused(10, "is damaged|not a database")
        expect(path.read_bytes().startswith(b"This is a letter"), "the file was changed")
        path.unlink()
        database = sqlite3.connect(path)
        database.execute("create table recipes (name text)")
        database.close()
        self.refused(10, "database of another program")

    def check_lost_key_file(self):
        """data without its key file is refused instead of sealed under another key"""
        with Server(self.binary, self.data) as server:
            server.stop()
        key = (self.data / "secret.key").read_bytes()
        (self.data / "secret.key").unlink()
        self.refused(10, "secret.key is missing")
        (self.data / "secret.key").write_bytes(key)
        (self.data / "secret.key").chmod(0o644)
        self.refused(9, "is open to others")
        (self.data / "secret.key").chmod(0o600)
        with Server(self.binary, self.data) as server:
            expect(server.stop() == 0, "no start with the key back in its place")

    def check_configuration(self):
        """unknown keys and variables and wrong values are refused, with the nearest name"""
        file = self.folder / "holdpoint.json"
        for text, pattern in [
            ('{"listn": "x"}', r"unknown key at /listn; did you mean listen\?"), ('{"listen": 5}', "/listen must be a text"),
            ('{"body_bytes": "5"}', "/body_bytes must be a whole number"), ("[]", "must be an object"),
            ('{"a": 1, "a": 2}', "the same key comes twice"), ('{"body_bytes": 1}', "/body_bytes must be a whole number from"),
        ]:
            file.write_text(text)
            self.refused(2, pattern, "--config", str(file))
        self.refused(2, r"HOLDPOINT_LISTN; did you mean HOLDPOINT_LISTEN\?", HOLDPOINT_LISTN="x")
        self.refused(2, "HOLDPOINT_DEV_KEY must have the form", HOLDPOINT_DEV_KEY="hp_secret")
        self.refused(2, "--postgres is only of use .* with --redis", "--postgres", "host=nowhere")
        self.refused(2, "--redis is only of use .* with --postgres", "--redis", "redis://nowhere")
        self.refused(2, "--sealing-key is only of use with --postgres and --redis", "--sealing-key", "x")
        self.refused(2, r"no option --lisen; did you mean --listen\?", "--lisen=x")
        expect(not self.data.exists(), "a refused start made the folder")
        file.write_text(json.dumps({"node": "n-1", "body_bytes": 2048}))
        with Server(self.binary, self.data, "--config", str(file)) as server:
            status, _ = server.api("PUT", f"{BASE}/agents/a", {"kind": "external", "labels": {"x": "y" * 3000}})
            expect(status == 413, f"the file's limit is not in force: {status}")

    # Damage and want

    def check_corrupt_snapshot(self):
        """a damaged snapshot is found by replay; the server folds the log instead, says so, and loses nothing"""
        with Server(self.binary, self.data) as server:
            (request,) = self.prepare(server.api)
            server.stop()
        database = sqlite3.connect(self.data / "holdpoint.db")
        (row, state), = database.execute("select session, state from snapshots").fetchall()
        damaged = bytes([*state[:-20], state[-20] ^ 1, *state[-19:]])
        database.execute("update snapshots set state = ? where session = ?", (damaged, row))
        database.commit()
        database.close()
        status, _, errors = self.run("replay", "s-0", "--verify", "--data", self.data)
        expect(status == 1 and "at event 2: the snapshot's bytes do not have its digest" in errors, f"{status} {errors}")
        with Server(self.binary, self.data) as server:
            status, value = server.api("POST", f"{BASE}/requests/{request}/respond", {"response": {"answer": "this"}})
            expect(status == 200, f"no answer: {status} {value}")
            status, value = server.api("POST", f"{BASE}/sessions/s-0/complete", {"output": 1})
            expect(status == 200 and value["seq"] == 4, f"{status} {value}")
            expect(server.stop() == 0, "no good stop")
            expect('"event":"snapshot_refused"' in server.log(), f"the log is silent: {server.log()}")

    def check_changed_event(self):
        """one changed byte of a log is found, with its exact place"""
        with Server(self.binary, self.data) as server:
            self.prepare(server.api)
            server.stop()
        database = sqlite3.connect(self.data / "holdpoint.db")
        database.execute("update events set data = cast(replace(data, 'Which?', 'Whose?') as blob) where seq = 2")
        database.commit()
        database.close()
        status, output, errors = self.run("replay", "--all", "--verify", "--data", self.data, "-o", "json")
        found = json.loads(output)
        expect(status == 1 and (found["session"], found["seq"]) == ("s-0", 2), f"{status} {output} {errors}")

    def check_full_disk(self):
        """a full disk refuses what it cannot keep, loses nothing it said it kept, and goes on when there is room"""
        self.data.mkdir(mode=0o700)
        mount = ["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", str(self.data)]
        is_mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
        try:
            options = [] if is_mounted else ["--database-bytes", "1500000"]
            with Server(self.binary, self.data, *options) as server:
                self.prepare(server.api)
                kept = self.fill(server.api)
                if is_mounted:
                    subprocess.run(["mount", "-o", "remount,size=64m", str(self.data)], check=True)
                    self.go_on(server, kept)
                expect(server.stop() == 0, "no good stop")
            if not is_mounted:
                with Server(self.binary, self.data) as server:
                    self.go_on(server, kept)
            self.verify()
        finally:
            if is_mounted:
                subprocess.run(["umount", "-l", str(self.data)], check=True)

    def fill(self, api):
        """Sends messages until one is refused; returns how many were kept."""
        for kept in range(2000):
            status, value = api("POST", f"{BASE}/sessions/s-0/messages", {"text": f"{kept} " + "x" * 8000})
            if status != 200:
                break
        expect(status == 503 and value["code"], f"not refused as unavailable: {status} {value}")
        expect(kept > 10, f"only {kept} messages fitted")
        expect(api("GET", f"{BASE}/sessions/s-0")[1]["seq"] == 2 + kept, "a refused message shows")
        return kept

    def go_on(self, server, kept):
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            status, value = server.api("POST", f"{BASE}/sessions/s-0/messages", {"text": "after"})
            if status == 200 or time.monotonic() > end:
                break
        expect(status == 200 and value["seq"] == 3 + kept, f"it does not go on: {status} {value}")

    # Stops and restarts

    def check_graceful_stop_under_load(self):
        """a stop under load answers what is under way, ends with 0, and keeps exactly what it acknowledged"""
        with Server(self.binary, self.data) as server:
            self.prepare(server.api, 8)
            acknowledged, running = [0] * 8, threading.Event()

            def load(number):
                while True:
                    try:
                        status, value = server.api("POST", f"{BASE}/sessions/s-{number}/messages", {"text": "x"})
                    except (OSError, http.client.HTTPException):
                        return
                    if status != 200:
                        return
                    acknowledged[number] = value["seq"]
                    if min(acknowledged) > 4:
                        running.set()

            threads = [threading.Thread(target=load, args=(number,)) for number in range(8)]
            for thread in threads:
                thread.start()
            expect(running.wait(PATIENCE_SECONDS), "no load")
            expect(server.stop() == 0, f"status {server.process.returncode}: {server.log()}")
            for thread in threads:
                thread.join()
            expect('"event":"stopped"' in server.log(), server.log())
        with Server(self.binary, self.data) as server:
            for number in range(8):
                head = server.api("GET", f"{BASE}/sessions/s-{number}")[1]["seq"]
                # The reply of the last one may have been cut off, but nothing else.
                expect(0 <= head - acknowledged[number] <= 1, f"s-{number}: {acknowledged[number]} acknowledged, {head} kept")
        self.verify()

    def check_second_signal(self):
        """a second signal ends the process at once, while a client is still waited for"""
        with Server(self.binary, self.data, "--drain-seconds", "600") as server:
            (request,) = self.prepare(server.api)
            waiter = http.client.HTTPConnection("127.0.0.1", server.port)
            waiter.request(
                "GET", f"{BASE}/requests/{request}", headers={"Authorization": f"Bearer {KEY}", "Prefer": "wait=60"})
            self.await_refusal(server)
            expect(server.process.poll() is None, "the first signal did not wait")
            expect(server.stop() == 1, f"status {server.process.returncode}")
            waiter.close()
        with Server(self.binary, self.data) as server:
            expect(server.api("GET", f"{BASE}/requests/{request}")[1]["status"] == "pending", "the request is gone")

    @staticmethod
    def await_refusal(server):
        """Sends the first signal, and waits until nobody new is let in."""
        # One answered call behind the waiter's: it has been read by then.
        server.api("GET", "/healthz")
        server.process.send_signal(signal.SIGTERM)
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                server.api("GET", "/healthz", timeout=1)
            except (OSError, http.client.HTTPException):
                return
        raise Failed("new clients are still let in")

    def check_restart_after_kill(self):
        """killed with 1,000 sessions waiting, it is ready soon, and every one of them waits on"""
        with Server(self.binary, self.data) as server:
            requests = self.prepare(server.api, WAITING_SESSIONS)
            server.stop(signal.SIGKILL)
        server = Server(self.binary, self.data)
        with server:
            seconds = time.monotonic() - server.began
            print(f"     ready {seconds:.3f} s after the start, with {WAITING_SESSIONS} waiting sessions")
            expect(seconds < READY_LIMIT_SECONDS, f"ready only after {seconds:.3f} s")
            for request in (requests[0], requests[-1]):
                status, _ = server.api("POST", f"{BASE}/requests/{request}/respond", {"response": {"answer": "x"}})
                expect(status == 200, f"no answer is taken: {status}")
            expect(server.stop() == 0, "no good stop")
        expect(self.verify()["sessions"] == WAITING_SESSIONS, "sessions are missing")

    # The command line

    def check_command_line(self):
        """every command end to end, with -o json and its exit codes"""
        with Server(self.binary, self.data, HOLDPOINT_OPERATOR_KEY=OPERATOR_KEY) as server:
            self.drive(server, f"http://127.0.0.1:{server.port}")
            expect(server.stop() == 0, "no good stop")
        status, output, _ = self.run("replay", "c-1", "--data", self.data, "-o", "json")
        types = [json.loads(line)["type"] for line in output.splitlines()]
        expect(status == 0 and types[0] == "session_started" and types[-1] == "session_completed", output)
        status, _, _ = self.run("sessions", HOLDPOINT_URL=f"http://127.0.0.1:{free_port()}", HOLDPOINT_KEY=KEY)
        expect(status == 5, f"unreachable: {status}")

    def drive(self, server, url):
        def cli(status, *words, key=KEY, given=""):
            found, output, errors = self.run(*words, "-o", "json", given=given, HOLDPOINT_URL=url, HOLDPOINT_KEY=key)
            expect(found == status, f"{words}: status {found} instead of {status}: {errors}")
            return json.loads(output if found == 0 else errors.splitlines()[-1] if errors else output)

        definition = self.folder / "agent.json"
        definition.write_text('{"name": "billing", "kind": "external", "labels": {"team": "x"}}')
        expect(cli(0, "agent", "apply", definition)["version"] == 1, "not version 1")
        expect(cli(0, "agent", "apply", definition)["version"] == 1, "a new version of the same")
        session = cli(0, "start", "billing", "--id", "c-1", "--input", '{"n": 1}', "--label", "a=b")
        expect((session["status"], session["labels"]) == ("running", {"a": "b"}), session)
        cli(4, "start", "billing", "--id", "c-1", "--input", '{"n": 2}')
        cli(4, "start", "nobody")
        cli(2, "start", "billing", "--input", "{")
        cli(6, "start", "billing", "--id", "c-1", "--input", '{"n": 1}', "--wait", "0")
        _, request = server.api(
            "POST", f"{BASE}/sessions/c-1/requests",
            {"type": "permission", "title": "Pay?", "tool": "pay", "arguments": {"eur": 5}})
        expect(cli(0, "session", "c-1", "--wait", "30")["status"] == "waiting", "not waiting")
        (found,) = cli(0, "requests", "--status", "pending", "--type", "permission")["items"]
        expect(found["id"] == request["id"] == cli(0, "request", request["id"])["id"], "another request")
        cli(2, "respond", request["id"], "--approve", "--reject")
        cli(4, "respond", request["id"], '{"action": "perhaps"}')
        cli(0, "respond", request["id"], "--approve", "--comment", "fine")
        cli(4, "respond", request["id"], "--reject", "--feedback", "no")
        cli(3, "respond", "req_" + "0" * 32, "--approve")
        cli(3, "session", "nobody")
        cli(4, "sessions", key="hp_wrong_0123456789abcdef")
        cli(2, "sessions", key="")
        follower = subprocess.Popen(
            [self.binary, "tail", "-f", "c-1", "-o", "json", "--key", KEY], stdout=subprocess.PIPE, text=True,
            env=environment(HOLDPOINT_URL=url))
        first = json.loads(follower.stdout.readline())
        shown = pathlib.Path(f"/proc/{follower.pid}/cmdline").read_text()
        expect("--key" in shown and KEY not in shown, f"a key shows on the command line: {shown!r}")
        server.api("POST", f"{BASE}/sessions/c-1/complete", {"output": {"done": True}})
        # Not communicate(): it would pass over what the first line has brought along into the buffer.
        events = [first, *map(json.loads, follower.stdout.read().splitlines())]
        follower.wait(PATIENCE_SECONDS)
        expect([event["seq"] for event in events] == [1, 2, 3, 4] and follower.returncode == 0, events)
        self.run("tail", "c-1", HOLDPOINT_URL=url, HOLDPOINT_KEY=KEY)
        feed = subprocess.Popen(
            [self.binary, "tail", "--after", "0", "--types", "hitl_requested,session_completed", "-o", "json"],
            stdout=subprocess.PIPE, text=True, env=environment(HOLDPOINT_URL=url, HOLDPOINT_KEY=KEY))
        types = [json.loads(feed.stdout.readline())["type"] for _ in range(2)]
        feed.kill()
        feed.wait()
        expect(types == ["hitl_requested", "session_completed"], types)
        expect([item["id"] for item in cli(0, "sessions", "--status", "completed")["items"]] == ["c-1"], "not listed")
        (node,) = cli(0, "node", "list", key=OPERATOR_KEY)["items"]
        expect((node["live"], node["shards"]) == (True, 256), node)
        cli(4, "node", "list")
        self.keep_secrets(cli, server.api)
        self.administer(cli, server.api)

    def keep_secrets(self, cli, api):
        """I9: a secret is put from standard input, listed by name, and deleted; what is said never repeats it."""
        plain = "cl1-s3cret-value"
        expect(cli(0, "secret", "put", "TOKEN", given=plain + "\n")["name"] == "TOKEN", "not put")
        cli(0, "secret", "put", "LOGIN", "--json", given=json.dumps({"username": "ann", "password": plain}))
        for status, words, given in [
            (2, ["a-b"], plain), (2, ["EMPTY"], "\n"), (2, ["LOGIN", "--json"], "{" + plain),
            (2, ["LOGIN", "--json"], json.dumps([plain])), (2, ["LONG"], plain * 2000), (2, ["TOKEN", plain], plain),
        ]:
            refused = cli(status, "secret", "put", *words, given=given)
            expect(plain not in json.dumps(refused) or plain in words, refused)
        expect([item["name"] for item in cli(0, "secret", "list")["items"]] == ["LOGIN", "TOKEN"], "not listed")
        expect(api("GET", f"{BASE}/secrets")[1]["items"] == cli(0, "secret", "list")["items"], "another list")
        cli(0, "secret", "delete", "LOGIN")
        cli(3, "secret", "delete", "LOGIN")
        for file in self.data.iterdir():
            expect(plain.encode() not in file.read_bytes(), f"{file} holds the secret")

    def administer(self, cli, api):
        """Tenants, projects and keys beside the running server, which honours them at once."""
        at = ["--data", self.data]
        cli(0, "tenant", "create", "acme", *at)
        cli(4, "tenant", "create", "acme", *at)
        cli(2, "tenant", "create", "No Such Name", *at)
        cli(3, "project", "create", "nobody/x", *at)
        cli(0, "project", "create", "acme/billing", *at)
        made = cli(0, "key", "create", "--project", "acme/billing", "--scopes", "sessions:read", *at)
        expect(cli(0, "sessions", "--project", "billing", key=made["key"])["items"] == [], "not an empty project")
        cli(3, "sessions", "--project", "default", key=made["key"])
        cli(4, "start", "a", "--project", "billing", key=made["key"])
        cli(2, "key", "create", "--tenant", "acme", "--scopes", "everything", *at)
        self.administer_keys(cli, api, made["id"], made["key"], at)
        self.administer_retention(cli, api, at)
        expect(cli(0, "version")["version"], "no version")

    def administer_retention(self, cli, api, at):
        """A project's retention is the same beside the server and over REST."""
        project = ["project", "retention", "acme/billing"]
        path = "/v1/admin/tenants/acme/projects/billing/retention"

        def told():
            return api("GET", path, Authorization=f"Bearer {OPERATOR_KEY}")[1]

        kept = {"finished_after_days": None, "mode": None}
        expect(cli(0, *project, *at) == {"project": "acme/billing", **kept} and told() == kept, "not kept by default")
        cli(0, *project, "--after", "30", "--mode", "archive", *at)
        expect(told() == {"finished_after_days": 30, "mode": "archive"}, told())
        for words in ["--after 0", "--after 1 --keep", "--after 1 --mode x", "--mode delete"]:
            cli(2, *project, *words.split(), *at)
        cli(0, *project, "--keep", *at)
        expect(told() == kept, told())
        cli(3, "project", "retention", "acme/nothing", *at)

    def administer_keys(self, cli, api, name, key, at):
        """A key is listed, rotated with a grace, and revoked; the server follows."""
        def opens(key):
            until = time.monotonic() + 1.5  # what the server has read is believed for a second
            while time.monotonic() < until:
                if api("GET", "/v1/projects/billing/sessions", Authorization=f"Bearer {key}")[0] == 401:
                    return False
                time.sleep(0.1)
            return True

        expect([item["id"] for item in cli(0, "key", "list", "--tenant", "acme", *at)["items"]] == [name], "not listed")
        cli(3, "key", "list", "--tenant", "nobody", *at)
        cli(2, "key", "rotate", name, "--grace", "-1", *at)
        cli(3, "key", "rotate", "nothing", *at)
        rotated = cli(0, "key", "rotate", name, "--grace", "600", *at)
        expect(rotated["id"] == name and rotated["key"] != key and opens(key), f"no grace: {rotated}")
        newer = cli(0, "key", "rotate", name, "--grace", "0", *at)["key"]
        expect(not opens(rotated["key"]) and opens(newer), "the grace does not end")
        cli(0, "key", "revoke", name, *at)
        expect(not opens(newer), "a revoked key opens")
        cli(4, "key", "rotate", name, *at)
        expect(cli(0, "key", "revoke", name, *at)["revoked_at"], "not revoked")

    def check_certificate(self):
        """HTTPS is served, SIGHUP shows the new certificate, a pair that does not fit changes nothing"""
        chain, secret = self.folder / "chain.pem", self.folder / "key.pem"

        def make():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-subj", "/CN=holdpoint", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", secret,
                 "-out", chain], check=True, capture_output=True)
            return ssl.PEM_cert_to_DER_cert(chain.read_text())

        def shown():
            return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", server.port)))

        def log_has(event, count=1):
            until = time.monotonic() + PATIENCE_SECONDS
            while server.log().count(f'"event":"{event}"') < count:
                expect(time.monotonic() < until, f"no {event}: {server.log()}")
                time.sleep(0.02)

        options = ["--tls-certificate", chain, "--tls-key", secret]
        self.refused(2, "only of use together", *options[:2])
        self.refused(2, "No such file", *options)
        first = make()
        server = Server(self.binary, self.data, *options)
        try:
            log_has("listening")
            trusting = ssl.create_default_context(cafile=chain)
            old = http.client.HTTPSConnection("127.0.0.1", server.port, context=trusting, timeout=PATIENCE_SECONDS)

            def old_answers():
                old.request("GET", "/healthz")
                reply = old.getresponse()
                return reply.status == 200 and reply.read() != b""

            expect(old_answers() and shown() == first, "no HTTPS")
            expect(server.api("GET", "/healthz")[0] == 400, "plain HTTP is not refused")
            second = make()
            server.process.send_signal(signal.SIGHUP)
            log_has("certificate_renewed")
            expect(shown() == second != first and old_answers(), "not the new certificate")
            secret.write_text("nonsense")
            server.process.send_signal(signal.SIGHUP)
            log_has("certificate_refused")
            expect(shown() == second and old_answers(), "the old certificate did not stay")
            third = make()
            log_has("certificate_renewed", 2)
            expect(shown() == third, "a change of the files was not seen")
            expect(server.stop() == 0, "no good end")
        finally:
            server.stop(signal.SIGKILL)

    def check_help(self):
        """help teaches every command, and the tables of exit codes and settings are there"""
        status, output, _ = self.run("--help")
        commands = re.findall(r"^  ((?:\w+ )?[\w-]+)  +[A-Z]", output, re.M)
        expect(status == 0 and len(commands) >= 14, output)
        for command in commands:
            status, page, _ = self.run(*command.split(), "--help")
            expect(status == 0 and "Examples:" in page and "holdpoint " + command in page, f"{command}: {page}")
        for topic in ("exit-codes", "configuration", "workflows"):
            status, page, _ = self.run("help", topic)
            expect(status == 0 and len(page.splitlines()) > 10, page)
        status, _, errors = self.run("sesions")
        expect(status == 2 and "did you mean sessions?" in errors, errors)

    def all(self):
        """Runs every check; the number of those that failed."""
        passed = failed = 0
        for name in [name for name in dir(self) if name.startswith(self.PREFIX)]:
            check = getattr(self, name)
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix="holdpoint-operating."))
            try:
                check()
                passed += 1
                print(f"ok   {check.__doc__}", flush=True)
            except Exception as problem:  # one check must not hide the others
                failed += 1
                print(f"FAIL {check.__doc__}\n     {type(problem).__name__}: {problem}", flush=True)
            finally:
                shutil.rmtree(self.folder, ignore_errors=True)
        print(f"{passed} passed, {failed} failed")
        return failed


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
    if not path:
        sys.exit("usage: operating.py PATH (or set HOLDPOINT_BINARY)")
    sys.exit(1 if Checks(str(pathlib.Path(path).resolve())).all() else 0)
