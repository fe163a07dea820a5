"""Private servers of Postgres and Redis and nodes of Holdpoint on them, for `deploy/cluster` and the suites here.

Everything lives in one temporary folder and listens there or on loopback. What was started is stopped at the end by its
process id, and the folder is removed.
"""

import glob
import http.client
import json
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

PATIENCE_SECONDS = 60
POLL_SECONDS = 0.02
LEASE_SECONDS = 3.0  # the lease of a node, which its successors must wait for
DATABASE = LOGIN = "holdpoint"
SCOPES = [
    "agents", "sessions:read", "sessions:write", "requests:respond", "secrets", "secrets:write", "operate"]


class Failed(Exception):
    """What was expected did not come; the sentence says what."""


def expect(condition, sentence):
    if not condition:
        raise Failed(sentence)


def until(sentence, condition, seconds=PATIENCE_SECONDS, pause=POLL_SECONDS):
    """Asks until something true comes, which is returned."""
    end = time.monotonic() + seconds
    while True:
        if found := condition():
            return found
        if time.monotonic() > end:
            raise Failed(f"within {seconds} s it did not come to this: {sentence}")
        time.sleep(pause)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def quiet_environment(**more):
    """The environment without what would speak to Holdpoint, libpq or a proxy."""
    kept = {
        name: value for name, value in os.environ.items()
        if not name.startswith(("HOLDPOINT_", "PG")) and not name.lower().endswith("_proxy")}
    return {**kept, **more}


class Program:
    """A child process that writes to a log, and may be started again."""

    def __init__(self, name, words, log, user=None, own_group=False, **variables):
        self.name, self.words, self.log, self.user = name, [str(word) for word in words], log, user
        self.own_group, self.variables = own_group, variables
        self.process = None

    def launch(self):
        options = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        if self.own_group:
            options["process_group"] = 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=quiet_environment(**self.variables), **options)

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def send(self, number):
        """Sends a signal and says whether there was anybody to get it."""
        if self.is_running:
            self.process.send_signal(number)
            return True
        return False

    def end(self, number=signal.SIGTERM, seconds=30):
        """Ends the process with a signal, and by force if that does not do; its exit status."""
        if self.process is None:
            return 0
        self.send(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f"none within {seconds} s of signal {int(number)}"

    def tail(self, lines=15):
        try:
            return "\n".join(pathlib.Path(self.log).read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


class Postgres:
    """A Postgres server that can be reached through a socket in a folder of its own, and not otherwise.

    The nodes' role may make roles and owns the database; it is no superuser, for those escape row level security.
    """

    SETTINGS = {
        "listen_addresses": "''", "shared_buffers": "'64MB'", "max_connections": "200", "max_wal_size": "'512MB'",
        "log_line_prefix": "'%m [%p] app=%a xid=%x '", "lc_messages": "'C'"}

    def __init__(self, folder, own_group=False, **settings):
        self.folder = folder / "postgres"
        self.folder.mkdir()
        self.data, self.log = self.folder / "data", folder / "postgres.log"
        self.bin = self._binaries()
        self.user = None
        if os.geteuid() == 0:  # which initdb and postgres refuse to be
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            self.user = account.pw_name
        self.folder.chmod(0o700)
        self._initialize({**self.SETTINGS, **settings})
        self.program = Program(
            "postgres", [f"{self.bin}/postgres", "-D", self.data, "-k", self.folder], self.log, self.user, own_group)

    @staticmethod
    def _binaries():
        """The folder of the newest server that Debian's packages have put there, or of the one on the path."""
        found = sorted(
            glob.glob("/usr/lib/postgresql/*/bin/postgres"), key=lambda path: int(path.split("/")[4]), reverse=True)
        path = found[0] if found else shutil.which("postgres")
        expect(path, "there is no Postgres server here; deploy/prepare installs one")
        return str(pathlib.Path(path).resolve().parent)

    def _initialize(self, settings):
        options = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        made = subprocess.run(
            [f"{self.bin}/initdb", "-D", self.data, "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8",
             "--auth=trust", "--no-sync"], capture_output=True, text=True, env=quiet_environment(), **options)
        expect(made.returncode == 0, f"initdb: {made.stderr}")
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        with open(self.data / "postgresql.conf", "a") as file:
            file.write(lines)

    def url(self, folder=None):
        """What `--postgres` takes; with another folder, what listens there."""
        return f"postgresql://{LOGIN}@/{DATABASE}?host={urllib.parse.quote(str(folder or self.folder))}"

    def start(self):
        self.program.launch()
        until(f"Postgres takes connections: {self.program.tail()}", self._is_ready)

    def _is_ready(self):
        expect(self.program.is_running, f"Postgres ended: {self.program.tail()}")
        words = [f"{self.bin}/pg_isready", "-q", "-h", str(self.folder)]
        return subprocess.run(words, env=quiet_environment()).returncode == 0

    def make_database(self):
        self.sql(f"create role {LOGIN} login createrole", database="postgres", user="postgres")
        self.sql(f"create database {DATABASE} owner {LOGIN}", database="postgres", user="postgres")

    def stop(self, number=signal.SIGQUIT):
        """Ends it: at once, as a crash would (SIGQUIT), or in good order, cutting everybody off (SIGINT)."""
        return self.program.end(number)

    def psql(self, sql, database=DATABASE, user="postgres"):
        """Runs statements in psql; (whether all went well, rows as lists of texts, what it said of errors)."""
        words = [
            f"{self.bin}/psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-h",
            str(self.folder), "-U", user, "-d", database]
        run = subprocess.run(
            words, input=sql, capture_output=True, text=True, timeout=PATIENCE_SECONDS, env=quiet_environment())
        return run.returncode == 0, [line.split("\t") for line in run.stdout.splitlines()], run.stderr

    def sql(self, sql, **options):
        """The rows of a statement that must succeed."""
        is_good, rows, errors = self.psql(sql, **options)
        expect(is_good, f"psql: {errors}")
        return rows


class Redis:
    """A Redis server on a port of its own, with a password; it keeps nothing when it ends."""

    def __init__(self, folder, own_group=False):
        self.folder = folder / "redis"
        self.folder.mkdir(mode=0o700)
        self.port, self.password = free_port(), secrets.token_hex(16)
        configuration = self.folder / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\nsave \"\"\nappendonly no\n"
            f"dir {self.folder}\n")
        expect(shutil.which("redis-server"), "there is no redis-server here; deploy/prepare installs one")
        self.program = Program(
            "redis", ["redis-server", configuration], folder / "redis.log", own_group=own_group)

    @property
    def url(self):
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self):
        self.program.launch()
        until(f"Redis answers: {self.program.tail()}", self._is_ready)

    def _is_ready(self):
        expect(self.program.is_running, f"Redis ended: {self.program.tail()}")
        return self.cli("ping", must=False) == ["PONG"]

    def stop(self, number=signal.SIGKILL):
        return self.program.end(number)

    def cli(self, *words, must=True):
        """The lines that a command answers."""
        run = subprocess.run(
            ["redis-cli", "-p", str(self.port), *map(str, words)], capture_output=True, text=True, timeout=30,
            env=quiet_environment(REDISCLI_AUTH=self.password))
        expect(run.returncode == 0 or not must, f"redis-cli {words}: {run.stdout}{run.stderr}")
        return run.stdout.splitlines()


