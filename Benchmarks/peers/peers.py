"""Pause cycles of Holdpoint and of its peers in one run, on a private Postgres with the same settings for all."""

import asyncio
import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import types

import client
import cycles
import distributed
import lanes
from client import Failure
from cluster import Program, free_port, quiet_environment, until
from servers import SharedServers, family_seconds

HERE = pathlib.Path(__file__).resolve().parent
PREPARE_SECONDS, STOP_SECONDS, DRIVE_SECONDS = 900, 20, 300
READY_PROBES, READY_SECONDS = 16, 240
OURS, OURS_EXTERNAL = "Holdpoint", "Holdpoint, `external`"


@dataclasses.dataclass(frozen=True)
class Peer:
    """A peer with its durability, its virtual environment, and what its own tables are asked after a stretch."""

    name: str
    environment: str
    script: str
    durability: str
    finished: str
    unfinished: str


# Each with what counts the sessions that came to their end with an answer, and those that did not.
PEERS = [
    Peer(f"LangGraph, {words}", "langgraph", "langgraph_peer.py", durability,
         "select count(distinct thread_id) from checkpoints where checkpoint->'channel_values' ? 'answer'",
         """select count(distinct thread_id) from checkpoints where thread_id not in
            (select thread_id from checkpoints where checkpoint->'channel_values' ? 'answer')""")
    for durability, words in (("default", "default durability (`async`)"), ("exit", '`durability="exit"`'))
] + [
    Peer("DBOS", "dbos", "dbos_peer.py", "default",
         "select count(*) from dbos.workflow_status where status = 'SUCCESS'",
         "select count(*) from dbos.workflow_status where status <> 'SUCCESS'")]


@dataclasses.dataclass
class Figures:
    """Of one contestant at one concurrency; times are in milliseconds."""

    rate: float
    start: float
    answer: float
    processor: float = 0
    postgres: float = 0


class OverHTTP:
    """One connection to a peer behind FastAPI."""

    def __init__(self, connection):
        self.connection = connection

    async def start(self, session, text):
        return (await self._post("/sessions", {"id": session, "text": text}, "paused"))["question"]

    async def answer(self, session, answer):
        return (await self._post(f"/sessions/{session}/answer", {"answer": answer}, "done"))["output"]

    async def _post(self, path, body, expected):
        status, text = await self.connection.call("POST", path, body)
        document = json.loads(text) if status == 200 else {}
        if document.get("status") != expected:
            raise Failure(f"POST {path} was answered {status}: {text[:300]!r}")
        return document


def environments():
    """The folder of the peers' virtual environments, which are made if need be."""
    made = subprocess.run(
        [HERE / "prepare"], stdout=subprocess.PIPE, text=True, timeout=PREPARE_SECONDS, check=False)
    if made.returncode:
        raise Failure("the peers could not be installed")
    return pathlib.Path(made.stdout.strip())


def measure(binary, bench, size):
    """(settings, rounds); a round has the figures of each `Setting`."""
    folder = environments()
    with SharedServers(binary) as servers:
        settings, rounds = servers.read_back(), []
        for index in range(size["peer_rounds"]):
            load = os.getloadavg()[0]
            found = {}
            for setting, one in contest(servers, folder, bench, size):
                found[setting] = one
                times = f", {one.start:.2f} and {one.answer:.2f} ms" if one.start else ""
                print(f"round {index + 1}: {setting}: {one.rate:,.1f} cycles/s{times}", flush=True)
            rounds.append(found)
            print(f"round {index + 1}: load {load:.1f} before, {os.getloadavg()[0]:.1f} after", flush=True)
    return settings, rounds


@dataclasses.dataclass(frozen=True)
class Setting:
    """Who ran where, with how much at once; without a number of processes it was not behind HTTP."""

    name: str
    at_once: int
    processes: int | None = None

    def __str__(self):
        place = f"over HTTP, {self.processes} process{'es' * (self.processes > 1)}" if self.processes else "in process"
        return f"{self.name}, {place}, {self.at_once} at once"


def contest(servers, folder, bench, size):
    """Each setting and what came of it."""
    seconds = size["peer_seconds"]
    for name, cycle in ((OURS, "http workflow"), (OURS_EXTERNAL, "http")):
        for at_once in size["peer_holdpoint"]:
            taken = distributed.over_http(servers, bench, size["peer_cycles"], at_once, feed=False, cycle=cycle)
            yield Setting(name, at_once, 1), Figures(taken.rate, 0, 0, taken.engine, taken.postgres)
    yield Setting(OURS, 1, 1), one_at_a_time(servers, seconds)
    for peer in PEERS:
        for at_once in size["peer_at_once"]:
            yield Setting(peer.name, at_once), in_process(servers, folder, peer, at_once, seconds)
            for processes in size["peer_processes"][:at_once]:
                figures = over_http(servers, folder, peer, at_once, seconds, processes)
                yield Setting(peer.name, at_once, processes), figures


def words_of(folder, peer, *more):
    return [folder / peer.environment / "bin/python3", "-B", HERE / peer.script, *more]


