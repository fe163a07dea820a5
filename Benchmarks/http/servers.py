"""Postgres and Redis of our own under a distributed benchmark, what they take, and the limits that they set."""

import contextlib
import dataclasses
import os
import pathlib
import re
import subprocess
import urllib.parse

from client import Failure
from cluster import LOGIN, Cluster, quiet_environment

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
ROW_BYTES = 1_000
PGBENCH_CLIENTS = 32
PIPELINE = 64


@dataclasses.dataclass
class Taken:
    """Processor time and log of a stretch of work, each for one piece of it: microseconds and bytes."""

    rate: float = 0
    engine: float = 0
    postgres: float = 0
    redis: float = 0
    wal: float = 0


class SharedServers(Cluster):
    """A Postgres and a Redis that keep what they confirm as in production, and no node."""

    POSTGRES = {
        "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "'512MB'",
        "max_wal_size": "'4GB'"}
    POSTGRES_SHOWN = ("server_version", *POSTGRES, "wal_sync_method", "checkpoint_timeout", "autovacuum")
    REDIS_SHOWN = ("appendonly", "appendfsync", "auto-aof-rewrite-percentage")

    def __init__(self, binary):
        super().__init__(0, binary, settings=self.POSTGRES)
        self.databases = 0

    def __enter__(self):
        super().__enter__()
        self.redis.cli("config", "set", "appendonly", "yes")
        self.redis.cli("config", "set", "appendfsync", "everysec")
        return self

    def read_back(self):
        """What keeps or loses data, as the servers themselves say it."""
        shown = [f"{name}={self.postgres.sql(f'show {name}')[0][0]}" for name in self.POSTGRES_SHOWN]
        version = next(line for line in self.redis.cli("info", "server") if line.startswith("redis_version:"))
        kept = [f"{name}={self.redis.cli('config', 'get', name)[1]}" for name in self.REDIS_SHOWN]
        return f"Postgres {' '.join(shown)}; Redis {' '.join([version.replace(':', '='), *kept])}"

    @contextlib.contextmanager
    def database(self):
        """The name of an empty database beside an empty Redis; it is dropped afterwards."""
        self.databases += 1
        name = f"round{self.databases}"
        self.postgres.sql(f"create database {name} owner {LOGIN}", database="postgres")
        self.redis.cli("flushall")
        try:
            yield name
        finally:
            self.postgres.sql(f"drop database {name} with (force)", database="postgres")

    def url(self, database):
        return f"postgresql://{LOGIN}@/{database}?host={urllib.parse.quote(str(self.postgres.folder))}"

    @contextlib.contextmanager
    def watched(self, count, engine=None):
        """Watches what the servers, and a process if one is given, take for so many pieces of work."""
        taken = Taken()
        self.postgres.sql("checkpoint")  # so that every stretch writes as many whole pages
        log = self._log_place()
        pids = {"postgres": self.postgres.program.process.pid, "redis": self.redis.program.process.pid}
        if engine:
            pids["engine"] = engine
        before = {name: family_seconds(pid) for name, pid in pids.items()}
        yield taken
        for name, pid in pids.items():
            setattr(taken, name, (family_seconds(pid) - before[name]) * 1e6 / count)
        taken.wal = (self._log_place() - log) / count

    def _log_place(self):
        return int(self.postgres.sql("select pg_current_wal_insert_lsn() - '0/0'")[0][0])

    def one_row_commits(self, seconds):
        """The limit of Postgres without group commit: rows of 1,000 bytes, a commit each, by pgbench."""
        script = self.folder / "one-row.sql"
        script.write_text("insert into one_row(data) values (:data::bytea);\n")
        with self.database() as name:
            self.postgres.sql(
                "create table one_row(n int8 generated always as identity primary key, data bytea not null)",
                database=name)
            words = [
                f"{self.postgres.bin}/pgbench", "-n", "-M", "prepared", "-c", PGBENCH_CLIENTS, "-j", 2, "-T", seconds,
                "-D", f"data={'x' * ROW_BYTES}", "-f", script, "-h", self.postgres.folder, "-U", "postgres", name]
            with self.watched(1) as taken:
                text = output_of(words)
            done = int(number(r"number of transactions actually processed: (\d+)", text))
            rows = self.postgres.sql("select count(*), sum(length(data)) from one_row", database=name)[0]
        if [int(value) for value in rows] != [done, done * ROW_BYTES]:
            raise Failure(f"pgbench says that it made {done} rows, and there are {rows}")
        rate = number(r"tps = ([0-9.]+) \(without", text)
        return Taken(rate=rate, postgres=taken.postgres / done, wal=taken.wal / done)

    def stream_entries(self, count):
        """The limit of Redis: entries of 1,000 bytes on one connection, 64 commands at a time, by redis-benchmark."""
        self.redis.cli("flushall")
        words = [
            "redis-benchmark", "-h", "127.0.0.1", "-p", self.redis.port, "-a", self.redis.password, "-c", 1, "-P",
            PIPELINE, "-n", count, "-r", 1_000, "-q", "XADD", "bench:__rand_int__", "MAXLEN", "~", 1_000, "*", "data",
            "x" * ROW_BYTES]
        with self.watched(count) as taken:
            text = output_of(words)
        taken.rate = number(r"([0-9.]+) requests per second", text)
        added = sum(int(line.split("calls=")[1].split(",")[0]) for line in self.redis.cli("info", "commandstats")
                    if line.startswith("cmdstat_xadd:"))
        if added < count:
            raise Failure(f"redis-benchmark was to add {count} entries, and Redis counted {added}")
        return taken


def output_of(words):
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, env=quiet_environment())
    if done.returncode:
        raise Failure(f"{words[0]} failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return done.stdout


def number(pattern, text):
    found = re.findall(pattern, text)
    if not found:
        raise Failure(f"there is no figure in this: {text[-1000:]}")
    return float(found[-1])


def family_seconds(pid):
    """User and system time of a process, its children and those that have ended; the kernel counts in hundredths."""
    ticks = sum(_ticks(pid)[:4])
    for listing in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in listing.read_text().split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                ticks += sum(_ticks(child)[:4])
    return ticks / TICKS_PER_SECOND


def _ticks(pid):
    """utime, stime, cutime and cstime, see proc(5)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(field) for field in fields[11:15]]
