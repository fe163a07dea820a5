#!/usr/bin/env python3
"""Without Redis everything goes on; without Postgres nothing is taken and nothing is lost; and the nodes say so.

    Tests/cluster/degraded.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Three nodes. Redis is stopped: sessions that are started at one node are answered at another and watched at a third, and
/readyz and /metrics tell what is missing. Redis comes back. Postgres is stopped for longer than a lease: new work gets
503 with Retry-After, waiting sessions wait, and when it is back they are answered and timers that became due fire.
Prints "N passed, N failed". Python's standard library only.
"""

import signal
import sys
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from cluster import LEASE_SECONDS, Cluster, expect, until
from errands import Errands, judge_feed, judge_watchers
from people import Clerk, Ledger, NoReply, Project, Watcher, binary_named, main

SESSIONS = 30
NAPS = 5
NAP = """
document: { dsl: '1.0.3', namespace: cluster, name: nap, version: '1.0.0' }
do:
  - sleep: { wait: { seconds: 3 } }
"""


def all_say(cluster, status, word, degraded=None):
    """Waits until each node answers /readyz so; what they say."""
    def said():
        found = [node.readiness() for node in cluster.nodes]
        if any(code != status or (body or {}).get("status") != word for code, body in found):
            return None
        if degraded is not None and any(node.metrics().get("holdpoint_degraded") != degraded for node in cluster.nodes):
            return None
        return "; ".join(sorted({problem for _, body in found for problem in body["problems"]})) or word
    try:
        return until(f"every /readyz is {status} {word}", said, 30, pause=0.1)
    except Exception as problem:
        raise type(problem)(f"{problem}: {[node.readiness() for node in cluster.nodes]}") from None


def without_redis(verdict, cluster, project, ledger):
    waiting, new = Errands(project, ledger, SESSIONS, "before"), Errands(project, ledger, SESSIONS, "without")
    waiting.begin()
    feeds = [Watcher(project, "/stream", seed) for seed in range(2)]
    cluster.redis.stop(signal.SIGTERM)
    began = time.monotonic()
    verdict.attempt("Redis away: /readyz is 200 degraded, the metrics have it, too", lambda: all_say(
        cluster, 200, "degraded", "1"))
    watchers = [Watcher(project, f"/sessions/{name}/stream", name, 1, 4) for name in waiting.names[:10]]
    new.begin()
    for errands in (waiting, new):
        errands.each(
            lambda number, name, errands=errands: errands.answer(name, cluster.nodes[number % 3]),
            enumerate(errands.names), unpack=True)
        errands.await_ends()
    verdict.note(f"{2 * SESSIONS} sessions without Redis: {time.monotonic() - began:.1f} s")
    waiting.judge(verdict)
    new.judge(verdict)
    judge_watchers(verdict, watchers, project, "without Redis watchers of sessions")
    judge_feed(verdict, feeds, project, waiting.names + new.names, "without Redis watchers of the feed")
    cluster.redis.start()
    verdict.attempt("Redis is back: /readyz is 200 ready, the metrics say so", lambda: all_say(
        cluster, 200, "ready", "0"))


def refusals(project, node):
    """What a node says to new work, to an answer and to a reader; each must be 503 and tell when to come back."""
    wrong = []
    for method, path, body in [
        ("POST", "/sessions", {"agent": "errand", "id": "refused", "input": {}}),
        ("POST", "/sessions/waits-000/messages", {"text": "hello"}), ("GET", "/sessions/waits-000", None),
    ]:
        try:
            reply = project.once(node, method, path, body, timeout=30)
        except NoReply as problem:
            wrong.append(str(problem))
            continue
        if reply.status != 503 or not reply.headers.get("Retry-After", "").isdecimal():
            wrong.append(f"{node.name}: {method} {path}: {reply.status} {reply.headers} {reply.value}")
    return wrong


def without_postgres(verdict, cluster, project, ledger):
    errands = Errands(project, ledger, SESSIONS, "waits")
    errands.begin()
    feeds = [Watcher(project, "/stream", seed) for seed in range(2)]
    project.define("nap", NAP)
    naps = [f"nap-{number}" for number in range(NAPS)]
    for name in naps:
        project.start(name, {}, agent="nap")
    cluster.postgres.stop(signal.SIGINT)
    gone = time.monotonic()
    verdict.check("Postgres away: new work, answers and reads get 503 with Retry-After at every node", [
        line for node in cluster.nodes for line in refusals(project, node)])
    verdict.attempt("Postgres away: /readyz is 503 unready", lambda: all_say(cluster, 503, "unready"))
    until("the leases have run out", lambda: time.monotonic() - gone > 2 * LEASE_SECONDS, pause=0.1)
    verdict.check("past the lease: every node lives, answers /healthz, and refuses as before", [
        f"{node.name}: {node.process.poll()}" for node in cluster.nodes
        if not node.is_running or node.get("/healthz")[0] != 200
    ] + [line for node in cluster.nodes for line in refusals(project, node)])
    cluster.postgres.start()
    back = time.monotonic()
    verdict.attempt("Postgres is back: /readyz is 200 ready", lambda: all_say(cluster, 200, "ready", "0"))
    verdict.note(f"ready {time.monotonic() - back:.1f} s after Postgres")
    verdict.attempt("and the shards are shared", lambda: str(cluster.await_balance()))
    asked = {name: errands.requests[name] for name in errands.names}
    verdict.check("every session waits with the request that it had", None if errands.pending() == asked else [
        "other requests are open"])
    errands.each(
        lambda number, name: errands.answer(name, cluster.nodes[number % 3]), enumerate(errands.names), unpack=True)
    errands.await_ends()
    errands.judge(verdict)
    verdict.attempt("timers that became due meanwhile fired", lambda: [
        project.await_status(name, "completed") for name in naps] and None)
    judge_feed(verdict, feeds, project, errands.names, "watchers of the feed across the outage,")
    reply = project.call("GET", "/sessions/refused")
    verdict.check("what was refused was not done", None if reply.status == 404 else [reply.value])


def play(verdict):
    with Cluster(3, binary_named()) as cluster, Ledger(cluster.folder) as ledger:
        cluster.await_balance()
        project = Project(cluster)
        expect(cluster.nodes[0].readiness()[0] == 200, "not ready")
        with Clerk(project, ledger):
            without_redis(verdict, cluster, project, ledger)
            without_postgres(verdict, cluster, project, ledger)


if __name__ == "__main__":
    main(play)
