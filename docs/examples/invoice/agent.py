#!/usr/bin/env python3
"""An agent that bills orders, and asks a person before it sends an invoice over 1,500 EUR.

    HOLDPOINT_URL=http://127.0.0.1:8080 HOLDPOINT_KEY=hp_… BILLING_URL=http://127.0.0.1:8090 agent.py orders.csv

Each order is one Holdpoint session, whose id comes from the order. All that the agent must remember is there, so it may
be killed and started again at any point: it finds the session, the same request and the same answer, and the billing
service knows the invoice by the session's key. Whatever happens, an order is billed once.

Exit status: 0 every order was billed or skipped; 1 some were not, and it said why; 2 wrong usage.
"""

import argparse
import csv
import http.client
import json
import os
import random
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor, as_completed
from decimal import Decimal, InvalidOperation

THRESHOLD_EUR = Decimal("1500")
DEFAULT_ANSWER_WITHIN_SECONDS = 30 * 60
LONG_POLL_SECONDS = 30
ORDERS_AT_ONCE = 8
WAITING_AT_ONCE = 100  # more wait behind these; orders that need no answer never do
FIRST_RETRY_SECONDS = 0.2
LONGEST_RETRY_SECONDS = 5.0


class Stop(Exception):
    """This order cannot go on now; the sentence says why."""


