"""Postgres and Redis of our own under a distributed benchmark, what they take, and the limits that they set."""

import contextlib
import dataclasses
import os
import pathlib
import re
import secrets
import statistics
import subprocess
import types
import urllib.parse

from client import Failure
from cluster import LOGIN, Cluster, quiet_environment

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
ROW_BYTES = 1_000
PGBENCH_CLIENTS = 32
PGBENCH_ROWS = 100  # of a commit of pgbench that has many
PIPELINE = 64


@dataclasses.dataclass
class Taken:
    """Processor time, log and writing transactions of a stretch of work, for one piece of it: microseconds, bytes."""

    rate: float = 0
    engine: float = 0
    postgres: float = 0
    redis: float = 0
    wal: float = 0
    writes: float = 0

    @property
    def processor(self):
        return self.engine + self.postgres + self.redis


class SharedServers(Cluster):
    """A Postgres and a Redis that keep what they confirm as in production, with no node unless some are asked for."""

    POSTGRES = {
        "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "'512MB'",
        "max_wal_size": "'4GB'"}
    POSTGRES_SHOWN = ("server_version", *POSTGRES, "wal_sync_method", "checkpoint_timeout", "autovacuum")
    REDIS_SHOWN = ("appendonly", "appendfsync", "auto-aof-rewrite-percentage")

    def __init__(self, binary, nodes=0):
        super().__init__(nodes, binary, settings=self.POSTGRES)
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
        log, transactions = self._places()
        pids = {"postgres": self.postgres.program.process.pid, "redis": self.redis.program.process.pid}
        if engine:
            pids["engine"] = engine
        before = {name: family_seconds(pid) for name, pid in pids.items()}
        yield taken
        for name, pid in pids.items():
            setattr(taken, name, (family_seconds(pid) - before[name]) * 1e6 / count)
        log_after, transactions_after = self._places()
        taken.wal, taken.writes = (log_after - log) / count, (transactions_after - transactions) / count

    def _places(self):
        """How long the log is, and how many ids the whole server has given to transactions, which only those get that
        write: every client's, with those that renew leases, and autovacuum's.

        To look is not counted: neither this statement nor `checkpoint` gets an id (with `pg_current_xact_id()` it would
        get one). The end of a snapshot is the id after the last that has ended: what is just under way is left out.
        """
        row = self.postgres.sql("select pg_current_wal_insert_lsn() - '0/0', pg_snapshot_xmax(pg_current_snapshot())")
        return map(int, row[0])

    @contextlib.contextmanager
    def served(self):
        """A node that serves an empty database: its name, the node, and what a client of the project needs."""
        with self.database() as database:
            url, key = self.url(database), f"hp_bench_{secrets.token_hex(16)}"
            made = self.run(
                "migrate", HOLDPOINT_POSTGRES=url, HOLDPOINT_SEALING_KEY=str(self.sealing_key), HOLDPOINT_DEV_KEY=key)
            if made.returncode:
                raise Failure(f"holdpoint migrate: {made.stdout}{made.stderr}")
            node = self.add_node(database, url, start=False)
            try:
                node.start()
                yield database, node, types.SimpleNamespace(
                    port=node.port, key=key, project_path="/v1/projects/default")
            finally:
                node.end()

    def commits(self, seconds, rows=1):
        """The limit of Postgres: commits of so many rows of 1,000 bytes, by pgbench; one is without group commit."""
        text, taken, done = self._pgbench(rows, PGBENCH_CLIENTS, seconds)
        rate = number(r"tps = ([0-9.]+) \(without", text)
        return Taken(rate=rate, postgres=taken.postgres / done, wal=taken.wal / done, writes=taken.writes / done)

    def commit_milliseconds(self, seconds):
        """The median of what a commit of one row takes whose client is the only one, by pgbench."""
        log = self.folder / f"commits-{self.databases + 1}"
        _, _, done = self._pgbench(1, 1, seconds, "--log", f"--log-prefix={log}")
        lines = [line for file in self.folder.glob(f"{log.name}.*") for line in file.read_text().splitlines()]
        times = [int(line.split()[2]) for line in lines]  # microseconds
        if len(times) != done:
            raise Failure(f"pgbench says that it made {done} commits, and logged {len(times)}")
        return statistics.median(times) / 1e3

    def _pgbench(self, rows, clients, seconds, *more):
        """What it prints, what the servers took, and how many commits there were."""
        script = self.folder / f"commit-{rows}.sql"
        script.write_text(f"insert into made(data) select :data::bytea from generate_series(1, {rows});\n"
                          if rows > 1 else "insert into made(data) values (:data::bytea);\n")
        with self.database() as name:
            self.postgres.sql(
                "create table made(n int8 generated always as identity primary key, data bytea not null)",
                database=name)
            words = [
                f"{self.postgres.bin}/pgbench", "-n", "-M", "prepared", "-c", clients, "-j", min(clients, 2), "-T",
                seconds, *more, "-D", f"data={'x' * ROW_BYTES}", "-f", script, "-h", self.postgres.folder, "-U",
                "postgres", name]
            with self.watched(1) as taken:
                text = output_of(words)
            done = int(number(r"number of transactions actually processed: (\d+)", text))
            found = self.postgres.sql("select count(*), sum(length(data)) from made", database=name)[0]
        if [int(value) for value in found] != [done * rows, done * rows * ROW_BYTES]:
            raise Failure(f"pgbench says that it made {done} commits of {rows} rows, and there are {found}")
        return text, taken, done

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
