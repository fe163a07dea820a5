#!/usr/bin/env python3
"""Postgres is ended as a crash would end it, several times, while people work: nothing acknowledged is lost or doubled.

    Tests/cluster/postgres_restart.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Three nodes under load: callers start sessions, people answer each, many of them two at once. Postgres is restarted in
immediate mode three times, and once it stays away until each node was seen to refuse new work with 503 and Retry-After.
Prints "N passed, N failed". Python's standard library only.
"""

import sys
import threading

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from cluster import Cluster, until
from errands import Errands, judge_feed
from people import Clerk, Ledger, NoReply, Project, Watcher, binary_named, main

WAITING = 60  # sessions that have asked before the trouble begins
STARTED = 90  # sessions that are started in the middle of it
RESTARTS = 3


def refuses(project, node):
    """Whether a node refuses new work in the form that is promised; anything else that it says is a finding."""
    try:
        reply = project.once(
            node, "POST", "/sessions", {"agent": "errand", "input": {"order": "x", "base": "http://127.0.0.1:9"}},
            timeout=20)
    except NoReply as problem:
        return None, str(problem)
    is_right = (
        reply.status == 503 and reply.headers.get("Retry-After", "").isdecimal()
        and reply.value["code"] in ("unavailable", "overloaded"))
    return is_right, f"{node.name}: {reply.status} {reply.headers.get('Retry-After')} {reply.value}"


class Restarts(threading.Thread):
    """Ends Postgres at once and starts it again, whenever so many answers more have come."""

    def __init__(self, cluster, project, errands):
        super().__init__(daemon=True)
        self.cluster, self.project, self.errands = cluster, project, errands
        self.refusals, self.problem, self.count = {}, None, 0
        self.start()

    def run(self):
        try:
            total = WAITING + STARTED
            for number in range(RESTARTS):
                mark = total * (number + 1) // (RESTARTS + 1)
                until(f"there are {mark} answers", lambda: len(self.errands.answers) >= mark, 120, pause=0.01)
                self.cluster.postgres.stop()
                if number == 0:
                    self.watch_refusals()
                self.cluster.postgres.start()
                self.count += 1
        except Exception as problem:
            self.problem = problem

    def watch_refusals(self):
        for node in self.cluster.nodes:
            self.refusals[node.name] = until(
                f"{node.name} says that it takes no work now",
                lambda: (found := refuses(self.project, node))[0] is not None and found, 30, pause=0.1)


def play(verdict):
    with Cluster(3, binary_named()) as cluster, Ledger(cluster.folder) as ledger:
        cluster.await_balance()
        project = Project(cluster)
        errands = Errands(project, ledger, WAITING + STARTED)
        waiting, started = errands.names[:WAITING], errands.names[WAITING:]
        with Clerk(project, ledger) as clerk:
            feeds = [Watcher(project, "/stream", seed) for seed in range(2)]
            errands.names = waiting
            errands.begin()
            errands.names = waiting + started
            trouble = Restarts(cluster, project, errands)

            def work(number, name):
                node, other = cluster.nodes[number % 3], cluster.nodes[(number + 1) % 3]
                if name not in errands.requests:
                    project.start(name, {"order": name, "base": ledger.base(name)}, node=node)
                    errands.requests[name] = project.question(name)["id"]
                errands.answer(name, other)
                if number % 3 == 0:  # somebody else comes too late, or just in time
                    errands.answer(name, node, person=1)
            errands.each(work, enumerate(errands.names), unpack=True)
            trouble.join()
            verdict.check(f"Postgres was ended at once and started again {RESTARTS} times", trouble.problem)
            verdict.check("meanwhile each node refused new work with 503 and Retry-After", [
                text for is_right, text in trouble.refusals.values() if not is_right] or (
                    None if len(trouble.refusals) == 3 else ["not all were asked"]))
            verdict.note(f"sessions: {dict(errands.await_ends())}; questions about lost calls: {clerk.judged}")
            errands.judge(verdict)
            judge_feed(verdict, feeds, project, errands.names)
        verdict.attempt("all nodes are ready again, and share the shards", lambda: str(cluster.await_balance()))


if __name__ == "__main__":
    main(play)
