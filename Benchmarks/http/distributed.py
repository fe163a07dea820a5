"""Pause cycles of nodes that share Postgres and Redis, each round beside what the two servers do at most."""

import asyncio
import os
import subprocess
import threading

import cycles
from client import Failure
from cluster import quiet_environment
from servers import PGBENCH_ROWS, SharedServers, number

PATIENCE_SECONDS = 600
HTTP_CONNECTIONS = 64  # with many more, the watcher of the whole feed is too slow and is cut off
# Which cycles there are, and the transactions of a session in each; `elsewhere` stores the answer in one more.
COMMITS = {"human": 2, "external": 4, "elsewhere": 3, "http": 4, "http workflow": 2}
# What the benchmark's client calls the cycles over HTTP.
CLIENT = {"http": "external", "http workflow": "workflow"}
TYPES = {
    "human": [
        "session_started", "hitl_requested", "workflow_advanced", "hitl_responded", "workflow_advanced",
        "session_completed"],
    "external": ["session_started", "hitl_requested", "hitl_responded", "session_completed"],
}
TYPES |= {"elsewhere": TYPES["human"], "http": TYPES["external"], "http workflow": TYPES["human"]}
OFF_FEED = "workflow_advanced"
COMPLETED, ANSWERED = 3, 1  # as the columns `status` of sessions and requests have it


def measure(binary, bench, size, at_once):
    """(settings, rounds); a round has a `Taken` for each cycle, for `pgbench`, for `grouped` (pgbench with commits of
    many rows) and for `redis`."""
    with SharedServers(binary) as servers:
        settings, rounds = servers.read_back(), []
        for index in range(size["rounds"]):
            load = os.getloadavg()[0]
            results = {
                "pgbench": servers.commits(size["pgbench_seconds"]),
                "grouped": servers.commits(size["pgbench_seconds"] // 2, PGBENCH_ROWS),
                **{name: in_process(servers, bench, name, size["distributed"], at_once)
                   for name in ("human", "external", "elsewhere")},
                "http": over_http(servers, bench, size["distributed"] // 2, HTTP_CONNECTIONS),
                "redis": servers.stream_entries(size["stream_entries"]),
            }
            rounds.append(results)
            rates = ", ".join(f"{name} {taken.rate:,.0f}/s" for name, taken in results.items())
            print(f"round {index + 1}: load {load:.1f} before, {os.getloadavg()[0]:.1f} after; {rates}", flush=True)
    return settings, rounds


def in_process(servers, bench, cycle, count, at_once):
    """Cycles in a process that is nothing but the engine; for `elsewhere` it holds two nodes."""
    with servers.database() as database, open(servers.folder / "bench.log", "ab") as log:
        process = subprocess.Popen(
            [bench, "distributed", cycle, str(count), str(at_once)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=log, text=True, env=quiet_environment(
                HOLDPOINT_POSTGRES=servers.url(database), HOLDPOINT_REDIS=servers.redis.url,
                TMPDIR=str(servers.folder)))
        watchdog = threading.Timer(PATIENCE_SECONDS, process.kill)
        watchdog.start()
        try:
            warm = int(number(r"^ready (\d+)$", process.stdout.readline()))
            with servers.watched(count) as taken:
                print(file=process.stdin, flush=True)
                figures = process.stdout.readline()
            taken.rate = number(r"^measured ([0-9.]+) cycles/s", figures)
            taken.engine = number(r"([0-9.]+) µs of this process", figures)
            rest, _ = process.communicate("\n")
            if process.returncode:
                raise Failure(f"holdpoint-bench failed: {rest}")
        finally:
            watchdog.cancel()
            process.kill()
            process.communicate()
        verify(servers, database, cycle, warm + count)
    return taken


def over_http(servers, bench, count, connections, feed=True, cycle="http"):
    """Cycles through a served node, with a stream for each session and perhaps a watcher of the feed."""
    with servers.served() as (database, node, target):
        asyncio.run(cycles.prepare_agent(target, CLIENT[cycle]))
        cycles.run(bench, target, count // 10, connections, feed, CLIENT[cycle])
        with servers.watched(count, engine=node.process.pid) as taken:
            taken.rate = count / cycles.run(bench, target, count, connections, feed, CLIENT[cycle])
        node.end()
        verify(servers, database, cycle, count + count // 10)
    return taken


def verify(servers, database, cycle, count):
    """Everything that was to be done is in the database, once, and nothing else: else the figures mean nothing."""
    def rows(query):
        return servers.postgres.sql(f"set search_path = holdpoint; {query}", database=database)

    logs = rows("""
        select log, count(*) from (
            select string_agg(seq || ' ' || type, ', ' order by seq) as log from events group by session) l group by 1
        """)
    log = ", ".join(f"{place} {name}" for place, name in enumerate(TYPES[cycle], 1))
    _same("logs", logs, [[log, count]])
    _same("sessions by status", rows("select status, count(*) from sessions group by 1"), [[COMPLETED, count]])
    _same("requests by status", rows("select status, count(*) from requests group by 1"), [[ANSWERED, count]])
    _same(
        "events on the feed, and their places",
        rows("""
            select count(*), count(distinct (xid, n - later)) from (
                select l.xid, l.n, e.on_feed, count(*) filter (where e.on_feed) over (
                    partition by l.session, l.last order by e.seq rows between 1 following and unbounded following
                ) as later from log l cross join lateral events_of(l.record) e) f where on_feed
            """),
        [[count * sum(name != OFF_FEED for name in TYPES[cycle])] * 2])
    stored = count if cycle == "elsewhere" else 0
    _same(
        "transactions of a session's events",
        rows("select n, count(*) from (select count(distinct xid) as n from log group by session) t group by 1"),
        [[COMMITS[cycle] - (stored > 0), count]])
    _same("stored commands, and those applied", rows("select count(*), count(outcome) from commands"), [[stored] * 2])


def _same(what, found, expected):
    expected = [[str(value) for value in row] for row in expected]
    if found != expected:
        raise Failure(f"{what}: the database has {found[:5]} instead of {expected}")
