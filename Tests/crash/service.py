#!/usr/bin/env python3
"""A stand-in for the services that a workflow calls: it answers by the path, and keeps a ledger of every request.

    service.py --ledger FILE [--listen 127.0.0.1:0]

The ledger is a file of JSON lines, one for each request, written before the request is answered: run (the first part
of the path), method, path, key (`Idempotency-Key`), body, status, and when. A key that was answered before gets the
same answer again, and another line. Below `/flaky/` the first keys get 503. Prints "service: URL" once it listens.
"""

import argparse
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# How long an answer takes: long enough for a death while the request is under way.
THINKING_SECONDS = 0.02
# How many keys are turned away before one is served.
REFUSALS = {"/flaky/quote": 2, "/flaky/freight": 1}
ANSWERS = {
    "/customers/7": {"id": 7, "tier": "gold"}, "/prices/lamp": {"sku": "lamp", "cents": 4200},
    "/flaky/quote": {"cents": 12900},
}


class Ledger:
    """Every request in the order of arrival, and which key got which answer."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.lock = threading.Lock()
        self.statuses = {}  # (run, path, key): status
        self.refused = {}  # (run, path): how many keys

    def enter(self, run, method, path, key, body):
        """Writes a request down; the status that it gets."""
        with self.lock:
            known = self.statuses.get((run, path, key))
            status = known or self._judge(run, method, path)
            self.statuses[run, path, key] = status
            line = {
                "run": run, "method": method, "path": path, "key": key, "body": body, "status": status,
                "at": round(time.time(), 3),
            }
            os.write(self.file, (json.dumps(line, ensure_ascii=False) + "\n").encode())
            return status

    def _judge(self, run, method, path):
        refused = self.refused.get((run, path), 0)
        if refused < REFUSALS.get(path, 0):
            self.refused[run, path] = refused + 1
            return 503
        return 201 if method == "POST" else 200


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        _, run, rest = self.path.split("/", 2)
        path = "/" + rest
        status = self.server.ledger.enter(run, self.command, path, self.headers.get("Idempotency-Key"), body)
        time.sleep(THINKING_SECONDS)
        payload = json.dumps(ANSWERS.get(path, {"stored": True}) if status < 300 else {"busy": True}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_PUT = do_POST = serve

    def handle(self):
        try:
            super().handle()
        except ConnectionError:
            pass  # the caller died; its request is in the ledger

    def log_message(self, *_):
        pass


class Service(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--listen", default="127.0.0.1:0")
    options = parser.parse_args()
    host, port = options.listen.rsplit(":", 1)
    service = Service((host, int(port)), Handler)
    service.ledger = Ledger(options.ledger)
    print(f"service: http://{host}:{service.server_address[1]}", flush=True)
    service.serve_forever()


if __name__ == "__main__":
    main()