class Service:
    """JSON over HTTP, tried again while the other side is away.

    Every call made here may safely be made twice: it reads, names what it makes by id, or carries an Idempotency-Key.
    """

    def __init__(self, url, key=None, give_up_seconds=600):
        self.url = url.rstrip("/")
        self.key = key
        self.give_up_seconds = give_up_seconds
        # Both services are near: no proxy of the environment gets to see the key.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method, path, body=None, idempotency_key=None, wait_seconds=None):
        """(status, value) of the first answer that is not 'try again later'."""
        headers = {"Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        if wait_seconds:
            headers["Prefer"] = f"wait={wait_seconds}"
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        pause = FIRST_RETRY_SECONDS
        give_up_at = time.monotonic() + self.give_up_seconds
        while True:
            try:
                return self.once(request, (wait_seconds or 0) + 30)
            except (OSError, http.client.HTTPException) as problem:
                if time.monotonic() >= give_up_at:
                    raise Stop(f"{self.url} does not answer: {problem}") from None
                time.sleep(min(getattr(problem, "retry_after", pause), LONGEST_RETRY_SECONDS) * random.uniform(0.5, 1))
                pause = min(pause * 2, LONGEST_RETRY_SECONDS)

    def once(self, request, timeout_seconds):
        try:
            with self.opener.open(request, timeout=timeout_seconds) as response:
                return response.status, parse(response.read())
        except urllib.error.HTTPError as answer:
            with answer:
                value = parse(answer.read())
            if answer.code in (408, 425, 429) or answer.code >= 500:
                later = OSError(f"status {answer.code}")
                after = answer.headers.get("Retry-After", "")
                if after.isdecimal():
                    later.retry_after = float(after)
                raise later from None
            return answer.code, value


def parse(payload):
    """The JSON of an answer; {} for none, so that a broken page in between is shown and not a traceback."""
    try:
        return json.loads(payload, parse_float=Decimal) if payload else {}
    except ValueError:
        return {"detail": "the answer is no JSON"}


class Invoicing:
    """What is done with one order, told as the steps of its session."""

    def __init__(self, holdpoint, billing, project, answer_within_seconds):
        self.holdpoint = holdpoint
        self.billing = billing
        self.answer_within_seconds = answer_within_seconds
        self.base = f"/v1/projects/{project}"

    def define(self):
        """Makes the agent known; again is no change."""
        self.expect((200, 201), "PUT", "/agents/invoice", {"kind": "external"})

    def expect(self, statuses, method, path, body=None, **options):
        status, value = self.holdpoint.call(method, self.base + path, body, **options)
        if status not in statuses:
            raise Stop(f"{method} {path}: {status} {value.get('detail') or value.get('title') or value}")
        return value

    def act(self, session, statuses, path, body, key):
        """Posts to a session; while an operator has it paused, waits until it is resumed."""
        while True:
            target = f"{self.base}/sessions/{session}{path}"
            status, value = self.holdpoint.call("POST", target, body, idempotency_key=f"{session}-{key}")
            if status in statuses:
                return value
            if status != 409 or self.state(session)["status"] != "paused":
                raise Stop(f"{path}: {status} {value.get('detail') or value.get('title') or value}")
            # A paused session is at rest for a long poll too, which would come back at once: so this one is timed.
            time.sleep(LONGEST_RETRY_SECONDS * random.uniform(0.5, 1))

    def state(self, session):
        return self.expect((200,), "GET", f"/sessions/{session}")

    def begin(self, order):
        """Bills a small order; opens the request for a large one. The request to wait for, or None when finished."""
        session = session_id(order)
        started = self.expect((200, 201), "POST", "/sessions", {"agent": "invoice", "id": session, "input": order})
        if started["status"] == "completed":
            say(order, f"was finished before: {outcome(started.get('output'))}")
            return None
        if started["status"] in ("failed", "cancelled", "quarantined"):
            raise Stop(f"its session is {started['status']}")
        needs_answer = Decimal(order["amount_eur"]) > THRESHOLD_EUR
        self.act(
            session, (200, 201), "/steps",
            {"name": "checked", "data": {"amount_eur": order["amount_eur"], "needs_answer": needs_answer}}, "checked",
        )
        if not needs_answer:
            self.bill(order, arguments(order))
            return None
        request = self.act(
            session, (200, 201), "/requests",
            {
                "type": "permission",
                "title": f"Send an invoice over {order['amount_eur']} EUR to {order['customer']}?",
                "message": f"Order {order['order']}: {order['item']}.",
                "tool": "create_and_send_invoice",
                "arguments": arguments(order),
                "allow_edit": True,
                "expires_in": self.answer_within_seconds,
            },
            "permission",
        )
        if request["status"] == "pending":
            say(order, f"waits for a person: request {request['id']}")
        return request["id"]

    def finish(self, order, request_id):
        """Waits for the answer, however long it takes, and does what it says."""
        while True:
            request = self.expect((200,), "GET", f"/requests/{request_id}", wait_seconds=LONG_POLL_SECONDS)
            if request["status"] != "pending":
                break
        response = request.get("response") or {}
        if request["status"] == "answered" and response.get("action") == "approve":
            self.bill(order, arguments(order))
        elif request["status"] == "answered" and response.get("action") == "edit":
            self.bill(order, self.edited(order, response.get("arguments")))
        elif request["status"] == "answered":
            self.skip(order, "rejected", response.get("feedback"))
        else:
            # Silence is not yes: a permission that nobody answered counts as rejected.
            self.skip(order, request["status"], None)

    def edited(self, order, changed):
        """What a person put in place of the proposal: another amount or name, but never another order."""
        if isinstance(changed, dict) and isinstance(changed.get("amount_eur"), (int, Decimal)):
            changed["amount_eur"] = str(changed["amount_eur"])  # edited as a number: the same digits
        if not isinstance(changed, dict) or set(changed) != set(arguments(order)):
            self.fail(order, "the edited arguments do not have the fields of the proposal")
        if changed["order"] != order["order"]:
            self.fail(order, "the edited arguments name another order")
        return changed

    def bill(self, order, invoice):
        """Calls the billing service under the session's key, and records what came of it."""
        session = session_id(order)
        status, made = self.billing.call("POST", "/invoices", invoice, idempotency_key=f"{session}-invoice")
        if status not in (200, 201):
            self.fail(order, f"billing refused: {status} {made.get('detail')}")
        output = {"outcome": "billed", "invoice": made["number"], "amount_eur": invoice["amount_eur"]}
        self.act(session, (200,), "/complete", {"output": output}, "complete")
        say(order, outcome(output))

    def skip(self, order, reason, feedback):
        output = {"outcome": "skipped", "reason": reason, "feedback": feedback}
        self.act(session_id(order), (200,), "/complete", {"output": output}, "complete")
        say(order, outcome(output))

    def fail(self, order, detail):
        """Ends the session as failed: starting again would not help."""
        error = {"type": "about:blank", "title": "The order cannot be billed", "detail": detail}
        self.act(session_id(order), (200,), "/fail", {"error": error}, "fail")
        raise Stop(detail)


def session_id(order):
    return f"invoice-{order['order'].lower()}"


def arguments(order):
    """The call that is proposed: exactly what billing gets when it is approved as it stands."""
    return {name: order[name] for name in ("order", "customer", "amount_eur")}


def outcome(output):
    output = output or {}
    if output.get("outcome") == "billed":
        return f"billed {output['amount_eur']} EUR, invoice {output['invoice']}"
    feedback = output.get("feedback")
    return f"skipped ({output.get('reason')})" + (f": {feedback}" if feedback else "")


SAY = threading.Lock()


def say(order, text):
    with SAY:
        print(f"{order['order']}: {text}", flush=True)


def read_orders(path):
    """The list of orders, checked before the first of them is touched."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = json.load(file) if path.endswith(".json") else list(csv.DictReader(file))
    orders = {}
    for number, row in enumerate(rows, start=1):
        order = {name: str(row.get(name) or "").strip() for name in ("order", "customer", "item", "amount_eur")}
        try:
            amount = Decimal(order["amount_eur"])
        except InvalidOperation:
            raise ValueError(f"row {number}: amount_eur is no amount") from None
        if not all(order.values()) or not amount.is_finite() or amount <= 0:
            raise ValueError(f"row {number}: order, customer, item and an amount above zero are needed")
        if not all(c.isascii() and (c.isalnum() or c == "-") for c in order["order"]):
            raise ValueError(f"row {number}: an order's name is letters, digits and '-'")
        # The amount is carried as text: it is shown, approved and billed digit for digit.
        order["amount_eur"] = f"{amount:.2f}"
        if orders.setdefault(session_id(order), order) != order:
            raise ValueError(f"row {number}: order {order['order']} stands there twice, and differs")
    return list(orders.values())


def work_off(invoicing, orders):
    """Works on all orders; a waiting one blocks no other. How many could not be finished."""
    failed = 0

    def settle(futures, follow=None):
        nonlocal failed
        for future in as_completed(futures):
            try:
                result = future.result()
                if follow and result is not None:
                    follow(futures[future], result)
            except Stop as stop:
                failed += 1
                say(futures[future], f"cannot be finished: {stop}")

    with ThreadPoolExecutor(WAITING_AT_ONCE) as waiters, ThreadPoolExecutor(ORDERS_AT_ONCE) as workers:
        waiting = {}

        def wait_for_answer(order, request_id):
            waiting[waiters.submit(invoicing.finish, order, request_id)] = order

        settle({workers.submit(invoicing.begin, order): order for order in orders}, wait_for_answer)
        settle(waiting)
    return failed


def main():
    parser = argparse.ArgumentParser(description="Bills orders; asks a person before an invoice over 1,500 EUR.")
    parser.add_argument("orders", help="a .csv or .json file with order, customer, item, amount_eur")
    parser.add_argument("--project", default="default")
    parser.add_argument(
        "--answer-within", type=int, default=DEFAULT_ANSWER_WITHIN_SECONDS, metavar="SECONDS",
        help="after this long without an answer an invoice counts as rejected (default: 1800)",
    )
    parser.add_argument("--give-up", type=float, default=600, metavar="SECONDS", help="how long to try a silent server")
    options = parser.parse_args()
    missing = [name for name in ("HOLDPOINT_URL", "HOLDPOINT_KEY", "BILLING_URL") if not os.environ.get(name)]
    if missing:
        parser.error(f"set {', '.join(missing)}")
    try:
        orders = read_orders(options.orders)
    except (OSError, ValueError) as problem:
        parser.error(f"{options.orders}: {problem}")
    # To be interrupted is to be killed: there is nothing to tidy up, and no thread to wait for.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    holdpoint = Service(os.environ["HOLDPOINT_URL"], os.environ["HOLDPOINT_KEY"], options.give_up)
    billing = Service(os.environ["BILLING_URL"], give_up_seconds=options.give_up)
    invoicing = Invoicing(holdpoint, billing, options.project, options.answer_within)
    try:
        invoicing.define()
    except Stop as stop:
        print(f"agent: {stop}", file=sys.stderr)
        return 1
    failed = work_off(invoicing, orders)
    print(f"{len(orders) - failed} of {len(orders)} orders are finished", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
