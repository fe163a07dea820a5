"""Waiting sessions of a process that was killed, and how soon a fresh one has their deadlines and has folded each."""

import contextlib
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

from client import Failure
from cluster import quiet_environment
from servers import SharedServers

PATIENCE_SECONDS = 600


def over_postgres(binary, bench, count, at_once, rounds):
    """(settings, [(seconds from the start of a process to all deadlines armed, to all sessions folded) of each])."""
    with SharedServers(binary) as servers, servers.database() as database:
        variables = {
            "HOLDPOINT_POSTGRES": servers.url(database), "HOLDPOINT_REDIS": servers.redis.url,
            "TMPDIR": str(servers.folder)}
        make(bench, "postgres", count, at_once, variables)
        # As autovacuum leaves a database whose sessions have come over hours instead of seconds.
        servers.postgres.sql("vacuum analyze", database=database)
        results = []
        for _ in range(rounds):
            servers.postgres.sql("checkpoint")  # so that none falls into a round
            results.append(reopen(bench, "postgres", count, at_once, variables))
        return servers.read_back(), results


def embedded(bench, count, at_once, rounds):
    """[(seconds to all deadlines armed, to all sessions folded) of each round], over the embedded store."""
    with tempfile.TemporaryDirectory(prefix="holdpoint-bench.") as folder:
        variables = {"TMPDIR": folder}
        make(bench, "embedded", count, at_once, variables)
        return [reopen(bench, "embedded", count, at_once, variables) for _ in range(rounds)]


def make(bench, store, count, at_once, variables):
    """Makes the sessions in a process, which is killed while they wait."""
    with process(bench, store, "make", count, at_once, variables) as said:
        said("made")


def reopen(bench, store, count, at_once, variables):
    """One round: a fresh process on what another has left behind, which is killed likewise."""
    began = time.perf_counter()
    with process(bench, store, "open", count, at_once, variables) as said:
        armed, folded = said("armed") - began, said("folded") - began
    print(f"{store}: armed after {armed:.2f} s, folded after {folded:.2f} s", flush=True)
    return armed, folded


@contextlib.contextmanager
def process(bench, store, act, count, at_once, variables):
    """A process that says what it has done; it gives what waits for that, and ends with the process being killed."""
    log = pathlib.Path(variables["TMPDIR"]) / "rebuild.log"
    with open(log, "ab") as errors:
        child = subprocess.Popen(
            [bench, "rebuild", store, act, str(count), str(at_once)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=errors, text=True, env=quiet_environment(**variables))
    watchdog = threading.Timer(PATIENCE_SECONDS, child.kill)
    watchdog.start()

    def said(part):
        line = child.stdout.readline().strip()
        moment = time.perf_counter()
        if line != f"{part} {count}":
            raise Failure(f"holdpoint-bench was to say {part} {count}, and said {line!r}: {log.read_text()[-2000:]}")
        return moment

    try:
        yield said
    finally:
        watchdog.cancel()
        child.send_signal(signal.SIGKILL)
        child.communicate()
