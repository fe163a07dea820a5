"""Many sessions that wait for people, the people's own record of what they were told, and the judgement from both."""

import collections
import concurrent.futures
import json
import threading
import time

from cluster import Failed, expect, until
from people import ENDS, PATIENCE_SECONDS

AT_ONCE = 16


class Answer:
    """What one person said, and what came of it as far as that person was told; status None: nothing yet."""

    def __init__(self, session, person, node):
        self.session, self.person, self.node = session, person, node
        self.text = f"quay {person} of {session}"
        self.status = self.code = self.began = self.ended = None

    def __repr__(self):
        return f"{self.session}, person {self.person} at {self.node}: {self.status} {self.code or ''}"


class Errands:
    """Sessions of the workflow `errand`, each of which asks one question and makes one delivery."""

    def __init__(self, project, ledger, count, prefix="errand"):
        self.project, self.ledger = project, ledger
        self.names = [f"{prefix}-{number:03}" for number in range(count)]
        self.prefix, self.requests, self.answers = prefix, {}, []
        self.lock = threading.Lock()
        self.pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)

    def begin(self, nodes=None):
        """Starts them all, at one node after another, and waits until each has asked."""
        self.project.define()
        nodes = nodes or self.project.cluster.nodes

        def start(number, name):
            input = {"order": name, "base": self.ledger.base(name)}
            self.project.start(name, input, node=nodes[number % len(nodes)])
        self.each(start, enumerate(self.names), unpack=True)
        self.await_questions()

    def await_questions(self):
        def asked():
            self.requests |= self.pending()
            return set(self.requests) >= set(self.names)
        until(f"all {len(self.names)} sessions ask", asked, PATIENCE_SECONDS, pause=0.2)

    def pending(self):
        """The open questions: session to request."""
        found = self.project.listed("/requests?status=pending&type=clarification")
        return {item["session"]: item["id"] for item in found if item["session"].startswith(self.prefix + "-")}

    def each(self, deed, items, unpack=False):
        """Does something for each, several at once; the results in order."""
        futures = [self.pool.submit(deed, *(item if unpack else (item,))) for item in items]
        return [future.result() for future in futures]

    def answer(self, name, node=None, person=0, **headers):
        """One person's answer at one node first, asked again until it is decided."""
        answer = Answer(name, person, node and node.name)
        with self.lock:
            self.answers.append(answer)
        answer.began = time.monotonic()
        reply = self.project.respond(self.requests[name], {"answer": answer.text}, node=node)
        answer.ended = time.monotonic()
        answer.status, answer.code = reply.status, (reply.value or {}).get("code")
        return answer

    def answer_async(self, name, node=None, person=0):
        """Leaves an answer to be applied later; True if it was stored or applied."""
        answer = Answer(name, person, node and node.name)
        with self.lock:
            self.answers.append(answer)
        reply = self.project.call(
            "POST", f"/requests/{self.requests[name]}/respond", {"response": {"answer": answer.text}}, node=node,
            Prefer="respond-async")
        expect(reply.status in (200, 202), f"{answer}: {reply.status} {reply.value}")
        answer.status = reply.status
        answer.command = reply.value["id"] if reply.status == 202 else None
        return answer

    def rivals(self, name, nodes):
        """Two people answer at once, at two nodes; the one question is whose answer counts."""
        pair = [self.pool.submit(self.answer, name, node, person) for person, node in enumerate(nodes)]
        return [future.result() for future in pair]

    def settle_stored(self):
        """Follows each stored answer to its one outcome."""
        def settle(answer):
            def outcome():
                found = self.project.ok("GET", f"/commands/{answer.command}")
                return found if found["status"] != "pending" else None
            found = until(f"{answer.command} has an outcome", outcome, PATIENCE_SECONDS, pause=0.1)
            answer.status = found["outcome"]["status"]
            answer.code = (found["outcome"]["problem"] or {}).get("code")
        self.each(settle, [answer for answer in self.answers if getattr(answer, "command", None)])

    def await_ends(self, seconds=PATIENCE_SECONDS):
        """Waits until none goes on; how they ended, by status."""
        def states():
            found = collections.Counter(
                item["status"] for item in self.project.listed("/sessions?") if item["id"] in self.names)
            return found if sum(found[status] for status in ENDS) == len(self.names) else None
        try:
            return until("all sessions ended", states, seconds, pause=0.3)
        except Failed:
            open = [item for item in self.project.listed("/sessions?")
                    if item["id"] in self.names and item["status"] not in ENDS]
            raise Failed(
                f"{len(open)} of {len(self.names)} did not end within {seconds} s: {json.dumps(open)[:1500]}") from None

    # The judgement

    def judge(self, verdict):
        """What was promised to people, what the logs say, and what the service's own ledger says, must agree."""
        self.settle_stored()
        logs = dict(zip(self.names, self.each(self.project.events, self.names)))
        sessions = dict(zip(self.names, self.each(self.project.look, self.names)))
        verdict.check(f"all {len(self.names)} sessions completed", [
            f"{name}: {session['status']}" for name, session in sessions.items() if session["status"] != "completed"])
        verdict.check("every log is numbered densely", [
            name for name, log in logs.items() if [event["seq"] for event in log] != list(range(1, len(log) + 1))])
        verdict.check("each question was asked once and answered once", [
            f"{name}: {counts}" for name, log in logs.items()
            if (counts := (self.count(log, "hitl_requested"), self.count(log, "hitl_responded"))) != (1, 1)])
        verdict.check("I3: an answer that got 200 is the one in the log, and any other is not", self._answers(logs))
        verdict.check("the service's ledger: one delivery for each session, of the answer in its log", [
            f"{name}: {found}" for name, log in logs.items()
            if (found := self.ledger.of(name)) != [{"order": name, "to": self.applied(log)}]])

    @staticmethod
    def count(log, type):
        """How often something happened; questions about lost calls are not counted."""
        events = [event["data"] for event in log if event["type"] == type]
        if type == "hitl_requested":
            return sum(data["type"] == "clarification" for data in events)
        return sum("answer" in (data.get("response") or {}) for data in events)

    @staticmethod
    def applied(log):
        """The answer that counted."""
        found = [
            event["data"]["response"]["answer"] for event in log
            if event["type"] == "hitl_responded" and "answer" in event["data"]["response"]]
        return found[0] if found else None

    def _answers(self, logs):
        wrong = []
        for answer in self.answers:
            is_applied = self.applied(logs[answer.session]) == answer.text
            if answer.status not in (200, 409) or (answer.status == 200) != is_applied:
                wrong.append(f"{answer}, but the log has {self.applied(logs[answer.session])!r}")
        return wrong


