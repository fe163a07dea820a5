#!/usr/bin/env python3
"""A node is killed, and others go on with everything that it owned.

    Tests/cluster/takeover.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Three nodes with 300 sessions that wait for people. One node is killed with -9; at that moment people begin to answer
all of its sessions through the others. The takeover is measured from outside, from the kill to the first such answer
that is accepted (200: it is applied). Then everybody is answered, many by two people at once at different nodes.
Prints "N passed, N failed". Python's standard library only.
"""

import sys
import threading
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from cluster import LEASE_SECONDS, Cluster, until
from errands import Errands, judge_feed, judge_watchers
from people import Clerk, Ledger, Project, Watcher, binary_named, main

SESSIONS = 300
LIMIT_SECONDS = LEASE_SECONDS + 1
RIVALS = 40


def play(verdict):
    with Cluster(3, binary_named()) as cluster, Ledger(cluster.folder) as ledger:
        verdict.check("three nodes share the shards", None, str(cluster.await_balance()))
        project = Project(cluster)
        errands = Errands(project, ledger, SESSIONS)
        with Clerk(project, ledger):
            feeds = [Watcher(project, "/stream", seed) for seed in range(2)]
            errands.begin()
            victim, *others = cluster.nodes
            owned = cluster.sessions_of(victim)
            spread = [len(cluster.sessions_of(node)) for node in cluster.nodes]
            verdict.check(
                f"{SESSIONS} sessions wait, on every node a good part of them",
                None if sum(spread) == SESSIONS and min(spread) >= SESSIONS // 6 else [spread], str(spread))
            watchers = [
                Watcher(project, f"/sessions/{name}/stream", name, least=1, most=4) for name in owned[:20]]
            shards = kill(cluster, victim)
            answers = errands.each(
                lambda number, name: errands.answer(name, others[number % 2]), enumerate(owned), unpack=True)
            measure(verdict, shards, answers)
            answer_the_rest(errands, others, [name for name in errands.names if name not in owned])
            ends = errands.await_ends()
            verdict.note(f"sessions: {dict(ends)}; deliveries: {len(ledger.rows())} calls")
            errands.judge(verdict)
            judge_watchers(verdict, watchers, project, "watchers of the dead node's sessions")
            judge_feed(verdict, feeds, project, errands.names)
        verdict.check("the others are ready", [node.name for node in others if not node.is_ready])
        restart(verdict, cluster, victim)


class Takeover(threading.Thread):
    """When a node was killed, and how long it took until Postgres had no shard in its name."""

    def __init__(self, cluster, victim):
        super().__init__(daemon=True)
        self.cluster, self.victim, self.seconds = cluster, victim, None
        self.began = time.monotonic()

    def run(self):
        until("no shard is the dead node's", lambda: self.victim.name not in self.cluster.owners(), pause=0.05)
        self.seconds = time.monotonic() - self.began


def kill(cluster, victim):
    takeover = Takeover(cluster, victim)
    victim.kill()
    takeover.start()
    return takeover


def measure(verdict, takeover, answers):
    takeover.join()
    times = sorted(answer.ended - takeover.began for answer in answers if answer.status == 200)
    verdict.check("every session of the dead node took its answer through another node", [
        answer for answer in answers if answer.status != 200])
    first = times[0] if times else None
    verdict.check(
        f"takeover within the lease and 1 s: the first answer was accepted within {LIMIT_SECONDS} s of the kill",
        None if first is not None and first <= LIMIT_SECONDS else [first],
        times and f"first {first:.2f} s, median {times[len(times) // 2]:.2f} s, last {times[-1]:.2f} s")
    seconds = takeover.seconds
    verdict.check(
        f"within {LIMIT_SECONDS} s no shard was the dead node's",
        None if seconds is not None and seconds <= LIMIT_SECONDS else [seconds], seconds and f"{seconds:.2f} s")


def answer_the_rest(errands, others, names):
    errands.each(lambda name: errands.answer(name, others[hash(name) % 2]), names[RIVALS:])
    for name in names[:RIVALS]:
        errands.rivals(name, others)


def restart(verdict, cluster, victim):
    """The node comes back under its name and gets its share again."""
    def back():
        victim.start()
        return str(cluster.await_balance(cluster.nodes))
    verdict.attempt("the node comes back under its name and has its share again", back)


if __name__ == "__main__":
    main(play)
