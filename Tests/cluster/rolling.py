#!/usr/bin/env python3
"""A cluster is upgraded node by node, with two programs of different formats on one database, and no pause in the work.

    Tests/cluster/rolling.py [PATH OF holdpoint [PATH OF holdpoint-later]]      (or HOLDPOINT_BINARY,
                                                                                 HOLDPOINT_LATER_BINARY)

Three nodes with sessions that wait, and callers who start and answer sessions all the time at any node. The later
program has other tables, another event type and another snapshot codec. The tables are migrated, a node is replaced,
taken back and replaced again; for a while one node writes what the others cannot read, which no release may do, and
leaves its sessions to them; then all are replaced, one of them after a sudden death, and the later formats are allowed.
What came of it is judged from the ledger of the service that every session calls, from what callers were told, and from
psql.
Prints "N passed, N failed". Python's standard library only.
"""

import json
import os
import pathlib
import random
import signal
import sys
import threading

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from cluster import Cluster, Failed, expect, free_port, until
from errands import Answer, Errands, judge_feed, judge_watchers
from people import PATIENCE_SECONDS, Clerk, Ledger, NoReply, Project, Watcher, ask, binary_named, main

WAITING = 100
STRANGE = 12
AFTER = 15
CALLERS = 3
PAUSE_SECONDS = 0.2
EARLIER_EVENT, LATER_EVENT = "workflow_advanced", "workflow_moved"
LATER_CODEC = 2
LATER_FORMATS = 3  # one more than the earlier program reads
NEWER_DATA = 8  # the status of a program that may not work on the data
REFUSED = 4


class Strange(Errands):
    """Sessions that some nodes cannot read."""

    def leave(self, name, node, person, prefers):
        """Answers at a node that can only store it; what comes of it is seen by `settle_stored`."""
        answer = Answer(name, person, node.name)
        reply = self.project.once(
            node, "POST", f"/requests/{self.requests[name]}/respond", {"response": {"answer": answer.text}},
            **({"Prefer": prefers} if prefers else {}))
        expect(reply.status == 202, f"{answer}: {reply.status} {reply.value}")
        answer.status, answer.command = reply.status, reply.value["id"]
        self.answers.append(answer)


class Traffic(Errands):
    """Callers who start sessions and answer them, each at nodes of its own choice, until they are told to stop."""

    def __init__(self, project, ledger):
        super().__init__(project, ledger, 0, prefix="flow")
        self.ending, self.problems = threading.Event(), []
        self.threads = [threading.Thread(target=self._call, args=(seed,), daemon=True) for seed in range(CALLERS)]
        for thread in self.threads:
            thread.start()

    def _call(self, seed):
        choice, count = random.Random(seed).choice, 0
        while not self.ending.is_set():
            name, count = f"{self.prefix}-{seed}-{count}", count + 1
            nodes = self.project.cluster.nodes
            try:
                self.project.start(name, {"order": name, "base": self.ledger.base(name)}, node=choice(nodes))
                self.requests[name] = self.project.question(name)["id"]
                self.answer(name, choice(nodes))
            except (Failed, NoReply) as problem:
                self.problems.append(f"{name}: {problem}")
            self.names.append(name)
            self.ending.wait(PAUSE_SECONDS)

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()


