"""Pause cycles over HTTP: what each costs the server, with a stream per session and one watcher of the feed."""

import asyncio
import collections
import json

from client import EventStream, Failure, in_lanes
from server import Server

CONNECTIONS = 32
TEXT = "x" * 1000
EVENTS = ["session_started", "hitl_requested", "hitl_responded", "session_completed"]
STREAM_PATIENCE_SECONDS = 30


class Cycles:
    """Runs cycles, and knows which events came on each stream and on the feed."""

    def __init__(self, server):
        self.server = server
        self.on_feed = collections.defaultdict(list)
        self.expected = 0
        self.feed_changed = asyncio.Event()

    async def run(self, count):
        feed = await EventStream.open(self.server, "/stream", self._feed_event)
        self.expected += count * len(EVENTS)
        await in_lanes(self.server, CONNECTIONS, count, self._cycle)
        await in_time(self._feed_is_whole(), "the feed's events")
        feed.close()
        wrong = [session for session, events in self.on_feed.items() if events != EVENTS]
        if wrong or len(self.on_feed) * len(EVENTS) != self.expected:
            raise Failure(f"the feed does not have four events in order of {len(wrong)} sessions")

    async def _feed_is_whole(self):
        while sum(map(len, self.on_feed.values())) < self.expected:
            self.feed_changed.clear()
            await self.feed_changed.wait()

    def _feed_event(self, kind, data):
        self.on_feed[json.loads(data)["session"]].append(kind)
        self.feed_changed.set()

    async def _cycle(self, connection, _):
        seen = []
        session = await connection.make("POST", "/sessions", {"agent": "bench", "input": {"text": TEXT}})
        path = f"/sessions/{session['id']}"
        stream = await EventStream.open(self.server, path + "/stream", lambda kind, _: seen.append(kind))
        question = {"type": "clarification", "title": "Which one?", "context": {"text": TEXT}}
        request = await connection.make("POST", path + "/requests", question)
        await connection.make("POST", f"/requests/{request['id']}/respond", {"response": {"answer": "this one"}})
        await connection.make("POST", path + "/complete", {"output": {"done": True}})
        is_complete = await in_time(stream.ended, f"the end of a stream after {seen}")
        if seen != EVENTS or not is_complete:
            raise Failure(f"a stream carried {seen}, and {'ended' if is_complete else 'was cut'}")


async def in_time(awaited, what):
    try:
        return await asyncio.wait_for(awaited, STREAM_PATIENCE_SECONDS)
    except TimeoutError:
        raise Failure(f"{what} did not come within {STREAM_PATIENCE_SECONDS} s") from None


async def measure_health(server, count):
    """Seconds of the server's processor time per `GET /healthz`."""
    async def call(connection, _):
        status, _ = await connection.call("GET", "/healthz")
        if status != 200:
            raise Failure(f"/healthz was answered {status}")

    before = server.cpu_seconds()
    await in_lanes(server, CONNECTIONS, count, call)
    return (server.cpu_seconds() - before) / count


async def prepare_agent(server):
    async def put(connection, _):
        await connection.make("PUT", "/agents/bench", {"kind": "external"})

    await in_lanes(server, 1, 1, put)


def measure(binary, count, rounds):
    """For each round on a fresh store: milliseconds of processor time per cycle, and per `GET /healthz`."""
    async def one_round(server):
        await prepare_agent(server)
        cycles = Cycles(server)
        await cycles.run(count // 10)
        health = await measure_health(server, count * 4)
        before = server.cpu_seconds()
        await cycles.run(count)
        return (server.cpu_seconds() - before) / count * 1000, health * 1000

    results = []
    for _ in range(rounds):
        with Server(binary) as server:
            results.append(asyncio.run(one_round(server)))
    return results
