#!/usr/bin/env python3
"""I2: what a node has sent and not got through when it loses its shards does not land afterwards.

    Tests/cluster/zombie.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Between two of three nodes and Postgres stands a valve. Under load it keeps back what the first node's writers send, and
the node is stopped (SIGSTOP) until others have its sessions and went on with them; then the bytes are let through, and
only then the node wakes up. The second node is asked to stop (SIGTERM) with its bytes kept back: they reach Postgres
when the node has handed over and is gone. Whether anything landed is read from Postgres itself, from its log with the
transactions of each connection, and from what the callers were told. Prints "N passed, N failed". Python's standard
library only.
"""

import datetime
import json
import re
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from cluster import Cluster, Failed, expect, until
from people import NoReply, Project, binary_named, main
from valve import Valve

TALKERS = 12
WARM_MESSAGES = 60
STOP_SECONDS = 90
LINE = re.compile(r"^(\S+ \S+) \S+ \[\d+\] app=(\S*) xid=(\d+) ")


class Talk(threading.Thread):
    """Sends one message after another to a session at one node, and remembers what it was told of each.

    It ends with the first that is not taken.
    """

    def __init__(self, project, node, session, ending):
        super().__init__(daemon=True)
        self.project, self.node, self.session, self.ending = project, node, session, ending
        self.told = {}  # text: status; None for no reply
        self.sent = 0

    def run(self):
        while not self.ending.is_set():
            text = f"{self.session} says {self.sent}"
            self.sent += 1
            self.told[text] = None
            try:
                reply = self.project.once(
                    self.node, "POST", f"/sessions/{self.session}/messages", {"text": text}, timeout=60)
                self.told[text] = reply.status
            except NoReply:
                pass
            if self.told[text] != 200:
                return


