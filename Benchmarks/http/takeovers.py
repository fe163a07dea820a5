"""A node that is killed, and how long its sessions stand still until another node has taken them over."""

import concurrent.futures
import time

from client import Failure
from cluster import LEASE_SECONDS, until
from people import Project
from servers import SharedServers

NODES = 3
AGENT = "takeover"
QUESTION = {"type": "clarification", "title": "Which one?"}
DEFINITION = {
    "document": {"dsl": "1.0.3", "namespace": "bench", "name": AGENT, "version": "1.0.0"},
    "do": [{"ask": {"call": "human", "with": QUESTION}}],
}
STARTED_AT_ONCE = 16
ANSWERS_SECONDS = LEASE_SECONDS + 1  # over which the answers to the dead node's sessions are spread
SETTLE_SECONDS = 60


def measure(binary, sessions, rounds):
    """[(seconds from the kill to the first answer that is applied, to the last) of each round]."""
    with SharedServers(binary, NODES) as servers:
        project = Project(servers)
        project.define(AGENT, DEFINITION)
        results = []
        for index in range(rounds):
            servers.await_balance()
            results.append(one_round(servers, project, f"round-{index + 1}", sessions, servers.nodes[index % NODES]))
            print(f"round {index + 1}: first {results[-1][0]:.2f} s, last {results[-1][1]:.2f} s", flush=True)
        return results


def one_round(servers, project, prefix, count, victim):
    """Kills a node whose sessions wait, answers each of them at another node, and brings the node back."""
    others = [node for node in servers.nodes if node is not victim]
    with concurrent.futures.ThreadPoolExecutor(STARTED_AT_ONCE) as pool:
        # Whoever takes a start makes the session in a shard of its own.
        list(pool.map(
            lambda number: project.start(f"{prefix}-{number}", {}, agent=AGENT, node=victim), range(count)))
    asked = {item["session"]: item["id"] for item in project.listed("/requests?status=pending")}
    owned = [name for name in servers.sessions_of(victim) if name in asked]
    if len(owned) != count:
        raise Failure(f"{len(owned)} of {count} sessions that were started at a node are its own and wait")
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        began, clock = time.perf_counter(), time.time()
        victim.kill()
        # Somebody answers all the time, so that the first moment in which a session moves is seen.
        answers = [
            pool.submit(answer, project, others[place % len(others)], asked[name],
                        began + place * ANSWERS_SECONDS / count)
            for place, name in enumerate(owned)]
        ends = sorted(end for end in (future.result() for future in answers) if end)
    verify(servers, owned, clock, ends and ends[0] - began)
    victim.start()
    return ends[0] - began, ends[-1] - began


def answer(project, node, request, moment):
    """Answers at a moment; when it was told that the answer is applied, or None if it was only stored in time."""
    time.sleep(max(0, moment - time.perf_counter()))
    reply = project.once(node, "POST", f"/requests/{request}/respond", {"response": {"answer": "this one"}})
    if reply.status not in (200, 202):
        raise Failure(f"an answer was refused: {reply.status} {reply.value}")
    return time.perf_counter() if reply.status == 200 else None


def verify(servers, names, killed, first):
    """The database must hold each session as completed by one answer, none before the kill, and none later than told.

    What it says of the first answer is the time of its event, by the same machine's clock in whole milliseconds.
    """
    listed = ", ".join(f"'{name}'" for name in names)

    def ended():
        rows = servers.postgres.sql(
            f"select count(*) from holdpoint.sessions where status = 3 and name in ({listed})")
        return int(rows[0][0]) == len(names)
    until("every session of the dead node is completed", ended, SETTLE_SECONDS, pause=0.2)
    rows = servers.postgres.sql(f"""
        set search_path = holdpoint;
        select count(*), count(distinct e.session), min(e.time) from events e join sessions s on s.key = e.session
        where e.type = 'hitl_responded' and s.name in ({listed})
        """)
    answers, sessions, earliest = map(int, rows[0])
    if (answers, sessions) != (len(names), len(names)):
        raise Failure(f"{len(names)} sessions have {answers} answers in {sessions} of them")
    moved = earliest / 1e3 - killed
    if not first or not -0.001 <= moved <= first:
        raise Failure(f"the first answer was applied after {moved} s in the database, and was told after {first} s")
