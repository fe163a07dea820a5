#!/usr/bin/env python3
"""I4: Redis is disposable: it is emptied, and restarted empty, while people answer and watchers watch.

    Tests/cluster/flush.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

200 sessions wait on three nodes. While the first half is answered, half of these answers stored first, FLUSHALL comes
200 sessions wait on three nodes. While the first half is answered, half of these answers stored first, FLUSHALL comes
the feed leave at random points and go on at random nodes with Last-Event-ID. Prints "N passed, N failed". Python's
standard library only.
"""

import sys
import threading

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from cluster import Cluster, until
from errands import Errands, judge_feed, judge_watchers
from people import Clerk, Ledger, Project, Watcher, binary_named, main

SESSIONS = 200
WATCHED = 40
FEEDS = 4
FLUSHES = 5


class Meanwhile(threading.Thread):
    """Does something to Redis at given numbers of answers."""

    def __init__(self, errands, marks, deed):
        super().__init__(daemon=True)
        self.errands, self.marks, self.deed, self.problem = errands, marks, deed, None
        self.start()

    def run(self):
        try:
            for mark in self.marks:
                until(f"there are {mark} answers", lambda: len(self.errands.answers) >= mark, pause=0.005)
                self.deed()
        except Exception as problem:
            self.problem = problem


def answer(errands, nodes, names, kinds):
    """The names are answered, at one node after another, in one of several ways in turn."""
    def one(number, name):
        node = nodes[number % len(nodes)]
        kinds[number % len(kinds)](name, node)
    errands.each(one, enumerate(names), unpack=True)


def play(verdict):
    with Cluster(3, binary_named()) as cluster, Ledger(cluster.folder) as ledger:
        cluster.await_balance()
        project = Project(cluster)
        errands = Errands(project, ledger, SESSIONS)
        with Clerk(project, ledger):
            feeds = [Watcher(project, "/stream", seed) for seed in range(FEEDS)]
            errands.begin()
            watchers = [
                Watcher(project, f"/sessions/{name}/stream", name, least=1, most=3)
                for name in errands.names[:: SESSIONS // WATCHED]]
            kinds = [errands.answer, errands.answer_async]
            half = SESSIONS // 2

            before = len(cluster.redis.cli("keys", "*"))
            verdict.check(
                "Redis holds what it is for: streams of sessions and of shards", None if before else ["no keys"],
                f"{before} keys")
            flush = Meanwhile(errands, [half // (FLUSHES + 1) * (n + 1) for n in range(FLUSHES)], lambda:
                              cluster.redis.cli("flushall"))
            answer(errands, cluster.nodes, errands.names[:half], kinds)
            flush.join()
            verdict.check(f"{FLUSHES} times FLUSHALL in the middle of it", flush.problem)

            restart = Meanwhile(errands, [half + half // 3], lambda: (cluster.redis.stop(), cluster.redis.start()))
            answer(errands, cluster.nodes, errands.names[half:], kinds)
            restart.join()
            verdict.check("Redis killed and started again with nothing in it", restart.problem)

            verdict.note(f"sessions: {dict(errands.await_ends())}")
            errands.judge(verdict)
            judge_watchers(verdict, watchers, project)
            judge_feed(verdict, feeds, project, errands.names)
        verdict.check("all nodes are ready", [node.name for node in cluster.nodes if not node.is_ready])


if __name__ == "__main__":
    main(play)