def judge_watchers(verdict, watchers, project, what="watchers"):
    """Compares what watchers of sessions saw, across all their connections, with the logs."""
    for watcher in watchers:
        watcher.join(PATIENCE_SECONDS)
    wrong, count, connections = [], 0, 0
    for watcher in watchers:
        session = watcher.path.split("/")[-2]
        log = [(event["seq"], event["type"], event) for event in project.events(session)]
        got = [(int(id), type, data) for id, type, data in watcher.got]
        count, connections = count + len(got), connections + watcher.connections
        if watcher.problem or watcher.is_alive() or got != log:
            wrong.append(
                f"{session}: {watcher.problem or ''} saw {[id for id, _, _ in got]} of 1 to {len(log)}"
                f"{', and still waits' if watcher.is_alive() else ''}")
    verdict.check(
        f"I4: {what} resumed anywhere saw every event once, in order, as the log has it", wrong,
        f"{len(watchers)} watchers, {count} events, {connections} connections")


def judge_feed(verdict, feeds, project, names, what="watchers of the feed"):
    """Compares what watchers of the project's feed saw with each other and with the logs."""
    expected = set()
    for name in names:
        expected |= {
            (name, event["seq"]) for event in project.events(name)
            if event["type"].startswith(("session_", "hitl_")) or event["type"] == "event_emitted"}

    def seen(feed):
        return [(data["session"], data["seq"]) for _, _, data in feed.got if data["session"] in names]
    for feed in feeds:
        try:
            until("the feed is read to its end", lambda: len(set(seen(feed))) >= len(expected), 30, pause=0.1)
        except Failed:
            pass  # told below, with what is missing
        feed.stop()
    wrong = []
    for number, feed in enumerate(feeds):
        found = seen(feed)
        ids = [id for id, _, _ in feed.got]
        if feed.problem:
            wrong.append(f"{number}: {feed.problem}")
        if missing := expected - set(found):
            wrong.append(f"{number}: {len(missing)} of {len(expected)} events are missing: {sorted(missing)[:5]}")
        if len(set(found)) != len(found) or len(set(ids)) != len(ids):
            wrong.append(f"{number}: {len(found) - len(set(found))} events came twice")
        if found != seen(feeds[0])[:len(found)]:
            wrong.append(f"{number}: another order than the first one's")
    verdict.check(
        f"I4: {what} resumed anywhere saw every event once, all in one order", wrong,
        f"{len(feeds)} watchers, {len(expected)} events, {sum(feed.connections for feed in feeds)} connections")
