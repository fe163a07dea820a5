#!/usr/bin/env python3
"""A webhook is told by every node, and by the others once a node is killed with much to tell.

    Tests/cluster/webhooks.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Three nodes and a receiver that has no room at first. Sessions at every node ask a human; a node is killed with -9 while
its deliveries wait; the receiver has room again. Everything must arrive, signed, and be known as delivered; a rotation at
one node is heeded by the others. Prints "N passed, N failed". Python's standard library only.
"""

import base64
import hashlib
import hmac
import http.server
import json
import sys
import threading
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from cluster import Cluster, until
from people import Project, binary_named, main

SESSIONS = 90
# For so long a node believes what it has read of a webhook.
CACHE_SECONDS = 1


class Receiver:
    """An HTTP service that answers every POST with a status, and remembers what came."""

    def __init__(self):
        self.status, self.lock, self.messages = 503, threading.Lock(), []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    status = receiver.status
                    receiver.messages.append((status, {name.lower(): text for name, text in self.headers.items()}, body))
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass  # who asked may be dead

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def seen(self):
        with self.lock:
            return list(self.messages)


def is_signed(headers, body, secret):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    code = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return code in headers["webhook-signature"].split(" ")


def deliveries(project, status=None):
    """All deliveries, page by page."""
    items, cursor = [], None
    while True:
        query = "limit=100" + (f"&status={status}" if status else "") + (f"&cursor={cursor}" if cursor else "")
        page = project.ok("GET", f"/webhook/deliveries?{query}")
        items += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            return items


def asking(project, node, number):
    """A session at a node that asks a human."""
    session = f"s-{number}"
    project.ok("POST", "/sessions", {"agent": "clerk", "id": session, "input": number}, node=node)
    project.ok("POST", f"/sessions/{session}/requests", {"type": "clarification", "title": "Which?"}, node=node)


def play(verdict):
    with Cluster(3, binary_named()) as cluster:
        cluster.await_balance()
        receiver = Receiver()
        project = Project(cluster)
        project.ok("PUT", "/agents/clerk", {"kind": "external"})
        secret = project.ok("PUT", "/webhook", {"url": receiver.url}, node=cluster.nodes[0])["secret"]
        for number in range(SESSIONS):
            asking(project, cluster.nodes[number % 3], number)
        waiting = deliveries(project, "pending")
        verdict.check(
            f"I1: each of {SESSIONS} requests, at whichever node, has a delivery that waits",
            None if len(waiting) == SESSIONS else [len(waiting)])
        until("every delivery was tried", lambda: all(item["attempts"] for item in deliveries(project)), 60)
        victim = cluster.nodes[2]
        owned = cluster.sessions_of(victim)
        victim.kill()
        receiver.status = 204
        began = time.monotonic()
        until("all are delivered", lambda: len(deliveries(project, "delivered")) == SESSIONS, 60)
        verdict.note(f"all delivered {time.monotonic() - began:.1f} s after the kill of a node with {len(owned)} of them")
        messages = receiver.seen()
        taken = [json.loads(body) for status, _, body in messages if status == 204]
        told = {message["subject"] for message in taken}
        verdict.check("every request was told, those of the dead node among them", sorted(
            {f"s-{number}" for number in range(SESSIONS)} - told))
        verdict.check("every attempt is signed under the secret", [
            headers for _, headers, body in messages if not is_signed(headers, body, secret)])
        verdict.check("attempts at one delivery have one id", None if len(
            {headers["webhook-id"] for _, headers, _ in messages}) == SESSIONS else ["too many ids"])
        verdict.note(f"{len(messages)} attempts, {len(taken) - len(told)} deliveries came twice")
        rotation(verdict, cluster.nodes[:2], project, receiver, secret)


def rotation(verdict, nodes, project, receiver, old):
    new = project.ok("POST", "/webhook/rotate", {"grace_seconds": 0}, node=nodes[1])["secret"]
    time.sleep(CACHE_SECONDS + 0.1)  # what is measured here is that very time
    before = len(receiver.seen())
    for number in range(SESSIONS, SESSIONS + 20):
        asking(project, nodes[number % 2], number)
    until("all are told", lambda: len(deliveries(project, "delivered")) == SESSIONS + 20, 60)
    fresh = receiver.seen()[before:]
    verdict.check("a rotation at one node is heeded by all within a second", [
        headers for _, headers, body in fresh
        if is_signed(headers, body, old) or not is_signed(headers, body, new)])


if __name__ == "__main__":
    main(play)