def in_process(servers, folder, peer, at_once, seconds):
    with servers.database() as database:
        count, taken, start, answer = driven(servers, folder, peer, database, at_once, seconds)
        verify(servers, database, peer, int(count))
    return Figures(count / taken, start * 1e3, answer * 1e3)


def driven(servers, folder, peer, database, at_once, seconds):
    words = words_of(folder, peer, "drive", servers.url(database), at_once, seconds)
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=DRIVE_SECONDS, check=False,
        env=quiet_environment(HOLDPOINT_DURABILITY=peer.durability))
    if done.returncode:
        raise Failure(f"{peer.name}: {done.stdout[-1000:]}{done.stderr[-2000:]}")
    return map(float, done.stdout.split())


def over_http(servers, folder, peer, at_once, seconds, processes):
    with servers.database() as database:
        # A process alone makes the tables: several at once would be in each other's way.
        driven(servers, folder, peer, database, 1, 0.1)
        return driven_over_http(servers, folder, peer, database, at_once, seconds, processes)


def driven_over_http(servers, folder, peer, database, at_once, seconds, processes):
    with served(servers, folder, peer, database, processes) as server:
        async def drive(seconds, prefix):
            opened = [await client.Connection.open(server) for _ in range(at_once)]
            try:
                return await lanes.run([OverHTTP(one) for one in opened], f"http-{prefix}", seconds)
            finally:
                for one in opened:
                    one.close()

        asyncio.run(drive(min(seconds, 2), "warm"))
        before = family_seconds(server.pid)
        with servers.watched(1) as taken:
            done = asyncio.run(drive(seconds, "timed"))
        processor = family_seconds(server.pid) - before
        verify(servers, database, peer, done.cycles)
    return Figures(
        done.rate, done.start_to_paused * 1e3, done.answer_to_done * 1e3, processor * 1e6 / done.cycles,
        taken.postgres / done.cycles)


@contextlib.contextmanager
def served(servers, folder, peer, database, processes):
    port = free_port()
    log = servers.folder / f"peer-{port}.log"
    program = Program(
        peer.name, words_of(folder, peer, "serve", servers.url(database), port, processes), log,
        HOLDPOINT_DURABILITY=peer.durability)
    program.launch()
    server = types.SimpleNamespace(port=port, key="none", pid=program.process.pid)
    ready = set()

    def is_ready():
        if not program.is_running:
            raise Failure(f"{peer.name} ended: {program.tail()}")
        with contextlib.suppress(OSError):
            ready.update(asyncio.run(ready_processes(server)))
        return len(ready) == processes

    try:
        until(f"{peer.name} is ready in {processes} processes", is_ready, seconds=READY_SECONDS)
        yield server
    finally:
        program.end(seconds=STOP_SECONDS)


async def ready_processes(server):
    """Which processes take connections: with many at once, none of them is left out for long."""
    async def ask():
        connection = await client.Connection.open(server)
        _, text = await connection.call("GET", "/ready")
        connection.close()
        return json.loads(text)["process"]

    return await asyncio.gather(*(ask() for _ in range(READY_PROBES)))


def verify(servers, database, peer, count):
    """The peer's own tables must say that all came to their end, those of the warming up included."""
    finished = int(servers.postgres.sql(peer.finished, database=database)[0][0])
    unfinished = int(servers.postgres.sql(peer.unfinished, database=database)[0][0])
    if finished < count or unfinished:
        raise Failure(f"{peer.name}: of {count} cycles {finished} are kept as finished, {unfinished} as unfinished")


class Watched:
    """Holdpoint over HTTP, with the project's feed to tell when a session waits and when it is done."""

    def __init__(self, connection):
        self.connection, self.news = connection, asyncio.Queue()

    def take(self, kind, data):
        self.news.put_nowait((kind, data))

    async def start(self, session, text):
        body = {"agent": "ask", "id": session, "input": {"text": text}}
        await self.connection.make("POST", "/sessions", body)
        event = await self._news("hitl_requested", session)
        self.request = event["id"]
        return {name: event[name] for name in lanes.QUESTION}

    async def answer(self, session, answer):
        await self.connection.make(
            "POST", f"/requests/{self.request}/respond", {"response": {"answer": answer}})
        return (await self._news("session_completed", session))["output"]

    async def _news(self, kind, session):
        while True:
            found, data = await self.news.get()
            event = json.loads(data)
            if found == kind and event["session"] == session:
                return event["data"]


def one_at_a_time(servers, seconds):
    """A workflow of one `call: human` through a served node."""
    with servers.served() as (_, _, target):
        async def drive():
            await cycles.prepare_agent(target, "workflow")
            connection = await client.Connection.open(target)
            watched = Watched(connection)
            feed = await client.EventStream.open(target, "/stream", watched.take)
            await lanes.run([watched], "warm", min(seconds, 2))
            done = await lanes.run([watched], "timed", seconds)
            feed.close()
            connection.close()
            return done

        done = asyncio.run(drive())
    return Figures(done.rate, done.start_to_paused * 1e3, done.answer_to_done * 1e3)