class Upgrade:
    """The steps, in this order, on the same servers."""

    def __init__(self, verdict, cluster, project, ledger, later):
        self.verdict, self.cluster, self.project, self.ledger, self.later = verdict, cluster, project, ledger, later
        self.errands = Errands(project, ledger, WAITING)
        self.strange = Strange(project, ledger, STRANGE, prefix="strange")
        self.after = Errands(project, ledger, AFTER, prefix="after")

    def step(self, what, deed):
        return self.verdict.attempt(what, deed)

    # Deeds

    def migrate(self, program, *options, status=0):
        """What a program's migration says, as JSON."""
        cluster = self.cluster
        cluster.binary, before = program, cluster.binary
        try:
            run = cluster.run("migrate", "-o", "json", *options, HOLDPOINT_POSTGRES=cluster.postgres.url())
        finally:
            cluster.binary = before
        expect(run.returncode == status, f"migrate: {run.returncode} {run.stdout}{run.stderr}")
        return json.loads(run.stdout) if status == 0 else json.loads(run.stderr)["error"]

    def replace(self, node, program, **variables):
        """Stops a node in good order and starts a program under its name; waits until it has its share."""
        expect(
            not node.is_running or node.end(signal.SIGTERM) == 0,
            f"{node.name} did not stop in good order:\n{node.tail()}")
        node.words[0] = str(program)
        node.variables.pop("HOLDPOINT_LATER_EAGER", None)
        node.variables |= variables
        node.start()
        self.cluster.await_balance()

    def answer_some(self, count):
        """People answer at one node after another; every answer is decided, none waits for an upgrade."""
        names = [name for name in self.errands.names if name not in {one.session for one in self.errands.answers}]
        nodes = self.cluster.nodes
        answers = self.errands.each(
            lambda number, name: self.errands.answer(name, nodes[number % 3]), enumerate(names[:count]), unpack=True)
        wrong = [answer for answer in answers if answer.status != 200]
        expect(not wrong, f"{len(wrong)} of {len(answers)} answers were not applied: {wrong[:3]}")
        return f"{len(answers)} answers"

    def sql(self, statement):
        return self.cluster.postgres.sql(statement)

    def later_forms(self, prefix=""):
        """How many events and snapshots of sessions are in the later formats."""
        ((events,),) = self.sql(
            f"select count(*) from holdpoint.events e join holdpoint.sessions s on s.key = e.session "
            f"where e.type = '{LATER_EVENT}' and s.name like '{prefix}%'")
        ((snapshots,),) = self.sql(
            f"select count(*) from holdpoint.snapshots n join holdpoint.sessions s on s.key = n.session "
            f"where n.codec = {LATER_CODEC} and s.name like '{prefix}%'")
        return int(events), int(snapshots)

    def releases(self):
        reply = ask(self.cluster.nodes[0], "GET", "/v1/admin/nodes", None, self.cluster.operator_key)
        return [(item["release"], item["formats"]) for item in reply.value["items"] if item["live"]]

    # Steps

    def tables(self):
        earlier, first = self.cluster.binary, self.cluster.nodes[0]

        def migrated():
            made = self.migrate(self.later)
            expect(made["to"] == made["from"] + 1, made)
            expect([node for node in self.cluster.nodes if not node.is_ready] == [], "a node is not ready any more")
            return f"version {made['from']} to {made['to']}"
        self.step("the tables are migrated by the later program while the nodes go on", migrated)

        def restarted():
            self.replace(first, earlier)
            again = self.migrate(earlier)
            expect(again["from"] == again["to"], again)
            self.migrate(self.later, "--finish", status=REFUSED)
        self.step("a node of the earlier program starts on the migrated tables", restarted)
        self.step("I3: answers at any node are decided", lambda: self.answer_some(20))

    def mix(self):
        first = self.cluster.nodes[0]
        earlier = self.cluster.binary

        def rolled():
            self.replace(first, self.later)
            expect(sorted(self.releases())[-1] == ("later", LATER_FORMATS) and len(set(self.releases())) == 2, self.releases())
            error = self.migrate(self.later, "--finish", status=REFUSED)
            expect("node-2, node-3" in error["detail"] and "node-1" not in error["detail"], error)
            return self.answer_some(20)
        self.step("I3: the first node is replaced, and answers at any node are decided", rolled)

        def rolled_back():
            self.replace(first, earlier)
            answered = self.answer_some(20)
            expect(self.later_forms() == (0, 0), f"written before it was allowed: {self.later_forms()}")
            return answered
        self.step("it is rolled back, since nothing was written that the earlier program cannot read", rolled_back)

    def meet(self):
        """The earlier program meets what it does not know, from a release that broke the rule."""
        first, *others = self.cluster.nodes
        self.replace(first, self.later, HOLDPOINT_LATER_EAGER="1")
        self.strange.begin([first])
        events, snapshots = self.later_forms("strange")
        self.verdict.check(
            "a node that does not wait for the others writes events and snapshots that they do not know",
            None if events >= STRANGE else [(events, snapshots)], f"{events} events, {snapshots} snapshots")
        expect(first.end(signal.SIGTERM) == 0, first.tail())
        self.cluster.await_balance(others)

        def stored():
            nodes = [others[number % 2] for number in range(STRANGE)]
            # One after the other at both nodes, so that the owner is asked as well, without and with that preference.
            for person, prefers in enumerate([None, "respond-async"]):
                self.strange.each(
                    lambda name, node: self.strange.leave(name, node, person, prefers),
                    zip(self.strange.names, nodes[person:] + nodes[:person]), unpack=True)
        self.step("I3: its sessions are the others' now: what is said to them is stored", stored)

        def shown():
            def released():
                counts = [int(node.metrics().get("holdpoint_sessions_released", 0)) for node in others]
                return counts if sum(counts) >= STRANGE else None
            counts = until("all of them are counted", released, 30, pause=0.2)
            states = [node.readiness() for node in others]
            expect([status for status, _ in states] == [200, 200], states)
            told = [node.name for node in others if "later release" in pathlib.Path(node.log).read_text()]
            expect(len(told) == sum(count > 0 for count in counts), f"the log of {told} alone tells")
            return str(counts)
        self.step("operators see how many sessions wait for the later program", shown)
        self.step("I10: their neighbours go on", lambda: self.answer_some(20))

        def untouched():
            ((marked,),) = self.sql("select count(*) from holdpoint.sessions where quarantine is not null")
            expect(marked == "0", f"{marked} sessions are in quarantine")
            rows = self.sql(
                "select s.name, count(c.id), coalesce(max(c.attempts), 0), bool_or(c.outcome is not null) from "
                "holdpoint.sessions s join holdpoint.commands c on c.session = s.key "
                "where s.name like 'strange-%' and c.kind = 'answer' group by 1 order by 1")
            expect(len(rows) == STRANGE and all(row[2:] == ["0", "f"] for row in rows), rows)
            answered = self.sql(
                "select s.name from holdpoint.sessions s join holdpoint.events e on e.session = s.key "
                "where s.name like 'strange-%' and e.type = 'hitl_responded'")
            expect(answered == [], f"decided by a program that cannot read them: {answered}")
        self.step("I10: none of them is in quarantine, decided, or its commands counted as failing", untouched)
        first.variables.pop("HOLDPOINT_LATER_EAGER")
        first.start()
        self.cluster.await_balance()

    def finish(self):
        earlier = self.cluster.binary
        second, third = self.cluster.nodes[1:]
        self.step("the second node is replaced under load", lambda: self.replace(second, self.later))
        self.step("the third dies under load, and is replaced", lambda: (third.kill(), self.replace(third, self.later)))
        self.step("I3: answers at any node are decided by the later program", lambda: self.answer_some(WAITING))

        def completed():
            self.strange.settle_stored()
            self.strange.await_ends()
            found = sorted(answer.status for answer in self.strange.answers)
            expect(found == [200] * STRANGE + [409] * STRANGE, f"not one of two answers each: {found}")
            expect(sum(int(node.metrics()["holdpoint_sessions_released"]) for node in self.cluster.nodes) == 0, "left")
        self.step("I3: the sessions that waited for it are answered and complete", completed)

        def raised():
            made = self.migrate(self.later, "--finish")
            expect(made["formats"] == LATER_FORMATS, made)
            until("every node knows", lambda: {
                node.metrics().get("holdpoint_data_formats") for node in self.cluster.nodes} == {str(LATER_FORMATS)}, 10)
        self.step("the later formats are allowed once no node of the earlier program lives", raised)

        def written():
            self.after.begin()
            events, snapshots = self.later_forms("after")
            expect(events >= AFTER, f"{events} events, {snapshots} snapshots")
            nodes = self.cluster.nodes
            self.after.each(
                lambda number, name: self.after.answer(name, nodes[number % 3]), enumerate(self.after.names),
                unpack=True)
            return f"{events} events, {snapshots} snapshots"
        self.step("they are written now", written)

        def refused():
            cluster = self.cluster
            run = cluster.run(
                "serve", "--listen", f"127.0.0.1:{free_port()}", "--sealing-key", cluster.sealing_key,
                HOLDPOINT_POSTGRES=cluster.postgres.url(), HOLDPOINT_REDIS=cluster.redis.url)
            expect(run.returncode == NEWER_DATA and "later release" in run.stderr, f"{run.returncode} {run.stderr}")
        self.step("the earlier program is refused from then on", refused)


