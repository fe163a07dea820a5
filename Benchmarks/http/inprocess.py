"""What `holdpoint-bench` measures in its own process, read from what it prints."""

import re
import subprocess
import tempfile

from client import Failure
from server import quiet_environment

AT_ONCE = 256  # pieces of work under way
NUMBER = r"(-?[0-9.]+)"
ROUND = re.compile(
    rf"round \d+: ratio {NUMBER}  cycles/s {NUMBER} \(CPU {NUMBER} µs each\)  "
    rf"raw appends/s {NUMBER} \(CPU {NUMBER} µs each\)")

WORKFLOWS = re.compile(
    r"round \d+: " + "  ".join(
        rf"{name} {NUMBER} µs {NUMBER}/s" for name in ("straight", "paths", "computing", "external", "human")))
EXPRESSIONS = re.compile(
    rf"round \d+: round trip {NUMBER} µs  of \d+ together {NUMBER} µs each  fast path {NUMBER} µs")

POLICY = re.compile(rf"round \d+: verdict {NUMBER} µs  canonical {NUMBER} µs  rules \d+  bytes \d+")


def cycles(binary, count, at_once, rounds):
    """(settings, [(ratio, cycles/s, µs per cycle, raw appends/s, µs per raw append) of each round])."""
    text = _run(binary, "cycles", count, at_once, rounds)
    return re.search(r"settings read back: (.*)", text).group(1), _rounds(ROUND, rounds, text)


def workflows(binary, count, at_once, rounds):
    """[(µs, sessions/s) of: straight, paths, computing, external, human] of each round, in one list of ten."""
    return _rounds(WORKFLOWS, rounds, _run(binary, "workflows", count, at_once, rounds))


def expressions(binary, count, rounds):
    """[(µs of a round trip, µs of one of several together, µs on the fast path) of each round]."""
    return _rounds(EXPRESSIONS, rounds, _run(binary, "expressions", count, rounds))


def policy(binary, count, rounds):
    """[(µs of a verdict, µs of the call's canonical form) of each round]."""
    return _rounds(POLICY, rounds, _run(binary, "policy", count, rounds))


def _rounds(pattern, rounds, text):
    measured = [tuple(map(float, values)) for values in pattern.findall(text)]
    if len(measured) != rounds:
        raise Failure(f"holdpoint-bench printed something else: {text}")
    return measured


def memory(binary, first, second, rounds):
    """[(bytes per waiting session, per cent of a core while idle) of each round]."""
    results = []
    for _ in range(rounds):
        text = _run(binary, "memory", first, second)
        size = re.search(rf"waiting sessions: {NUMBER} bytes each", text)
        idle = re.search(rf"waiting: {NUMBER} % of a core", text)
        if not (size and idle):
            raise Failure(f"holdpoint-bench printed something else: {text}")
        results.append((float(size.group(1)), float(idle.group(1))))
    return results


def _run(binary, *arguments):
    with tempfile.TemporaryDirectory(prefix="holdpoint-bench.") as folder:
        done = subprocess.run(
            [binary, *map(str, arguments)], capture_output=True, text=True, check=False,
            env={**quiet_environment(), "TMPDIR": folder})
    if done.returncode:
        raise Failure(f"holdpoint-bench failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
