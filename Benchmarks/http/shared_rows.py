"""Rows of nodes that share Postgres and Redis."""

import distributed
import latency
import rebuilds
import takeovers
from inprocess import AT_ONCE
from report import Row
from servers import PGBENCH_CLIENTS, PGBENCH_ROWS, ROW_BYTES

CYCLES = {
    "human": "a workflow of one `call: human`, at its owner",
    "elsewhere": "such a workflow, answered at another node",
    "external": "`external`, at its owner",
    "http": "`external`, over HTTP with streams",
}
PGBENCH_COMMIT = "of a commit of pgbench"


def over_servers(options, size):
    settings, rounds = distributed.measure(options.holdpoint, options.bench, size, AT_ONCE)
    print(f"durability, read back: {settings}")

    def of(name, field, scale=1):
        return [getattr(results[name], field) * scale for results in rounds]

    limit = {"peer": f"pgbench, one-row commits/s, c={PGBENCH_CLIENTS}", "peers": of("pgbench", "rate")}
    for name, words in CYCLES.items():
        commits = distributed.COMMITS[name]
        ratios = [commits * one / other for one, other in zip(of(name, "rate"), limit["peers"])]
        at_once = distributed.HTTP_CONNECTIONS if name == "http" else AT_ONCE
        yield Row(
            f"cycles of {words}, {at_once} at once: {commits} × cycles/s ÷ commits/s", "cycles/s", of(name, "rate"),
            **limit, ratios=ratios, least_ratio=0.6 if name == "human" else None)
    yield Row(
        f"what Postgres takes with group commit: pgbench, commits of {PGBENCH_ROWS} rows of {ROW_BYTES:,} bytes, "
        f"c={PGBENCH_CLIENTS}", "rows/s", of("grouped", "rate", PGBENCH_ROWS), **limit)
    for name, words in CYCLES.items():
        yield from what_it_takes(name, words, of)
    yield Row("entries of 1,000 bytes that Redis takes, P64", "XADD/s", of("redis", "rate"))


def what_it_takes(name, words, of):
    """Processor time, log and transactions of a cycle; there are musts for the one that people compare."""
    is_compared = name == "human"
    commit = {"peer": f"{PGBENCH_COMMIT}, µs", "peers": of("pgbench", "postgres"), "peer_decimals": 1}
    yield Row(
        f"processor time of a cycle of {words}: engine, Postgres and Redis together", "µs", of(name, "processor"), 1,
        **commit, at_most=200 if is_compared else None)
    yield Row("of this: engine", "µs", of(name, "engine"), 1)
    yield Row("of this: Postgres", "µs", of(name, "postgres"), 1, **commit)
    yield Row(
        "of this: Redis", "µs", of(name, "redis"), 1, peer="of an XADD of redis-benchmark, P64, µs",
        peers=of("redis", "redis"), peer_decimals=2)
    yield Row(
        "Postgres's log of such a cycle", "bytes", of(name, "wal"), peer=PGBENCH_COMMIT, peers=of("pgbench", "wal"),
        at_most=5_200 if is_compared else None)
    yield Row(
        "Postgres's transactions that write, as the database counts them", "per such cycle", of(name, "writes"), 3,
        peer=PGBENCH_COMMIT, peers=of("pgbench", "writes"), peer_decimals=3, at_most=0.2 if is_compared else None)


def takeover(options, size):
    count = size["takeover"]
    results = takeovers.measure(options.holdpoint, count, size["takeover_rounds"])
    first, last = zip(*results)
    yield Row(
        f"from kill -9 of one of {takeovers.NODES} nodes (lease {takeovers.LEASE_SECONDS:g} s) until the first answer "
        "to one of its sessions, given to another node, is applied", "s", first, 2,
        at_most=takeovers.LEASE_SECONDS + 0.5)
    yield Row(
        f"until the last of the answers to its {count} sessions is applied, given over {takeovers.ANSWERS_SECONDS:g} s",
        "s", last, 2)


def rebuild(options, size):
    count, rounds = size["rebuild"], size["rebuild_rounds"]
    settings, shared = rebuilds.over_postgres(options.holdpoint, options.bench, count, AT_ONCE, rounds)
    print(f"durability, read back: {settings}")
    alone = rebuilds.embedded(options.bench, count, AT_ONCE, rounds)
    for words, results, at_most in (("Postgres", shared, 2), ("embedded", alone, None)):
        armed, folded = zip(*results)
        yield Row(
            f"from start until {count:,} waiting sessions are rebuilt after kill -9, {words}: deadlines armed, and "
            "every session folded", "s", folded, 2, at_most=at_most)
        yield Row("of this: until the deadlines are armed", "s", armed, 2)
        yield Row("of this: folding", "s", [end - begin for begin, end in results], 2)


def one_at_a_time(options, size):
    settings, rounds = latency.measure(
        options.holdpoint, options.bench, size["latency"], size["latency_pgbench_seconds"], size["latency_rounds"])
    print(f"durability, read back: {settings}")

    def of(name):
        return [times[name] for times in rounds]

    limit = {"peer": "pgbench, a one-row commit, c=1, ms", "peers": of("commit"), "peer_decimals": 3}
    for name, words in (("start", "from start to paused"), ("answer", "from answer to done")):
        yield Row(
            f"{words}, a workflow of one `call: human` over HTTP, told by the feed, one at a time: median", "ms",
            of(f"{name} p50"), 3, **limit, at_most=1)
        yield Row("the same: 95 of 100 are within", "ms", of(f"{name} p95"), 3)
