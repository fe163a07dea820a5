"""One run of the workflow after another on one data folder: the server dies once in each, and people answer."""

import http.client
import json
import pathlib
import signal
import subprocess
import time

from client import Api, free_port, free_port_is_open
from supervisor import quiet_environment

HERE = pathlib.Path(__file__).resolve().parent
BASE = "/v1/projects/default"
KEY = "hp_kill_0123456789abcdef0123456789abcdef"
AGENTS = {"parcel": "parcel.yaml", "thirty-steps": "thirty_steps.yaml"}
LINES = [{"sku": "lamp", "pieces": 3}, {"sku": "bulb", "pieces": 4}, {"sku": "shade", "pieces": 2}]
ANSWERS = {
    "clarification": {"answer": "blue"}, "decision": {"decision": "air"}, "permission": {"action": "approve"},
}
ENDS = {"completed", "failed", "cancelled", "quarantined"}
CALL_SECONDS = 1
RUN_SECONDS = 60
START_SECONDS = 30
PAUSE_SECONDS = 0.02


class Stuck(Exception):
    """Something that must happen did not; the sentence says what."""


class Run:
    """What became of one run, as its clients and the service saw it."""

    def __init__(self, name, point, number):
        self.name, self.point, self.number = name, point, number
        self.hit = False
        self.deaths = 0
        self.answers = []  # (request, response) of each 200
        self.judged = []  # (session, call, verdict) of each question about a call
        self.wrong = []
        self.session = None
        self.logs = {}  # of the session, and of those that it started

    @property
    def events(self):
        return [event for log in self.logs.values() for event in log]

    def __str__(self):
        return f"{self.name} ({self.point}:{self.number})" if self.point else self.name


