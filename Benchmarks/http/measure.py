#!/usr/bin/env python3
"""Measures a server and an engine, and prints one table; Benchmarks/run builds both and calls this.

    Benchmarks/http/measure.py --holdpoint FILE --bench FILE [--quick] [--only PART,...]

Exit status: 0 measured, whether or not a figure is as it must be; 1 something was refused, lost or out of order.
"""

import argparse
import os
import pathlib
import resource
import signal
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "Tests/cluster"))
sys.dont_write_bytecode = True

import cycles  # noqa: E402
import inprocess  # noqa: E402
import peers  # noqa: E402
import shared_rows  # noqa: E402
import waiting  # noqa: E402
from client import Failure  # noqa: E402
from cluster import Failed  # noqa: E402
from inprocess import AT_ONCE  # noqa: E402
from lanes import Wrong  # noqa: E402
from report import Row, machine, table  # noqa: E402

FULL = {
    "cycles": 20_000, "rounds": 5, "workflows": 10_000, "expressions": 10_000, "verdicts": 20_000, "http_cycles": 8_000,
    "streams": 5_000, "stream_rounds": 3, "settle_seconds": 18, "memory": (10_000, 100_000),
    "memory_rounds": 2, "restart": 1_000, "restart_rounds": 7, "distributed": 20_000, "pgbench_seconds": 8,
    "stream_entries": 400_000, "takeover": 200, "takeover_rounds": 7, "rebuild": 100_000, "rebuild_rounds": 5,
    "latency": 2_000, "latency_pgbench_seconds": 4, "latency_rounds": 5, "peer_rounds": 3, "peer_seconds": 5,
    "peer_cycles": 8_000, "peer_at_once": (1, 8, 32, 256), "peer_processes": (1, 2), "peer_holdpoint": (256, 32),
}
QUICK = {
    "cycles": 2_000, "rounds": 2, "workflows": 500, "expressions": 500, "verdicts": 500, "http_cycles": 400,
    "streams": 500, "stream_rounds": 1, "settle_seconds": 8, "memory": (1_000, 5_000),
    "memory_rounds": 1, "restart": 200, "restart_rounds": 2, "distributed": 1_000, "pgbench_seconds": 2,
    "stream_entries": 20_000, "takeover": 50, "takeover_rounds": 1, "rebuild": 2_000, "rebuild_rounds": 2,
    "latency": 100, "latency_pgbench_seconds": 1, "latency_rounds": 2, "peer_rounds": 1, "peer_seconds": 2,
    "peer_cycles": 400, "peer_at_once": (1, 8), "peer_processes": (1, 2), "peer_holdpoint": (32,),
}


def column(results, index):
    return [result[index] for result in results]


def in_process(options, size):
    settings, results = inprocess.cycles(options.bench, size["cycles"], AT_ONCE, size["rounds"])
    print(f"durability, read back: {settings}")
    yield Row(
        f"pause cycles in process, {AT_ONCE} at once", "cycles/s", column(results, 1), peer="raw appends/s",
        peers=column(results, 3), ratios=column(results, 0), least_ratio=0.4)
    yield Row(
        "processor time of such a cycle", "µs", column(results, 2), 1, peer="of a raw append, µs",
        peers=column(results, 4), peer_decimals=1)


def workflows(options, size):
    results = inprocess.workflows(options.bench, size["workflows"], AT_ONCE, size["rounds"])
    straight, paths, computing, external, human = (column(results, index) for index in range(0, 10, 2))
    peer = {"peer": "of `external`, started and completed, µs", "peers": straight, "peer_decimals": 1}
    yield Row(
        "processor time of a workflow of ten steps (`set`, `switch`, `for`) with plain paths, in all: one commit", "µs",
        paths, 1, **peer, at_most=300)
    yield Row("the same with six steps computed by libjq, one after the other", "µs", computing, 1, **peer)
    yield Row(
        f"cycles of a workflow of one `call: human`, {AT_ONCE} at once: two commits", "cycles/s", column(results, 9),
        peer="pause cycles of `external`: four commits", peers=column(results, 7))
    yield Row(
        "processor time of such a cycle", "µs", human, 1, peer="of one of `external`, µs", peers=external,
        peer_decimals=1)


def expressions(options, size):
    results = inprocess.expressions(options.bench, size["expressions"], size["rounds"])
    yield Row(
        "processor time of an expression through libjq and back, the worker's included", "µs", column(results, 0), 1,
        peer="of one of 16 in one exchange, µs", peers=column(results, 1), peer_decimals=1, at_most=120)
    yield Row("processor time of an expression on the fast path", "µs", column(results, 2), 2, at_most=2)


def policy(options, size):
    results = inprocess.policy(options.bench, size["verdicts"], size["rounds"])
    yield Row(
        "processor time of a policy's verdict: 200 rules, a call of 2 KB", "µs", column(results, 0), 1,
        peer="of the canonical form of its arguments, µs", peers=column(results, 1), peer_decimals=1, at_most=20)


def over_http(options, size):
    results = cycles.measure(options.holdpoint, options.bench, size["http_cycles"], size["rounds"])
    yield Row(
        f"processor time of the server per pause cycle over HTTP, {cycles.CONNECTIONS} connections", "ms",
        column(results, 0), 3, peer="per `GET /healthz`, ms", peers=column(results, 1), peer_decimals=4, at_most=0.4)


