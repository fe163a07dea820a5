#!/usr/bin/env python3
"""I10: one bad session stops itself, on whichever node it comes to, and none of 200 others.

    Tests/cluster/poison.py [PATH OF holdpoint-faulty]      (or HOLDPOINT_FAULTY_BINARY; besides, HOLDPOINT_BINARY)

Three nodes that trap, as a bug would make them, each time they record a certain text. All are killed and stay away
until the timers of 200 sessions are due; one more has a stored message with that text, or, the second time, comes to it
by a timer of its own. A third of the others is in its shard: they are suspected with it, and halved until it is alone.
Then a supervisor starts the nodes, and again whenever they die. After at most 3 + log2(200) deaths of all nodes
together that one session must be in quarantine, and every other completed. Prints "N passed, N failed". Python's
standard library only.
"""

import math
import pathlib
import sys
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from cluster import Cluster, Supervisor, expect, until
from errands import AT_ONCE
from people import Project, binary_named, main

from concurrent.futures import ThreadPoolExecutor

POISON = "a-poisonous-text"
COMMAND, TIMER = "stored command", "timer"
NEIGHBOURS = 200
MOST_DEATHS = 3 + int(math.log2(NEIGHBOURS))
GROUP = 64  # sessions that are loaded together at first
NAP_SECONDS = 15
PATIENCE_SECONDS = 240
NAP = f"""
document: {{ dsl: '1.0.3', namespace: cluster, name: nap, version: '1.0.0' }}
do:
  - sleep: {{ wait: {{ seconds: {NAP_SECONDS} }} }}
  - turnOver: {{ wait: {{ milliseconds: 200 }} }}
  - wake: {{ set: {{ rested: '${{ .text // true }}' }} }}
"""


def start_all(project, poisonous):
    """Starts the good ones, and the bad one, whose timer brings the poison if that is how it is to come."""
    nodes = project.cluster.nodes
    project.define("nap", NAP)
    project.ok("PUT", "/agents/listener", {"kind": "external"})
    if poisonous == TIMER:
        project.start("bad", {"text": POISON}, agent="nap", node=nodes[0])
    else:
        project.start("bad", None, agent="listener", node=nodes[0])
    names = [f"good-{number:03}" for number in range(NEIGHBOURS)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(
            lambda item: project.start(item[1], {}, agent="nap", node=nodes[item[0] % len(nodes)]), enumerate(names)))
    return names


def kill_all(cluster, project, poisonous):
    """Kills all nodes, the bad session's owner first: what comes for it then is stored at another, and stays."""
    owner = next(node for node in cluster.nodes if "bad" in cluster.sessions_of(node))
    other = next(node for node in cluster.nodes if node is not owner)
    owner.kill()
    if poisonous == COMMAND:
        reply = project.once(other, "POST", "/sessions/bad/messages", {"text": POISON}, Prefer="respond-async")
        expect(reply.status == 202, f"the poison: {reply.status} {reply.value}")
    for node in cluster.nodes:
        node.kill()
    rows = cluster.postgres.sql("select count(*) from holdpoint.commands where outcome is null")
    expect(rows == [[str(int(poisonous == COMMAND))]], f"{rows} commands are stored")


def due(postgres):
    sql = """select count(*) from holdpoint.sessions
        where wake <= (extract(epoch from clock_timestamp()) * 1000)::int8 and quarantine is null"""
    return int(postgres.sql(sql)[0][0])


def play(verdict):
    faulty = str(pathlib.Path(binary_named("HOLDPOINT_FAULTY_BINARY")).resolve())
    for poisonous in (COMMAND, TIMER):
        verdict.note(f"The poison is in a {poisonous}.")
        with Cluster(0) as cluster:
            act(verdict, cluster, faulty, poisonous)


def act(verdict, cluster, faulty, poisonous):
    for _ in range(3):
        cluster.add_node(binary=faulty, HOLDPOINT_FAULT="one-shard")
    cluster.await_balance()
    project = Project(cluster)
    names = start_all(project, poisonous)
    kill_all(cluster, project, poisonous)
    timers = NEIGHBOURS + (poisonous == TIMER)
    until(f"all {timers} are due", lambda: due(cluster.postgres) == timers, pause=0.2)
    beside = int(cluster.postgres.sql("""select count(*) from holdpoint.sessions
        where name like 'good-%' and shard = (select shard from holdpoint.sessions where name = 'bad')""")[0][0])
    verdict.check(
        f"all nodes are dead, and the work of {NEIGHBOURS + 1} sessions is due",
        beside < GROUP and [beside], f"{beside} of them beside the bad one")
    # Its message is taken before their timers, so that they are all suspected at the first death.
    least = int(math.log2(GROUP)) if poisonous == COMMAND else 2
    for node in cluster.nodes:
        node.variables["HOLDPOINT_FAULT"] = f"trap-on:{POISON}"
        node.launch()
    supervisor = Supervisor(cluster.nodes)
    try:
        began = time.monotonic()
        until("a session is in quarantine", lambda: cluster.postgres.sql(
            "select 1 from holdpoint.sessions where quarantine is not null"), PATIENCE_SECONDS, pause=0.2)
        seconds = time.monotonic() - began
        until("all others are completed", lambda: len(
            project.listed("/sessions?status=completed")) >= NEIGHBOURS, PATIENCE_SECONDS, pause=0.5)
        judge(verdict, cluster, project, supervisor, names, seconds, least)
    finally:
        supervisor.stop()


def judge(verdict, cluster, project, supervisor, names, seconds, least):
    deaths = len(supervisor.deaths)
    traps = [status for _, _, status in supervisor.deaths]
    verdict.note(f"{deaths} deaths, {seconds:.1f} s to the quarantine")
    verdict.check(
        f"I10: at most {MOST_DEATHS} deaths of all nodes together, and at least {least}",
        None if least <= deaths <= MOST_DEATHS else [deaths], f"{deaths}")
    verdict.check("all died of the trap", [status for status in traps if status >= 0 or status == -9])
    quarantined = [item["id"] for item in project.listed("/sessions?status=quarantined")]
    verdict.check("I10: the bad session is in quarantine, and no other", quarantined != ["bad"] and [quarantined])
    completed = {item["id"] for item in project.listed("/sessions?status=completed")}
    verdict.check(f"I10: all {NEIGHBOURS} others completed", sorted(set(names) - completed))
    given_up = cluster.postgres.sql(
        """select name from holdpoint.commands where convert_from(outcome, 'UTF8') like '{"dead"%'""")
    verdict.check("I3: no command is given up: what is stored for the bad session waits for an operator", given_up)
    reply = project.call("POST", "/sessions/bad/messages", {"text": "hello"})
    is_refused = reply.status == 409 and reply.value["code"] == "session_quarantined"
    verdict.check("I10: a command to it gets 409 session_quarantined", not is_refused and [reply])
    verdict.attempt("all nodes are ready and share the shards", lambda: str(cluster.await_balance()))
    verdict.check("and no node has died since", len(supervisor.deaths) - deaths)


if __name__ == "__main__":
    main(play)
