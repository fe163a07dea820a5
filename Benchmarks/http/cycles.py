"""Pause cycles over HTTP: what each costs the server, with a stream per session and one watcher of the feed."""

import asyncio
import os
import subprocess
import time

from client import Failure, in_lanes
from server import Server

CONNECTIONS = 32
# The agents that are played, by cycle: the workflow is what the peers have, too.
AGENTS = {
    "external": ("bench", {"kind": "external"}),
    "workflow": ("ask", {"kind": "workflow", "definition": {
        "document": {"dsl": "1.0.3", "namespace": "bench", "name": "ask", "version": "1.0.0"},
        "do": [
            {"ask": {"call": "human", "with": {
                "type": "clarification", "title": "Which one?", "context": {"text": "x" * 1_000}}}},
            {"end": {"set": {"text": "${ $workflow.input.text }", "answer": "${ .answer }"}}}],
    }}),
}


def run(bench, server, count, connections=CONNECTIONS, feed=True, cycle="external"):
    """Runs cycles with the benchmark's own client, which checks every stream and the feed; the seconds it took."""
    command = [bench, "http", cycle, str(server.port), str(count), str(connections), *([] if feed else ["without-feed"])]
    began = time.perf_counter()
    result = subprocess.run(command, env=os.environ | {"HOLDPOINT_KEY": server.key}, capture_output=True, text=True)
    if result.returncode:
        raise Failure(f"the cycles over HTTP failed: {result.stdout}{result.stderr}")
    return time.perf_counter() - began


async def measure_health(server, count):
    """Seconds of the server's processor time per `GET /healthz`."""
    async def call(connection, _):
        status, _ = await connection.call("GET", "/healthz")
        if status != 200:
            raise Failure(f"/healthz was answered {status}")

    before = server.cpu_seconds()
    await in_lanes(server, CONNECTIONS, count, call)
    return (server.cpu_seconds() - before) / count


async def prepare_agent(server, cycle="external"):
    name, body = AGENTS[cycle]

    async def put(connection, _):
        await connection.make("PUT", f"/agents/{name}", body)

    await in_lanes(server, 1, 1, put)


def measure(binary, bench, count, rounds):
    """For each round on a fresh store: milliseconds of processor time per cycle, and per `GET /healthz`."""
    results = []
    for _ in range(rounds):
        with Server(binary) as server:
            asyncio.run(prepare_agent(server))
            run(bench, server, count // 10)
            health = asyncio.run(measure_health(server, count * 4))
            before = server.cpu_seconds()
            run(bench, server, count)
            results.append(((server.cpu_seconds() - before) / count * 1000, health * 1000))
    return results