def as_known(id, type, event):
    """An event as the later program shows it; a node that does not know its form shows it as it is stored."""
    if type != LATER_EVENT:
        return id, type, event
    return id, EARLIER_EVENT, {**event, "type": EARLIER_EVENT, "data": event["data"]["moved"]}


def play(verdict):
    later = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("HOLDPOINT_LATER_BINARY")
    if not later:
        sys.exit("usage: rolling.py PATH PATH (or set HOLDPOINT_BINARY and HOLDPOINT_LATER_BINARY)")
    with Cluster(3, binary_named()) as cluster, Ledger(cluster.folder) as ledger:
        cluster.await_balance()
        project = Project(cluster)
        upgrade = Upgrade(verdict, cluster, project, ledger, str(pathlib.Path(later).resolve()))
        errands = upgrade.errands
        with Clerk(project, ledger):
            feed = Watcher(project, "/stream", 1)
            errands.begin()
            watchers = [
                Watcher(project, f"/sessions/{name}/stream", name, least=1, most=4) for name in errands.names[:20]]
            traffic = Traffic(project, ledger)
            for step in (upgrade.tables, upgrade.mix, upgrade.meet, upgrade.finish):
                step()
            traffic.stop()
            verdict.check("I3: callers were served throughout", traffic.problems, f"{len(traffic.names)} sessions")
            for group in (errands, traffic, upgrade.strange, upgrade.after):
                group.await_ends()
                verdict.note(f"{group.prefix}: {len(group.names)} sessions")
                group.judge(verdict)
            for watcher in watchers:
                watcher.join(PATIENCE_SECONDS)
                watcher.got = [as_known(*event) for event in watcher.got]
            judge_watchers(verdict, watchers, project, "watchers of sessions")
            judge_feed(verdict, [feed], project, errands.names, "a watcher of the feed")


if __name__ == "__main__":
    main(play)