class Load:
    """Sessions that a node owns, and a talker for each."""

    def __init__(self, project, node):
        self.project, self.node, self.ending = project, node, threading.Event()
        names = [f"{node.name}-talk-{number:02}" for number in range(TALKERS)]
        for name in names:
            project.start(name, None, agent="talker", node=node)
        owned = set(project.cluster.sessions_of(node))
        self.names = [name for name in names if name in owned]
        expect(len(self.names) >= TALKERS // 2, f"{node.name} owns only {self.names} of {names}")
        self.talks = [Talk(project, node, name, self.ending) for name in self.names]
        for talk in self.talks:
            talk.start()
        until("the talk is under way", lambda: list(self.told.values()).count(200) >= WARM_MESSAGES)

    @property
    def told(self):
        return {text: status for talk in self.talks for text, status in list(talk.told.items())}

    def finish(self):
        self.ending.set()
        for talk in self.talks:
            talk.join(90)
        expect(not any(talk.is_alive() for talk in self.talks), "a caller got no answer for 90 s")

    def landed(self):
        """How often each text stands in Postgres."""
        rows = self.project.cluster.postgres.sql(
            "select convert_from(data, 'UTF8') from holdpoint.events where type = 'message_received'")
        counts = {}
        for (data,) in rows:
            event = json.loads(data)
            text = event.get("text") or event.get("content")
            counts[text] = counts.get(text, 0) + 1
        return {text: count for text, count in counts.items() if f"{self.node.name}-talk-" in str(text)}

    def stored(self, which=""):
        """How many commands for the sessions were ever stored."""
        rows = self.project.cluster.postgres.sql(
            f"select count(*) from holdpoint.commands where name like '{self.node.name}-talk-%'{which}")
        return int(rows[0][0])


def keep_back(valve):
    """Closes the valve and waits until it has kept something back."""
    valve.hold("write")
    until("a writer has sent what is kept back", lambda: valve.held, 30)
    return f"{sum(stream.held_bytes for stream in valve.held)} bytes on {len(valve.held)} connections"


def others_go_on(cluster, project, node, names, successor):
    """Waits until the node owns nothing, and lets another go on with its sessions."""
    until(f"{node.name} owns no shard", lambda: node.name not in cluster.owners(), 60, pause=0.1)
    for name in names:
        project.ok("POST", f"/sessions/{name}/messages", {"text": f"after {node.name}, to {name}"}, node=successor)


def let_through(verdict, cluster, valve, load, what):
    """Opens the valve, and compares Postgres before and after."""
    before, stored = load.landed(), load.stored()
    held = valve.release()
    until("Postgres has dealt with what was kept back", lambda: all(stream.is_answered for stream in held), 30)
    # What it stored for whoever owns the session is no event of its own: anybody may, and at any time.
    until("what was stored is decided", lambda: not load.stored(" and outcome is null"), 30)
    stored, after = load.stored() - stored, load.landed()
    late = [f"{text}: {before.get(text, 0)} times before, {count} after" for text, count in after.items()
            if count != before.get(text, 0)]
    refusals, hung_up = sum(stream.refusals for stream in held), sum(stream.is_closed for stream in held)
    verdict.check(
        f"I2: {what}: none of it landed, but through the owner what was stored for it",
        late if len(late) > stored else None, f"{stored} stored commands")
    verdict.check(
        f"I2: {what}: Postgres refused it, or had ended the connection",
        None if refusals + hung_up >= len(held) else [f"{refusals} refusals on {len(held)} connections"],
        f"{refusals} refused segments, {hung_up} ended connections")


def compare(verdict, load, what):
    """What callers were told against what is there."""
    landed, told = load.landed(), load.told
    verdict.check(f"I1: {what}: a message that got 200 is there exactly once", [
        f"{text}: {landed.get(text, 0)} times" for text, status in told.items()
        if status == 200 and landed.get(text) != 1], f"{list(told.values()).count(200)} messages")
    others = {text: status for text, status in told.items() if status != 200}
    verdict.check(f"{what}: none of the others is there twice, and none that was refused at all", [
        f"{text}: {landed[text]} times after {status}" for text, status in others.items()
        if landed.get(text, 0) > (1 if status is None or status in (202, 503) else 0)], f"{len(others)} messages")
    logs = {name: load.project.events(name) for name in load.names}
    verdict.check(f"{what}: every log is numbered densely", [
        name for name, log in logs.items() if [event["seq"] for event in log] != list(range(1, len(log) + 1))])


def transactions(postgres, label):
    """The transactions of a node's life, from Postgres' own log: (number, when)."""
    found = {}
    for line in postgres.log.read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if match and match[2].startswith(label + ":") and match[3] != "0":
            found.setdefault(int(match[3]), datetime.datetime.fromisoformat(match[1]))
    return found


def events_by(postgres, numbers):
    if not numbers:
        return 0
    listed = ",".join(map(str, numbers))
    rows = postgres.sql(f"select count(*) from holdpoint.log where xmin::text::int8 = any(array[{listed}]::int8[])")
    return int(rows[0][0])


def now(postgres):
    text, = postgres.sql("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')")[0]
    return datetime.datetime.fromisoformat(text)


def own_events(verdict, postgres, label, moment):
    """Whether a node's life wrote events, and none since others took over."""
    found = transactions(postgres, label)
    early = events_by(postgres, [number for number, at in found.items() if at < moment])
    late = events_by(postgres, [number for number, at in found.items() if at >= moment])
    verdict.check(
        "I2: Postgres has events of its life before, and none of that life since others took over",
        None if early > 0 and late == 0 else [f"{early} before, {late} since"], f"{early} before, {late} since")


def stopped(verdict, cluster, project, node, valve, successor):
    label, = cluster.postgres.sql(f"select label from holdpoint.nodes where name = '{node.name}'")[0]
    load = Load(project, node)
    verdict.note(f"kept back: {keep_back(valve)}")
    node.send(signal.SIGSTOP)
    load.ending.set()
    others_go_on(cluster, project, node, load.names, successor)
    moment = now(cluster.postgres)
    let_through(verdict, cluster, valve, load, "bytes of a node that was stopped past its lease")
    node.send(signal.SIGCONT)
    load.finish()
    compare(verdict, load, "after it went on")
    own_events(verdict, cluster.postgres, label, moment)

    def is_well():
        if not node.is_running:
            node.launch()  # as a supervisor does
        return node.is_ready
    verdict.attempt("it is ready again, by itself or with a supervisor's help", lambda: until("ready", is_well))
    verdict.attempt("and has its share of the shards again", lambda: str(cluster.await_balance(cluster.nodes)))


def handed_over(verdict, cluster, project, node, valve, successor):
    label, = cluster.postgres.sql(f"select label from holdpoint.nodes where name = '{node.name}'")[0]
    load = Load(project, node)
    verdict.note(f"kept back: {keep_back(valve)}")
    began = time.monotonic()
    status = node.end(signal.SIGTERM, seconds=STOP_SECONDS)
    # 1: it gave the wait for its writers up (docs/operating.md, "Stop").
    verdict.check(
        "the node ends by itself, although its writers get no answer", None if status in (0, 1) else [status],
        f"{time.monotonic() - began:.1f} s")
    load.finish()
    others_go_on(cluster, project, node, load.names, successor)
    moment = now(cluster.postgres)
    let_through(verdict, cluster, valve, load, "bytes of a node that handed over and is gone")
    own_events(verdict, cluster.postgres, label, moment)
    compare(verdict, load, "after the hand-over")


def play(verdict):
    binary = binary_named()
    with Cluster(0, binary, settings={"log_min_duration_statement": "0", "log_timezone": "'UTC'"},
                 HOLDPOINT_DRAIN_SECONDS="3") as cluster:
        valves = [Valve(cluster.postgres, cluster.folder / f"valve-{number}") for number in (1, 2)]
        for valve in valves:
            cluster.add_node(postgres_url=cluster.postgres.url(valve.folder))
        cluster.add_node()
        cluster.await_balance()
        project = Project(cluster)
        project.ok("PUT", "/agents/talker", {"kind": "external"})
        first, second, third = cluster.nodes
        stopped(verdict, cluster, project, first, valves[0], third)
        try:
            handed_over(verdict, cluster, project, second, valves[1], third)
        except (Failed, NoReply) as problem:
            verdict.check("the hand-over comes to its end", str(problem))


if __name__ == "__main__":
    main(play)
