"""Starts nodes again whenever they have died, some of them with their next death planned, and counts the deaths."""

import collections
import random
import signal
import threading
import time

POINTS = [
    "before-commit", "after-commit", "after-reply", "before-doorbell", "after-doorbell", "before-timer-commit",
    "after-timer-commit", "before-snapshot-commit", "after-snapshot-commit", "before-store", "after-store",
    "before-outcome", "after-outcome", "during-recovery", "before-dispatch", "during-dispatch", "after-dispatch",
    "before-call-outcome", "after-call-outcome", "random",
]
# How many passages a life may take to its death; the others come more rarely.
PASSAGES = {"before-commit": 12, "after-commit": 12, "after-reply": 12, "before-doorbell": 12, "after-doorbell": 12}
LIFE_SECONDS = 9  # at the longest: then it is killed from outside
LOOK_SECONDS = 0.05
# Killed; or started while Postgres cannot be used (9), or was cut off in the middle of that (1): then it ends at once,
# and somebody starts it again.
EXPECTED = {1, 9, -signal.SIGKILL}


class Keeper:
    """The supervisor of all nodes; one of them is the faulty program, until `settle`."""

    def __init__(self, nodes, faulty_node, product, faulty, folder, seed):
        self.nodes, self.faulty_node, self.product, self.faulty = nodes, faulty_node, product, faulty
        self.fault_log = folder / "faults.log"
        self.fault_log.touch()
        self.random = random.Random(f"keeper {seed}")
        self.away = set()  # names of nodes that are down because they shall be
        self.planned = collections.Counter()
        self.statuses, self.unexpected = collections.Counter(), []
        self.lives, self.outside, self.since = 0, 0, 0
        self.later = {}  # name: when it is to be started again
        self.is_calm = False
        self.lock = threading.RLock()
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def start(self):
        with self.lock:
            self._plan()
        self.thread.start()

    def _watch(self):
        while not self.ending.wait(LOOK_SECONDS):
            with self.lock:
                for node in self.nodes:
                    if node.name not in self.away:
                        self._look(node)

    def _look(self, node):
        if node.is_running:
            if node is self.faulty_node and not self.is_calm and time.monotonic() - self.since > LIFE_SECONDS:
                node.send(signal.SIGKILL)
                self.outside += 1
            return
        if node.name not in self.later:
            self._note(node)
            # Some come back at once, some when their lease is over and others have what they had.
            self.later[node.name] = time.monotonic() + self.random.choice([0, 0.3, 0.3, 4])
        elif time.monotonic() >= self.later[node.name]:
            del self.later[node.name]
            if node is self.faulty_node and not self.is_calm:
                self._plan()
            node.launch()

    def _note(self, node):
        status = node.process.returncode
        self.statuses[status] += 1
        if status not in EXPECTED:
            self.unexpected.append(f"{node.name} ended with {status}: {node.tail(8)}")

    def _plan(self):
        """The next life of the faulty node ends at a point that was not reached yet, or was planned least often."""
        missing = self.missing()
        least = min(self.planned[point] for point in missing or POINTS)
        point = self.random.choice([point for point in missing or POINTS if self.planned[point] == least])
        self.planned[point] += 1
        is_rare = point in missing and self.planned[point] > 1  # tried in vain: met at its first passage
        number = 1 if is_rare else self.random.randint(1, PASSAGES.get(point, 3))
        if point == "random":
            number = self.random.randrange(1 << 30)
        self.faulty_node.words[0] = self.faulty
        self.faulty_node.variables |= {
            "HOLDPOINT_FAULT": f"{point}:{number}", "HOLDPOINT_FAULT_LOG": str(self.fault_log)}
        self.lives, self.since = self.lives + 1, time.monotonic()

    def hits(self):
        return collections.Counter(self.fault_log.read_text().split())

    def missing(self):
        hits = self.hits()
        return [point for point in POINTS if not hits[point]]

    def take_away(self, node):
        """From now on the node is down for as long as `bring_back` is not called, once it has ended."""
        with self.lock:
            self.away.add(node.name)

    def bring_back(self, node):
        with self.lock:
            self.away.discard(node.name)
            self.later.pop(node.name, None)
            if not node.is_running:
                node.launch()

    def settle(self):
        """No more planned deaths; the product itself runs everywhere."""
        with self.lock:
            self.is_calm = True
            self.faulty_node.words[0] = self.product
            for name in ("HOLDPOINT_FAULT", "HOLDPOINT_FAULT_LOG"):
                self.faulty_node.variables.pop(name, None)
            self.faulty_node.send(signal.SIGKILL)

    def stop(self):
        self.ending.set()
        if self.thread.is_alive():
            self.thread.join()
