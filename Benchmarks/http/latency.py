"""Workflows of one `call: human` through a served node, one at a time, by the benchmark's own client."""

import asyncio
import os
import subprocess

import distributed
from client import Failure, in_lanes
from servers import SharedServers, number

AGENT = "ask"
DEFINITION = {
    "document": {"dsl": "1.0.3", "namespace": "bench", "name": AGENT, "version": "1.0.0"},
    "do": [{"ask": {"call": "human", "with": {
        "type": "clarification", "title": "Which one?", "context": {"text": "${ .text }"}}}}],
}


def measure(binary, bench, count, seconds, rounds):
    """(settings, [{p50 and p95 of start and answer, and of a commit of pgbench alone, in milliseconds} of each])."""
    with SharedServers(binary) as servers:
        results = []
        for index in range(rounds):
            times = {"commit": servers.commit_milliseconds(seconds)} | one_at_a_time(servers, bench, count)
            results.append(times)
            words = ", ".join(f"{name} {time:.3f} ms" for name, time in times.items())
            print(f"round {index + 1}: {words}", flush=True)
        return servers.read_back(), results


def one_at_a_time(servers, bench, count):
    with servers.served() as (database, node, target):
        asyncio.run(prepare_agent(target))
        done = subprocess.run(
            [bench, "latency", str(target.port), str(count)], env=os.environ | {"HOLDPOINT_KEY": target.key},
            capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(f"the cycles one at a time failed: {done.stdout}{done.stderr}")
        node.end()
        distributed.verify(servers, database, "human", count + int(number(r"at a time, (\d+) before", done.stdout)))
    return {
        f"{name} {part}": number(rf"{name} p50.*?{part} ([0-9.]+) µs" if part == "p95" else
                                 rf"{name} p50 ([0-9.]+) µs", done.stdout) / 1e3
        for name in ("start", "answer") for part in ("p50", "p95")}


async def prepare_agent(target):
    async def put(connection, _):
        await connection.make("PUT", f"/agents/{AGENT}", {"kind": "workflow", "definition": DEFINITION})

    await in_lanes(target, 1, 1, put)
