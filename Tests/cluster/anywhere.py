#!/usr/bin/env python3
"""Any node takes any request, also when the same one comes to all of them at once.

    Tests/cluster/anywhere.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

The same start, with and without `respond-async`, the same message under one Idempotency-Key, and the same answer, go to
all three nodes at the same moment: each has one effect, and each caller learns of it. Commands that follow one another
at different nodes keep their order. Prints "N passed, N failed". Python's standard library only.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from cluster import Cluster, Failed, expect, until
from people import Project, binary_named, main

ROUNDS = 12
OUTCOME_SECONDS = 20


class Everywhere:
    """One request at all nodes at once."""

    def __init__(self, project):
        self.project, self.nodes = project, project.cluster.nodes
        self.pool = ThreadPoolExecutor(len(self.nodes))

    def send(self, path, body, **headers):
        return list(self.pool.map(lambda node: self.project.once(node, "POST", path, body, **headers), self.nodes))

    def status(self, reply):
        """What came of it in the end; of what was stored only, its one outcome."""
        if reply.status != 202:
            return reply.status
        command = reply.value["id"]

        def outcome():
            found = self.project.ok("GET", f"/commands/{command}")
            return found["outcome"] if found["status"] != "pending" else None
        return until(f"{command} ({reply.value['kind']}) has an outcome", outcome, OUTCOME_SECONDS, pause=0.1)["status"]

    def statuses(self, path, body, **headers):
        return [self.status(reply) for reply in self.send(path, body, **headers)]


def starts(everywhere, **headers):
    """The same session is started everywhere at once, again and again."""
    wrong = []
    for number in range(ROUNDS):
        id = f"start-{number}{'-stored' if headers else ''}"
        body = {"agent": "driver", "id": id, "input": {"number": number}}
        try:
            statuses = sorted(everywhere.statuses("/sessions", body, **headers))
        except Failed as problem:
            return [*wrong, f"{id}: {problem}"]
        events = everywhere.project.events(id)
        if not set(statuses) <= {200, 201} or 201 not in statuses or len(events) != 1:
            wrong.append(f"{id}: {statuses}, {len(events)} events")
    return wrong


def other_starts(everywhere):
    """Two of three want another input under the same id: they are told so."""
    wrong = []
    for number in range(ROUNDS):
        id = f"other-{number}"
        replies = list(everywhere.pool.map(
            lambda place: everywhere.project.once(
                everywhere.nodes[place], "POST", "/sessions", {"agent": "driver", "id": id, "input": place}), range(3)))
        try:
            statuses = sorted(everywhere.status(reply) for reply in replies)
        except Failed as problem:
            return [*wrong, f"{id}: {problem}"]
        if statuses != [201, 409, 409]:
            wrong.append(f"{id}: {statuses}")
    return wrong


def messages(everywhere, **headers):
    """One message under one key: one event, whoever stores it."""
    wrong = []
    for number in range(ROUNDS):
        key = f"message-{number}{'-stored' if headers else ''}"
        try:
            statuses = everywhere.statuses(
                "/sessions/talk/messages", {"text": key}, Idempotency_Key=key, **headers)
        except Failed as problem:
            return [*wrong, f"{key}: {problem}"]
        if set(statuses) != {200}:
            wrong.append(f"{key}: {statuses}")
    texts = [str(event["data"]) for event in everywhere.project.events("talk")]
    suffix = "-stored" if headers else "'"
    return wrong + [
        f"message-{number}: {count} times" for number in range(ROUNDS)
        if (count := sum(f"message-{number}{suffix}" in text for text in texts)) != 1]


def answers(everywhere):
    """One person's click arrives three times, another's once: the same yes is 200, the other is told who won."""
    wrong = []
    for number in range(ROUNDS):
        request = everywhere.project.ok("POST", "/sessions/talk/requests", {
            "type": "clarification", "title": f"Number {number}?"})["id"]
        statuses = everywhere.statuses(f"/requests/{request}/respond", {"response": {"answer": "yes"}})
        late = everywhere.statuses(f"/requests/{request}/respond", {"response": {"answer": "no"}})
        if statuses != [200] * 3 or late != [409] * 3:
            wrong.append(f"{request}: {statuses}, then {late}")
    return wrong


def order(project):
    """What one caller sends one after the other, each at another node, stands in the log in that order."""
    project.ok("POST", "/sessions", {"agent": "driver", "id": "order", "input": None})
    texts = [f"number {number}" for number in range(30)]
    for number, text in enumerate(texts):
        reply = project.call(
            "POST", "/sessions/order/messages", {"text": text}, node=project.cluster.nodes[number % 3])
        expect(reply.status == 200, f"{reply}")
    found = [event["data"] for event in project.events("order") if event["type"] == "message_received"]
    told = [data.get("text") or data.get("content") for data in found]
    expect(told == texts, f"{told}")


def play(verdict):
    with Cluster(3, binary_named()) as cluster:
        cluster.await_balance()
        project = Project(cluster)
        project.ok("PUT", "/agents/driver", {"kind": "external"})
        project.ok("POST", "/sessions", {"agent": "driver", "id": "talk", "input": None})
        everywhere = Everywhere(project)
        verdict.check("the same start at all nodes at once: one session, and 200 or 201 to each", starts(everywhere))
        verdict.check(
            "the same, stored first: each gets its one outcome", starts(everywhere, Prefer="respond-async"))
        verdict.check("three inputs under one id: one 201, two 409", other_starts(everywhere))
        verdict.check("one message under one key at all nodes at once: one event", messages(everywhere))
        verdict.check("the same, stored first", messages(everywhere, Prefer="respond-async"))
        verdict.check("one answer at all nodes at once: 200 to each; another afterwards: 409", answers(everywhere))
        verdict.attempt("a caller's commands keep their order across nodes", lambda: order(project))


if __name__ == "__main__":
    main(play)