class Lane:
    """A data folder, the server on it, and the one who uses it: resending whatever breaks off."""

    def __init__(self, number, folder, faulty, product, service, ledger):
        self.number, self.faulty, self.product = number, faulty, product
        self.service, self.ledger = service, ledger
        self.folder = folder / f"lane-{number}"
        self.folder.mkdir()
        self.data = self.folder / "data"
        self.port = free_port()
        self.process = None

    # The server

    def launch(self, fault=None):
        variables = {"HOLDPOINT_DEV_KEY": KEY}
        binary = self.product
        if fault:
            binary = self.faulty
            variables |= {"HOLDPOINT_FAULT": fault, "HOLDPOINT_FAULT_LOG": str(self.folder / "faults.log")}
        with open(self.folder / "server.log", "a") as log:
            self.process = subprocess.Popen(
                [binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", str(self.data),
                 "--call-timeout-seconds", str(CALL_SECONDS), "--allow-address", "127.0.0.1"],
                stdout=log, stderr=log, env=quiet_environment(**variables))
        self.api = Api(f"http://127.0.0.1:{self.port}", KEY)
        end = time.monotonic() + START_SECONDS
        while not free_port_is_open(self.port):
            if self.process.poll() is not None or time.monotonic() > end:
                return
            time.sleep(0.005)

    def stop(self):
        """Ends the server in good order; its status."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "none within 30 s of SIGTERM"

    def define_agents(self):
        self.launch()
        # On an empty folder the key is made only after the port is open.
        while self.api.call("GET", "/readyz")[0] != 200:
            time.sleep(PAUSE_SECONDS)
        for name, file in AGENTS.items():
            body = {"kind": "workflow", "definition": (HERE / file).read_text()}
            status, value = self.api.call("PUT", f"{BASE}/agents/{name}", body)
            if status not in (200, 201):
                raise SystemExit(f"{file} is refused: {status} {json.dumps(value)}")
        self.stop()

    def verify(self):
        return subprocess.run(
            [self.product, "replay", "--all", "--verify", "--data", str(self.data)], capture_output=True, text=True,
            env=quiet_environment())

    # A run

    def play(self, run):
        """Takes the run from its start to its end; a server that died is started again, without a fault."""
        self.launch(f"{run.point}:{run.number}" if run.point else None)
        try:
            self._play(run)
        except Stuck as problem:
            run.wrong.append(str(problem))
        status = self.stop()
        if run.point and status == -signal.SIGKILL and self._deaths() > run.deaths:
            run.deaths += 1  # at the very end, when everything had been read
        elif status != 0:
            run.wrong.append(f"the stop ended with status {status}")
        run.hit = run.deaths > 0
        (self.folder / "faults.log").unlink(missing_ok=True)

    def _play(self, run):
        self._until(run, "POST", f"{BASE}/sessions", self.start_of(run), {200, 201})
        end = time.monotonic() + RUN_SECONDS
        while True:
            session = self._until(run, "GET", f"{BASE}/sessions/{run.name}", None, {200})
            if session["status"] in ENDS:
                break
            for request in self._until(run, "GET", f"{BASE}/requests?status=pending", None, {200})["items"]:
                self._answer(run, request)
            if time.monotonic() > end:
                raise Stuck(f"no end after {RUN_SECONDS} s: {session['status']}, seq {session['seq']}")
            time.sleep(PAUSE_SECONDS)
        self.read(run)

    def start_of(self, run):
        """What the run is begun with."""
        return {
            "agent": "thirty-steps", "id": run.name,
            "input": {"base": f"{self.service}/{run.name}", "order": "K-7", "lines": LINES},
        }

    def read(self, run):
        """What became of it: the session, its log, and the logs of those that it started."""
        run.session = self._until(run, "GET", f"{BASE}/sessions/{run.name}", None, {200})
        names = [run.name]
        for name in names:
            run.logs[name] = self._log(run, name)
            names += [event["data"]["session"] for event in run.logs[name] if event["type"] == "child_started"]

    def _log(self, run, name):
        log = []
        while True:
            page = self._until(run, "GET", f"{BASE}/sessions/{name}/events?after={len(log)}&limit=1000", None, {200})
            log += page["items"]
            if not page["has_more"]:
                return log

    def _until(self, run, method, path, body, wanted):
        """The value of the first answer with such a status; sent again while answers are lost or come later (202)."""
        end = time.monotonic() + RUN_SECONDS
        while time.monotonic() < end:
            try:
                status, value = self.api.once(method, path, body, timeout=10)
            except (OSError, http.client.HTTPException):
                self._revive(run)
                continue
            if status in wanted:
                return value
            if status not in (202, 429, 502, 503, 504):
                raise Stuck(f"{method} {path}: {status} {json.dumps(value)}")
            time.sleep(PAUSE_SECONDS)
        raise Stuck(f"{method} {path}: no answer within {RUN_SECONDS} s")

    def _revive(self, run):
        # The connection breaks a moment before the process has ended.
        for _ in range(50):
            status = self.process.poll()
            if status is not None:
                break
            time.sleep(0.002)
        if status is None:
            return
        if status == -signal.SIGKILL and self._deaths() == run.deaths + 1:
            run.deaths += 1
        else:
            run.wrong.append(f"the server ended by itself with status {status}")
        if len(run.wrong) > 3:
            raise Stuck("it does not stay alive")
        self.launch()

    def _deaths(self):
        log = self.folder / "faults.log"
        return len(log.read_text().split()) if log.exists() else 0

    # The people

    def _answer(self, run, request):
        response = self.opinion(run, request)
        path = f"{BASE}/requests/{request['id']}/respond"
        self._until(run, "POST", path, {"response": response}, {200})
        run.answers.append((request["id"], response))

    def opinion(self, run, request):
        """What a person says; about a call whose outcome is unknown, what the service's own ledger says."""
        if request.get("decision_type") != "unknown_outcome":
            return ANSWERS[request["type"]]
        session, call = request["session"], request["context"]["call"]
        # A refusal (503) is no effect.
        made = {row["key"] for row in self.ledger.rows(run) if row["status"] < 300}
        verdict = "done" if f"dev:default:{session}:{call}" in made else "repeat"
        run.judged.append((session, call, verdict))
        return {"decision": verdict}