def streams(options, size):
    count = size["streams"]
    results = waiting.streams(options.holdpoint, count, size["stream_rounds"], size["settle_seconds"])
    yield Row(
        f"resident memory of an idle event stream, {count:,} open", "KB", column(results, 0), 2,
        peer="of an idle connection, KB", peers=column(results, 1), peer_decimals=2, at_most=8)


def memory(options, size):
    first, second = size["memory"]
    results = inprocess.memory(options.bench, first, second, size["memory_rounds"])
    yield Row(
        f"resident memory of a waiting session, from {first:,} to {second:,}", "bytes", column(results, 0),
        at_most=100)
    yield Row(f"processor time while {second:,} sessions wait", "% of a core", column(results, 1), 2, at_most=1)


def restart(options, size):
    results = waiting.restarts(options.holdpoint, size["restart"], size["restart_rounds"])
    yield Row(
        f"from start to ready after kill -9, {size['restart']:,} sessions waiting", "s", column(results, 0), 3,
        peer="none waiting, s", peers=column(results, 1), peer_decimals=3, at_most=0.3)


def beside_peers(options, size):
    settings, rounds = peers.measure(options.holdpoint, options.bench, size)
    print(f"durability, read back: {settings}")

    def of(setting, field="rate", scale=1.0):
        return [getattr(found[setting], field) * scale for found in rounds]

    def best(name, over_http):
        """The setting in which a peer makes most cycles, by the median of the rounds."""
        mine = [one for one in rounds[0] if one.name == name and bool(one.processes) == over_http]
        return max(mine, key=lambda one: statistics.median(of(one)))

    names = [peer.name for peer in peers.PEERS]
    strongest = max((best(name, True) for name in names), key=lambda one: statistics.median(of(one)))
    ours = [peers.Setting(peers.OURS, at_once, 1) for at_once in size["peer_holdpoint"]]
    external = [peers.Setting(peers.OURS_EXTERNAL, at_once, 1) for at_once in size["peer_holdpoint"]]
    for setting in ours + external:
        words = "a workflow of one `call: human`" if setting in ours else "`external`"
        yield Row(
            f"pause cycles of {words} over HTTP, a stream for each session, {setting.at_once} at once", "cycles/s",
            of(setting), peer=f"the best peer: {strongest}", peers=of(strongest), peer_decimals=1,
            ratios=[one / other for one, other in zip(of(setting), of(strongest))],
            least_ratio=10 if setting == ours[0] else None)
    for setting in ours[1:]:
        yield Row(
            f"the first of these, {ours[0].at_once} at once", "cycles/s", of(ours[0]), peer=f"{setting.at_once} at once",
            peers=of(setting), ratios=[one / other for one, other in zip(of(ours[0]), of(setting))], least_ratio=1)
    for name in names:
        outside, inside = best(name, True), best(name, False)
        yield Row(
            f"the same cycle at its best: {outside} (FastAPI)", "cycles/s", of(outside), 1,
            peer=f"at its best in process, {inside.at_once} at once", peers=of(inside), peer_decimals=1)
    for field, words in (("start", "from start to paused"), ("answer", "from answer to done")):
        yield Row(
            f"{words}, a workflow of one `call: human` over HTTP, told by the feed, one at a time, as a client in "
            "Python sees it", "ms", of(peers.Setting(peers.OURS, 1, 1), field), 2)
        for name in names:
            yield Row(
                f"the same in {name}, over HTTP", "ms", of(peers.Setting(name, 1, 1), field), 2,
                peer="in process, ms", peers=of(peers.Setting(name, 1), field), peer_decimals=2)
    for setting in ours + external + [best(name, True) for name in names]:
        yield Row(
            f"processor time of a cycle: {setting}: server", "ms", of(setting, "processor", 1e-3), 2,
            peer="Postgres, ms", peers=of(setting, "postgres", 1e-3), peer_decimals=2)


PARTS = {
    "cycles": in_process, "workflows": workflows, "expressions": expressions, "policy": policy, "http": over_http, "streams": streams,
    "memory": memory, "restart": restart, "distributed": shared_rows.over_servers, "takeover": shared_rows.takeover,
    "rebuild": shared_rows.rebuild, "latency": shared_rows.one_at_a_time, "peers": beside_peers,
}


def first(failures):
    """One error of a group of groups: the others mostly follow from it."""
    while isinstance(failures, BaseExceptionGroup):
        failures = failures.exceptions[0]
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--holdpoint", required=True, help="the release build of the server")
    parser.add_argument("--bench", required=True, help="the release build of holdpoint-bench")
    parser.add_argument("--quick", action="store_true", help="small counts: shows that it works, and measures nothing")
    parser.add_argument("--only", default=",".join(PARTS), help="some of " + ",".join(PARTS))
    options = parser.parse_args()
    parts = options.only.split(",")
    if not set(parts) <= set(PARTS):
        parser.error("--only takes some of " + ",".join(PARTS))
    # A stop from outside also runs what removes folders and ends servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(machine())
    rows = []
    for part in parts:
        print(f"measuring {part}", file=sys.stderr, flush=True)
        try:
            rows += PARTS[part](options, QUICK if options.quick else FULL)
        except* (Failure, Failed, Wrong, OSError, RuntimeError) as failures:
            sys.exit(f"{part}: {first(failures)}")
    print(f"load {os.getloadavg()[0]:.1f} at the end\n\n{table(rows)}")
    missed = sum(not row.is_met for row in rows)
    print(f"\n{missed} of {sum(row.at_most is not None or row.least_ratio is not None for row in rows)} musts missed"
          + (" (small counts: no figure of --quick means anything)" if options.quick else ""))


if __name__ == "__main__":
    main()
