"""The server under measure: started, watched from outside, and ended by its process id."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE_SECONDS = 60
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Server:
    """One `holdpoint serve` on a folder of its own, on the loopback address."""

    project_path = "/v1/projects/default"

    def __init__(self, binary):
        self.binary = binary
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="holdpoint-bench."))
        self.port = None
        self.key = None
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        try:
            self.end(signal.SIGTERM)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        """Starts it, and returns the seconds from there to the first 200 of `/readyz`."""
        self.port = free_port()
        arguments = [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", str(self.folder / "data")]
        with open(self.folder / "out", "a") as out, open(self.folder / "err", "a") as err:
            began = time.perf_counter()
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=quiet_environment())
        while not self._is_ready():
            if self.process.poll() is not None or time.perf_counter() - began > PATIENCE_SECONDS:
                raise RuntimeError("the server is not ready: " + (self.folder / "err").read_text()[-2000:])
            time.sleep(0.0005)
        seconds = time.perf_counter() - began
        while self.key is None:
            found = re.search(r"(hp_[A-Za-z0-9]+_[A-Za-z0-9_-]+)\n", (self.folder / "out").read_text())
            self.key = found and found.group(1)
        return seconds

    def end(self, sign):
        if self.process and self.process.poll() is None:
            self.process.send_signal(sign)
            try:
                self.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise

    def cpu_seconds(self):
        """User and system time so far; the kernel counts in hundredths of a second."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def resident_kilobytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))

    def _is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as probe:
                probe.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                return probe.recv(4096).startswith(b"HTTP/1.1 200")
        except OSError:
            return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def quiet_environment():
    """The environment without settings of whoever runs this."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HOLDPOINT_")}
