"""Runs the server, with one planned fault in each life, and starts it again whenever it is dead."""

import collections
import os
import random
import re
import signal
import subprocess
import threading
import time

from client import free_port_is_open

POINTS = [
    "before-commit", "after-commit", "after-reply", "before-doorbell", "after-doorbell", "before-timer-commit",
    "after-timer-commit", "before-snapshot-commit", "after-snapshot-commit", "before-store", "after-store",
    "before-outcome", "after-outcome", "during-recovery", "random",
]
# How many passages a life may take to its death; the others come more rarely.
PASSAGES = {"before-commit": 15, "after-commit": 15, "after-reply": 15, "before-doorbell": 15, "after-doorbell": 15}
LIFE_SECONDS = (1.0, 2.2)  # at the longest: then it is killed from outside
START_SECONDS = 30


def quiet_environment(**more):
    """The environment without settings of whoever runs this."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDPOINT_")}
    return {**kept, **more}


class Supervisor:
    """The server and its deaths."""

    def __init__(self, faulty, product, folder, port, seed):
        self.faulty, self.product, self.folder, self.port = faulty, product, folder, port
        self.data = folder / "data"
        self.fault_log = folder / "faults.log"
        self.fault_log.touch()
        self.url = f"http://127.0.0.1:{port}"
        self.key = None
        self.random = random.Random(seed)
        self.planned = collections.Counter()
        self.outside = 0
        self.clean = 0
        self.lives = 0
        self.unexpected = []
        self.process = None
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        """The first life, without a fault."""
        self._launch(self.product, None)
        self.await_answer()
        while self.key is None:
            found = re.search(r"(hp_[A-Za-z0-9]+_[A-Za-z0-9_-]+)\n", (self.folder / "server.out").read_text())
            self.key = found and found.group(1)

    def unleash(self):
        """From now on the server dies."""
        self._end(signal.SIGTERM)
        self.thread.start()

    def settle(self):
        """No more deaths: the product itself serves from now on."""
        self.ending.set()
        self.thread.join()
        self._launch(self.product, None)
        self.await_answer()

    def stop(self):
        """Stops the server in good order, and says how it ended."""
        self.ending.set()
        if self.thread.is_alive():
            self.thread.join()
        status = self._end(signal.SIGTERM)
        if status not in (0, None):
            self.unexpected.append(f"the last stop ended with status {status}")

    def hits(self):
        return collections.Counter(self.fault_log.read_text().split())

    def missing(self):
        hits = self.hits()
        return [point for point in POINTS if not hits[point]]

    def await_answer(self):
        end = time.monotonic() + START_SECONDS
        while not free_port_is_open(self.port):
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with status {self.process.returncode}; see {self.folder}")
            if time.monotonic() > end:
                raise RuntimeError("the server does not answer")
            time.sleep(0.01)

    def print_table(self, points):
        hits = self.hits()
        print(f"{'death':<24}{'hits':>6}")
        for point in points:
            print(f"{point:<24}{hits[point]:>6}")
        print(f"{'from outside':<24}{self.outside:>6}")
        print(f"{'(stopped in good order)':<24}{self.clean:>6}")

    def _run(self):
        while not self.ending.is_set():
            point, number = self._next_fault()
            # Without this, every life would follow a death, and take the cautious path only.
            if point != "during-recovery" and self.random.random() < 0.4:
                self._launch(self.faulty, None)
                self._live(0.3)
                if self._end(signal.SIGTERM) == 0:
                    self.clean += 1
            self._launch(self.faulty, f"{point}:{number}")
            if self._live(self.random.uniform(*LIFE_SECONDS)) is None and not self.ending.is_set():
                self.outside += 1
            self._end(signal.SIGKILL)

    def _next_fault(self):
        """A point that was not reached yet, or one of those that were planned least often; and which passage."""
        missing = self.missing()
        if missing and self.lives % 2:
            point = self.random.choice(missing)
        else:
            least = min(self.planned[point] for point in POINTS)
            point = self.random.choice([point for point in POINTS if self.planned[point] == least])
        self.planned[point] += 1
        if point == "random":
            return point, self.random.randrange(1 << 30)
        # A point that was tried in vain is met at its first passage.
        is_rare = point in missing and self.planned[point] > 1
        return point, 1 if is_rare else self.random.randint(1, PASSAGES.get(point, 3))

    def _launch(self, binary, fault):
        self.lives += 1
        variables = {"HOLDPOINT_FAULT": fault or "", "HOLDPOINT_FAULT_LOG": str(self.fault_log)}
        with open(self.folder / "server.out", "a") as out, open(self.folder / "server.err", "a") as errors:
            self.process = subprocess.Popen(
                [binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", str(self.data)], stdout=out,
                stderr=errors, env=quiet_environment(**(variables if binary == self.faulty else {})))

    def _live(self, seconds):
        """Waits for the end of the process for so long; its status, or None if it lives."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.ending.is_set():
            status = self.process.poll()
            if status is not None:
                if status != -signal.SIGKILL:
                    self.unexpected.append(f"the server ended by itself with status {status}")
                return status
            time.sleep(0.01)
        return None

    def _end(self, number):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout=START_SECONDS)
        except subprocess.TimeoutExpired:
            self.unexpected.append(f"the server did not end within {START_SECONDS} s of signal {number}")
            self.process.kill()
            return self.process.wait()
