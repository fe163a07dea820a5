#!/usr/bin/env python3
"""A billing service: invoices over HTTP, kept in its own SQLite database.

    billing.py --data billing.sqlite [--listen 127.0.0.1:8090]

    POST /invoices   {"order", "customer", "amount_eur"} with an Idempotency-Key header
                     201 created; 200 the invoice that this key already made; 409 the order has an invoice under
                     another key; 422 the key came with another body; 400 anything that does not fit
    GET /invoices    the invoices, one per order
    GET /ledger      every call that was received, in order, with what came of it

Both an invoice and its ledger row are on the disk before the answer is sent.
"""

import argparse
import datetime
import json
import sqlite3
import sys
from decimal import Decimal, InvalidOperation
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAXIMUM_BODY_BYTES = 64 * 1024
LOCK_TIMEOUT_SECONDS = 30

SCHEMA = """
create table if not exists invoices (
    number integer primary key autoincrement,
    order_id text not null unique,
    idempotency_key text not null unique,
    customer text not null,
    amount_cents integer not null check (amount_cents > 0),
    created_at text not null
);
create table if not exists ledger (
    n integer primary key autoincrement,
    received_at text not null,
    idempotency_key text not null,
    order_id text not null,
    amount_cents integer not null,
    outcome text not null check (outcome in ('created', 'repeated', 'refused'))
);
"""


class Refusal(Exception):
    """A request that is answered with a status and a sentence."""

    def __init__(self, status, detail):
        super().__init__(detail)
        self.status = status
        self.detail = detail


def cents(value):
    """The amount in cents; refuses what is no positive amount with at most two decimals."""
    try:
        amount = Decimal(str(value)) * 100
    except InvalidOperation:
        raise Refusal(400, f"amount_eur: {value!r} is no amount") from None
    if not amount.is_finite() or amount <= 0 or amount >= 10**12 or amount != amount.to_integral_value():
        raise Refusal(400, "amount_eur must be above zero, with at most two decimals")
    return int(amount)


class Books:
    """The database. Each call opens it anew, so that any number of threads may call."""

    def __init__(self, path):
        self.path = path
        database = self.connect()
        database.executescript("pragma journal_mode = wal;" + SCHEMA)
        database.close()

    def connect(self):
        database = sqlite3.connect(self.path, timeout=LOCK_TIMEOUT_SECONDS, isolation_level=None)
        database.execute("pragma synchronous = full")
        database.row_factory = sqlite3.Row
        return database

    def rows(self, query):
        database = self.connect()
        try:
            return [dict(row) for row in database.execute(query)]
        finally:
            database.close()

    def bill(self, key, order, customer, amount_cents):
        """Makes the invoice, or finds the one that this key made; (status, invoice or None, detail)."""
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        database = self.connect()
        try:
            # The write lock from the start: two equal calls at once are one after the other.
            database.execute("begin immediate")
            status, invoice, detail = self._decide(database, key, order, customer, amount_cents, now)
            outcome = {201: "created", 200: "repeated"}.get(status, "refused")
            database.execute(
                "insert into ledger (received_at, idempotency_key, order_id, amount_cents, outcome)"
                " values (?, ?, ?, ?, ?)",
                (now, key, order, amount_cents, outcome),
            )
            database.execute("commit")
            return status, invoice, detail
        finally:
            database.close()

    def _decide(self, database, key, order, customer, amount_cents, now):
        found = database.execute("select * from invoices where idempotency_key = ?", (key,)).fetchone()
        if found:
            same = (found["order_id"], found["customer"], found["amount_cents"]) == (order, customer, amount_cents)
            if same:
                return 200, dict(found), None
            return 422, None, "this Idempotency-Key came with another body before"
        if database.execute("select 1 from invoices where order_id = ?", (order,)).fetchone():
            return 409, None, f"order {order} has an invoice under another key"
        database.execute(
            "insert into invoices (order_id, idempotency_key, customer, amount_cents, created_at)"
            " values (?, ?, ?, ?, ?)",
            (order, key, customer, amount_cents, now),
        )
        made = database.execute("select * from invoices where idempotency_key = ?", (key,)).fetchone()
        return 201, dict(made), None


class Handler(BaseHTTPRequestHandler):
    """Routes, and the translation between HTTP and the books."""

    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds that an idle connection is kept

    def do_GET(self):
        if self.path == "/invoices":
            self.answer(200, {"items": self.server.books.rows("select * from invoices order by number")})
        elif self.path == "/ledger":
            self.answer(200, {"items": self.server.books.rows("select * from ledger order by n")})
        else:
            self.answer(404, {"detail": "no such page"})

    def do_POST(self):
        try:
            body = self.body()
            if self.path != "/invoices":
                raise Refusal(404, "no such page")
            key = self.headers.get("Idempotency-Key", "").strip()
            if not key or len(key) > 255:
                raise Refusal(400, "an Idempotency-Key of 1 to 255 characters is required")
            status, invoice, detail = self.server.books.bill(
                key, self.text(body, "order"), self.text(body, "customer"), cents(body.get("amount_eur"))
            )
            self.answer(status, invoice or {"detail": detail})
        except Refusal as refusal:
            self.answer(refusal.status, {"detail": refusal.detail})

    def body(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAXIMUM_BODY_BYTES:
            self.close_connection = True  # what follows cannot be told apart from a next request
            raise Refusal(413 if length.isdecimal() else 411, f"a body of at most {MAXIMUM_BODY_BYTES} bytes is needed")
        try:
            body = json.loads(self.rfile.read(int(length)), parse_float=Decimal)
        except ValueError:
            raise Refusal(400, "the body is no JSON") from None
        if not isinstance(body, dict):
            raise Refusal(400, "the body is no object")
        return body

    @staticmethod
    def text(body, name):
        value = body.get(name)
        if not isinstance(value, str) or not value.strip():
            raise Refusal(400, f"{name} must be a text")
        return value

    def answer(self, status, value):
        payload = (json.dumps(value, ensure_ascii=False) + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format, *arguments):
        """Says nothing per request: the ledger is the log."""


class Server(ThreadingHTTPServer):
    """One thread per connection, all on the same books."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, books):
        self.books = books
        super().__init__(address, Handler)

    def handle_error(self, request, client_address):
        """A caller that is gone before its answer is no error here: it will ask again."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser(description="A billing service for the invoice example.")
    parser.add_argument("--listen", default="127.0.0.1:8090", metavar="HOST:PORT", help="port 0 takes a free one")
    parser.add_argument("--data", default="billing.sqlite", metavar="FILE", help="the database")
    options = parser.parse_args()
    host, _, port = options.listen.rpartition(":")
    if not host or not port.isdecimal():
        parser.error(f"--listen: {options.listen!r} is not HOST:PORT")
    server = Server((host, int(port)), Books(options.data))
    print(f"billing: http://{host}:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
