"""Sessions that wait: what an idle stream on each keeps resident, and how soon a killed server is ready again."""

import asyncio
import signal
import subprocess

from client import Connection, EventStream, Failure, in_lanes
from cycles import CONNECTIONS, prepare_agent
from server import Server, quiet_environment

HISTORY = ["session_started", "hitl_requested"]
OPENED_AT_ONCE = 100
PAGE = 100


async def make_waiting(server, count):
    """So many sessions with one question each; their ids."""
    ids = []

    async def make(connection, _):
        session = await connection.make("POST", "/sessions", {"agent": "bench", "input": {"n": 1}})
        question = {"type": "clarification", "title": "Which one?", "expires_in": 86400}
        await connection.make("POST", f"/sessions/{session['id']}/requests", question)
        ids.append(session["id"])

    await prepare_agent(server)
    await in_lanes(server, CONNECTIONS, count, make)
    return ids


async def count_waiting(server):
    """How many sessions the server lists as waiting."""
    connection = await Connection.open(server)
    total, cursor = 0, ""
    while cursor is not None:
        page = await connection.make(
            "GET", f"/sessions?status=waiting&limit={PAGE}" + (f"&cursor={cursor}" if cursor else ""))
        total, cursor = total + len(page["items"]), page["next_cursor"]
    connection.close()
    return total


async def in_portions(items, open_one):
    """Opens one for each item, some at once."""
    opened = []
    for start in range(0, len(items), OPENED_AT_ONCE):
        opened += await asyncio.gather(*(open_one(item) for item in items[start:start + OPENED_AT_ONCE]))
    return opened


async def measure_streams(server, ids, settle_seconds):
    """Kilobytes of resident memory per idle stream, each after its session's history."""
    carried = {name: [] for name in ids}

    def open_one(name):
        return EventStream.open(server, f"/sessions/{name}/stream", lambda kind, _: carried[name].append(kind))

    await asyncio.sleep(settle_seconds)
    before = server.resident_kilobytes()
    streams = await in_portions(ids, open_one)
    await asyncio.sleep(settle_seconds)
    after = server.resident_kilobytes()
    if any(stream.ended.done() for stream in streams) or any(seen != HISTORY for seen in carried.values()):
        raise Failure("a stream was cut, or did not carry its session's history")
    for stream in streams:
        stream.close()
    return (after - before) / len(ids)


async def measure_connections(server, count, settle_seconds):
    """Kilobytes of resident memory per idle connection that had one `GET /healthz`."""
    async def open_one(_):
        connection = await Connection.open(server)
        await connection.call("GET", "/healthz")
        return connection

    await asyncio.sleep(settle_seconds)
    before = server.resident_kilobytes()
    connections = await in_portions(range(count), open_one)
    await asyncio.sleep(settle_seconds)
    after = server.resident_kilobytes()
    for connection in connections:
        connection.close()
    return (after - before) / count


def streams(binary, count, rounds, settle_seconds):
    """For each round: kilobytes per idle stream, and per idle connection; each in a fresh process."""
    results = []
    with Server(binary) as server:
        ids = asyncio.run(make_waiting(server, count))
        for _ in range(rounds):
            server.end(signal.SIGTERM)
            server.start()
            connection = asyncio.run(measure_connections(server, count, settle_seconds / 2))
            server.end(signal.SIGTERM)
            server.start()
            results.append((asyncio.run(measure_streams(server, ids, settle_seconds)), connection))
    return results


def restarts(binary, count, rounds):
    """For each round, seconds from the start of a killed server to ready: with waiting sessions, and with none."""
    results = []
    with Server(binary) as server, Server(binary) as empty:
        asyncio.run(make_waiting(server, count))
        for _ in range(rounds):
            server.end(signal.SIGKILL)
            empty.end(signal.SIGKILL)
            seconds = server.start()
            results.append((seconds, empty.start()))
        found = asyncio.run(count_waiting(server))
        if found != count:
            raise Failure(f"{found} of {count} sessions are waiting after the restarts")
        server.end(signal.SIGTERM)
        verify(binary, server)
    return results


def verify(binary, server):
    checked = subprocess.run(
        [binary, "replay", "--all", "--verify", "--data", str(server.folder / "data")], capture_output=True, text=True,
        env=quiet_environment(), check=False)
    if checked.returncode:
        raise Failure(f"the data does not verify after the restarts: {checked.stdout[-500:]}{checked.stderr[-500:]}")