class Node(Program):
    """One `holdpoint serve` of a cluster, on the same port in all its lives."""

    def __init__(self, cluster, name, binary, postgres_url, **variables):
        self.port, self.metrics_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        data = cluster.folder / name
        data.mkdir(mode=0o700)
        # The URLs hold a password: others may read the command line of a process, but not its environment.
        super().__init__(
            name,
            [binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--metrics-listen",
             f"127.0.0.1:{self.metrics_port}", "--node", name, "--data", data, "--sealing-key", cluster.sealing_key,
             "--allow-address", "127.0.0.1/32"],
            cluster.folder / f"{name}.log", own_group=cluster.own_group, HOLDPOINT_POSTGRES=postgres_url,
            HOLDPOINT_REDIS=cluster.redis.url, HOLDPOINT_OPERATOR_KEY=cluster.operator_key, **variables)

    def get(self, path, port=None, timeout=5):
        """(status, headers, body as text) of a page without a key; (None, {}, "") if nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return None, {}, ""
        finally:
            connection.close()

    def readiness(self):
        """(status, what /readyz says)"""
        status, _, body = self.get("/readyz")
        try:
            return status, json.loads(body) if body else None
        except ValueError:
            return status, None

    @property
    def is_ready(self):
        return self.get("/readyz")[0] == 200

    def metrics(self):
        """The samples of /metrics, by name and labels as they stand there."""
        body = self.get("/metrics", self.metrics_port)[2]
        lines = [line.rpartition(" ") for line in body.splitlines() if line and not line.startswith("#")]
        return {name: value for name, _, value in lines}

    def await_ready(self, seconds=PATIENCE_SECONDS):
        def ready():
            expect(self.is_running, f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")
            return self.is_ready
        try:
            until(f"{self.name} is ready", ready, seconds)
        except Failed as problem:
            raise Failed(f"{problem}\n{self.readiness()}\n{self.tail()}") from None

    def start(self):
        self.launch()
        self.await_ready()

    def kill(self):
        self.end(signal.SIGKILL)


class Supervisor:
    """Starts nodes again whenever they have died, and counts the deaths."""

    def __init__(self, nodes):
        self.nodes, self.deaths = nodes, []
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.ending.is_set():
            for node in self.nodes:
                if not node.is_running:
                    self.deaths.append((time.monotonic(), node.name, node.process.returncode))
                    node.launch()
            self.ending.wait(POLL_SECONDS)

    def stop(self):
        self.ending.set()
        self.thread.join()


class Cluster:
    """A Postgres, a Redis, and nodes on them; a context manager."""

    def __init__(self, count=3, binary=None, own_group=False, settings=None, **variables):
        self.count, self.own_group, self.settings, self.variables = count, own_group, settings or {}, variables
        found = binary or os.environ.get("HOLDPOINT_BINARY")
        expect(found, "set HOLDPOINT_BINARY to the path of holdpoint")
        self.binary = str(pathlib.Path(found).resolve())
        expect(os.access(self.binary, os.X_OK), f"there is no program {found}")
        self.folder = self.postgres = self.redis = None
        self.nodes = []
        # Its id shows in no session: it only makes tenants, projects and keys.
        self.operator_key = f"hp_operator_{secrets.token_hex(24)}"

    def __enter__(self):
        signal.signal(signal.SIGTERM, self._terminated)  # else it would leave the servers behind
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="holdpoint-cluster."))
        try:
            self.folder.chmod(0o711)  # so that the account of Postgres reaches its own folder
            self.sealing_key = self.folder / "sealing.key"
            self.postgres = Postgres(self.folder, self.own_group, **self.settings)
            self.redis = Redis(self.folder, self.own_group)
            self.postgres.start()
            self.redis.start()
            self.postgres.make_database()
            self.migrate()
            for _ in range(self.count):
                self.add_node()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    @staticmethod
    def _terminated(*_):
        raise SystemExit(143)

    def close(self):
        for node in self.nodes:
            node.send(signal.SIGCONT)  # a stopped process takes no other signal but SIGKILL
            node.send(signal.SIGTERM)
        for node in self.nodes:
            node.end(seconds=15)
        for server in (self.redis, self.postgres):
            if server:
                server.stop()
        if kept := os.environ.get("HOLDPOINT_CLUSTER_LOGS"):  # a folder, to look at afterwards
            pathlib.Path(kept).mkdir(parents=True, exist_ok=True)
            for log in self.folder.glob("*.log"):
                shutil.copy(log, kept)
        shutil.rmtree(self.folder, ignore_errors=True)

    def migrate(self):
        made = self.run("migrate", HOLDPOINT_POSTGRES=self.postgres.url(), HOLDPOINT_SEALING_KEY=str(self.sealing_key))
        expect(made.returncode == 0, f"holdpoint migrate: {made.returncode} {made.stdout}{made.stderr}")

    def run(self, *words, **variables):
        """Runs a command of holdpoint to its end."""
        return subprocess.run(
            [self.binary, *map(str, words)], capture_output=True, text=True, timeout=PATIENCE_SECONDS,
            env=quiet_environment(**variables))

    def add_node(self, name=None, postgres_url=None, start=True, binary=None, **variables):
        """Another node; started and ready unless told otherwise."""
        name = name or f"node-{len(self.nodes) + 1}"
        node = Node(
            self, name, binary or self.binary, postgres_url or self.postgres.url(), **{**self.variables, **variables})
        self.nodes.append(node)
        if start:
            node.start()
        return node

    @property
    def live(self):
        return [node for node in self.nodes if node.is_running]

    # What Postgres says of it

    def owners(self):
        """How many shards each node owns; None for those without an owner."""
        rows = self.postgres.sql("select coalesce(owner, ''), count(*) from holdpoint.shards group by 1")
        return {owner or None: int(count) for owner, count in rows}

    def sessions_of(self, node):
        """The names of the sessions whose shards the node owns."""
        rows = self.postgres.sql(
            f"select s.name from holdpoint.sessions s join holdpoint.shards h on h.shard = s.shard "
            f"where h.owner = '{node.name}' order by 1")
        return [name for name, in rows]

    def await_balance(self, nodes=None, seconds=PATIENCE_SECONDS):
        """Waits until these nodes own all shards, each its share."""
        nodes = nodes or self.live
        share = 256 // len(nodes)

        def balanced():
            owners = self.owners()
            return owners if set(owners) == {node.name for node in nodes} and min(owners.values()) >= share else None
        return until(f"{len(nodes)} nodes have their share of the shards", balanced, seconds)
