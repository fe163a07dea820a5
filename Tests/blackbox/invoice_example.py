#!/usr/bin/env python3
"""The invoice example under kill -9, as a script and as a workflow: each order is billed once, as it was decided.

    HOLDPOINT_BINARY=.build/debug/holdpoint Tests/blackbox/invoice_example.py [--seed N] [--kills N]

The script is killed at random moments, the server too, while answers of every kind come in. Then the invoices, the
requests and the sessions are compared with what was decided. The workflow's sessions are answered after a kill. Ends
with "N passed, N failed".
"""

import argparse
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLE = os.path.join(TOP, "docs", "examples", "invoice")
BINARY = os.environ.get("HOLDPOINT_BINARY", os.path.join(TOP, ".build", "debug", "holdpoint"))
PATIENCE_SECONDS = 60
ORDERS = 24
EDITED = {"order-edit-text": "77.00", "order-edit-number": 1234.5, "order-edit-whole": 12}
# One of these is decided for each order over the threshold, in turn.
DECISIONS = ["approve", "reject", *EDITED, "order-edit-foreign"]


def environment(**more):
    """This one without the settings of another Holdpoint, which the server would take for its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HOLDPOINT_")} | more


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def order(number):
    large = number % 2 == 0
    return {
        "order": f"K-{number}",
        "customer": f"Customer {number}",
        "item": "a thing",
        "amount_eur": f"{2000 + number if large else 100 + number}.00",
    }


def decision(number):
    return DECISIONS[number // 2 % len(DECISIONS)] if number % 2 == 0 else None


def response(number, arguments):
    """The answer that a person gives to the request of this order."""
    kind = decision(number)
    if kind == "approve":
        return {"action": "approve"}
    if kind == "reject":
        return {"action": "reject", "feedback": f"not {number}"}
    changed = {"order": "K-0"} if kind == "order-edit-foreign" else {"amount_eur": EDITED[kind]}
    return {"action": "edit", "arguments": arguments | changed}


def expected_cents(number):
    """What the order must be billed, or None when it must not be."""
    kind = decision(number)
    if kind in ("reject", "order-edit-foreign"):
        return None
    return round(float(EDITED.get(kind, order(number)["amount_eur"])) * 100)


class World:
    """The server, the billing service and the agent, each a process that may be killed."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.server_log = open(os.path.join(folder, "server.log"), "ab")
        self.agent_log = open(os.path.join(folder, "agent.log"), "ab")
        self.server = self.billing = self.agent = None
        self.key = self.billing_url = None

    def log(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def start_server(self):
        data = os.path.join(self.folder, "data")
        self.server = subprocess.Popen(
            [BINARY, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", data, "--allow-address", "127.0.0.1"],
            stdout=self.server_log, stderr=self.server_log, env=environment(),
        )
        self.until("the server is ready", self.is_ready)
        self.key = re.search(r"hp_[A-Za-z0-9]+_[A-Za-z0-9_-]+", self.log("server.log")).group()

    def is_ready(self):
        if self.server.poll() is not None:
            raise AssertionError(f"the server ended: {self.log('server.log')[-2000:]}")
        try:
            with self.opener.open(self.url + "/readyz", timeout=5):
                return True
        except OSError:
            return False

    def start_billing(self):
        log = open(os.path.join(self.folder, "billing.log"), "wb")
        self.billing = subprocess.Popen(
            [sys.executable, os.path.join(EXAMPLE, "billing.py"), "--listen", "127.0.0.1:0",
             "--data", os.path.join(self.folder, "billing.sqlite")],
            stdout=log, stderr=log,
        )
        self.until("billing is ready", lambda: "billing: " in self.log("billing.log"))
        self.billing_url = re.search(r"billing: (\S+)", self.log("billing.log")).group(1)

    def start_agent(self, orders, *options):
        path = os.path.join(self.folder, "orders.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(orders, file)
        self.agent = subprocess.Popen(
            [sys.executable, os.path.join(EXAMPLE, "agent.py"), path, *options],
            stdout=self.agent_log, stderr=self.agent_log,
            env=environment(HOLDPOINT_URL=self.url, HOLDPOINT_KEY=self.key, BILLING_URL=self.billing_url),
        )

    def call(self, method, path, body=None):
        """(status, value); an OSError while the server is away."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            f"{self.url}/v1/projects/default{path}", data=data, headers=headers, method=method)
        try:
            with self.opener.open(request, timeout=PATIENCE_SECONDS) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as answer:
            return answer.code, json.loads(answer.read() or b"{}")

    def until(self, what, condition):
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"not within {PATIENCE_SECONDS} s: {what}")
            time.sleep(0.05)

    def kill(self, *processes):
        for process in processes:
            if process:
                process.kill()
                process.wait()

    def close(self):
        self.kill(self.agent, self.server, self.billing)
        self.server_log.close()
        self.agent_log.close()


def answer_some(world, chance):
    """Answers some of the requests that wait; the server may be away at any moment."""
    try:
        status, page = world.call("GET", "/requests?status=pending&limit=100")
        for request in page.get("items", []) if status == 200 else []:
            if chance.random() < 0.03:
                number = int(request["arguments"]["order"].removeprefix("K-"))
                world.call("POST", f"/requests/{request['id']}/respond",
                           {"response": response(number, request["arguments"])})
    except (OSError, ValueError):
        pass  # killed in between: the same request is asked for again


def work_off_under_kills(world, chance, kills):
    stop = threading.Event()

    def answer():
        while not stop.wait(0.05):
            answer_some(world, chance)

    answering = threading.Thread(target=answer)
    answering.start()
    try:
        for _ in range(kills):
            world.start_agent([order(number) for number in range(ORDERS)])
            time.sleep(chance.uniform(0.15, 1.5))
            world.kill(world.agent)
            if chance.random() < 0.4:
                world.kill(world.server)
                world.start_server()
        world.start_agent([order(number) for number in range(ORDERS)])
        world.until("the last agent is through", lambda: world.agent.poll() is not None)
    finally:
        stop.set()
        answering.join()


# What is done with each order of the workflow, and what it is billed in cents; None: not at all.
WORKFLOW = {
    "W-small": (None, 150000), "W-approved": ("approve", 200000), "W-rejected": ("reject", None),
    "W-edited": ("edit", 7700), "W-foreign": ("order-edit-foreign", 200000), "W-unanswered": (None, None),
}


class WorkflowOrders:
    """The workflow document of the example: every order a session, answered by a person, and the server killed."""

    def __init__(self, world, checks):
        self.world = world
        self.checks = checks

    def run(self):
        with open(os.path.join(EXAMPLE, "invoice.yaml"), encoding="utf-8") as file:
            text = file.read().replace("http://127.0.0.1:8090", self.world.billing_url)
        self.put("invoice-workflow", text)
        self.put("invoice-hasty", text.replace("expires_in: 1800", "expires_in: 1"))
        for name, (_, cents) in WORKFLOW.items():
            amount = f"{cents / 100:.2f}" if name == "W-small" else "2000.00"
            self.start("invoice-hasty" if name == "W-unanswered" else "invoice-workflow", name, amount)
        for name in WORKFLOW:
            self.world.until(f"{name} stands still", lambda: self.session(name)["status"] != "running")
        self.checks.equal("invoices before anybody was asked", self.billed(), {"W-small": 150000})
        self.world.kill(self.world.server)
        self.world.start_server()
        for name, (decision, _) in WORKFLOW.items():
            if decision:
                self.answer(name, decision)
        for name, (decision, cents) in WORKFLOW.items():
            self.world.until(f"{name} ends", lambda: self.session(name)["status"] not in ("running", "waiting"))
            self.check(name, decision, cents)
        self.checks.equal("invoices", self.billed(), {name: cents for name, (_, cents) in WORKFLOW.items() if cents})

    def put(self, agent, text):
        status, reply = self.world.call("PUT", f"/agents/{agent}", {"kind": "workflow", "definition": text})
        self.checks.equal(f"{agent}: put", (status, reply.get("version")), (200, 1))

    def start(self, agent, name, amount):
        body = {"order": name, "customer": "Customer", "item": "a thing", "amount_eur": amount}
        status, _ = self.world.call("POST", "/sessions", {"agent": agent, "id": name, "input": body})
        self.checks.equal(f"{name}: start", status, 201)

    def session(self, name):
        return self.world.call("GET", f"/sessions/{name}")[1]

    def respond(self, request, response):
        return self.world.call("POST", f"/requests/{request}/respond", {"response": response})[0]

    def answer(self, name, decision):
        request = self.session(name)["open_requests"][0]
        arguments = request["arguments"]
        self.checks.equal(f"{name}: the call that is shown", arguments, {
            "method": "POST", "uri": f"{self.world.billing_url}/invoices",
            "body": {"order": name, "customer": "Customer", "amount_eur": "2000.00"}})
        if decision == "edit":
            arguments["body"]["amount_eur"] = "77.00"
            response = {"action": "edit", "arguments": arguments}
        elif decision == "order-edit-foreign":
            foreign = arguments | {"body": arguments["body"] | {"order": "W-other"}}
            status = self.respond(request["id"], {"action": "edit", "arguments": foreign})
            self.checks.equal(f"{name}: an edit of another order", status, 422)
            response = {"action": "approve"}
        else:
            response = {"action": decision, **({"feedback": "not now"} if decision == "reject" else {})}
        self.checks.equal(f"{name}: answer", self.respond(request["id"], response), 200)

    def check(self, name, decision, cents):
        session = self.session(name)
        output = session["output"] or {}
        if cents:
            found, expected = (output.get("outcome"), output.get("amount_cents")), ("billed", cents)
        else:
            found = (output.get("outcome"), output.get("reason"), output.get("detail"))
            expected = ("skipped", "rejected", "not now") if decision else (
                "skipped", "expired", "nobody answered in time")
        self.checks.equal(f"{name}: output", (session["status"], *found), ("completed", *expected))
        events = self.world.call("GET", f"/sessions/{name}/events?limit=100")[1]["items"]
        calls = [event["data"] for event in events if event["type"] == "tool_proposed"]
        self.checks.equal(f"{name}: calls", len(calls), 1 if cents else 0)
        if cents and decision:
            # I7: what was allowed is what was called.
            request = self.world.call("GET", f"/requests?session={name}")[1]["items"][0]
            self.checks.equal(f"{name}: digest", calls[0]["arguments_digest"], request["approved_digest"])

    def billed(self):
        with sqlite3.connect(os.path.join(self.world.folder, "billing.sqlite")) as books:
            once = "select order_id, sum(amount_cents) from ledger where order_id like 'W-%' group by 1"
            return dict(books.execute(once))


class Checks:
    """Counts what held and says what did not."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def equal(self, what, found, expected):
        if found == expected:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}: expected {expected!r}, found {found!r}")


def check_orders(world, checks):
    with sqlite3.connect(os.path.join(world.folder, "billing.sqlite")) as books:
        billed = dict(books.execute("select order_id, amount_cents from invoices"))
        created = dict(books.execute("select order_id, count(*) from ledger where outcome = 'created' group by 1"))
        refused = books.execute("select count(*) from ledger where outcome = 'refused'").fetchone()[0]
    _, page = world.call("GET", "/requests?limit=100")
    asked = {}
    for request in page["items"]:
        asked[request["arguments"]["order"]] = asked.get(request["arguments"]["order"], 0) + 1
    for number in range(ORDERS):
        name, kind = f"K-{number}", decision(number)
        checks.equal(f"{name} ({kind}) billed", billed.get(name), expected_cents(number))
        checks.equal(f"{name} invoices made", created.get(name, 0), 0 if expected_cents(number) is None else 1)
        checks.equal(f"{name} questions asked", asked.get(name, 0), 1 if kind else 0)
        session = world.call("GET", f"/sessions/invoice-k-{number}")[1]
        expected = "failed" if kind == "order-edit-foreign" else "completed"
        checks.equal(f"{name} session", session.get("status"), expected)
        if kind == "reject":
            checks.equal(f"{name} feedback", session["output"].get("feedback"), f"not {number}")
    checks.equal("calls that billing refused", refused, 0)
    # The orders whose edit named another order are what the agent could not do.
    checks.equal("exit status of the agent", world.agent.returncode, 1)


def check_expiry(world, checks):
    """I8: silence is not yes. Nobody answers, and nothing is billed."""
    late = order(1000)
    world.start_agent([late], "--answer-within", "1")
    world.until("the agent gives up on an answer", lambda: world.agent.poll() is not None)
    session = world.call("GET", "/sessions/invoice-k-1000")[1]
    checks.equal("unanswered order: exit status", world.agent.returncode, 0)
    checks.equal("unanswered order: output", session.get("output"),
                 {"outcome": "skipped", "reason": "expired", "feedback": None})
    with sqlite3.connect(os.path.join(world.folder, "billing.sqlite")) as books:
        count = books.execute("select count(*) from invoices where order_id = 'K-1000'").fetchone()[0]
    checks.equal("unanswered order: invoices", count, 0)


def check_replay(world, checks):
    world.server.terminate()
    checks.equal("exit status of the server", world.server.wait(timeout=PATIENCE_SECONDS), 0)
    replay = subprocess.run(
        [BINARY, "replay", "--all", "--verify", "--data", os.path.join(world.folder, "data")],
        capture_output=True, text=True, timeout=PATIENCE_SECONDS, env=environment(),
    )
    checks.equal("replay --all --verify", (replay.returncode, replay.stderr), (0, ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--kills", type=int, default=15)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    folder = tempfile.mkdtemp(prefix="holdpoint-invoice-")
    world = World(folder)
    checks = Checks()
    try:
        world.start_server()
        world.start_billing()
        work_off_under_kills(world, random.Random(options.seed), options.kills)
        check_orders(world, checks)
        check_expiry(world, checks)
        WorkflowOrders(world, checks).run()
        check_replay(world, checks)
    except AssertionError as failure:
        checks.equal("the run", str(failure), "went through")
    finally:
        if checks.failed:
            print(world.log("agent.log")[-3000:])
        world.close()
        shutil.rmtree(folder)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
