"""Where it all happens: stores on small disks, nodes behind proxies, people's keys, and the service with its ledger."""

import json
import pathlib
import shutil
import signal
import subprocess
import sys

from cluster import SCOPES, Cluster, Node, Program, expect, quiet_environment, until
from disk import Disk, can_mount
from keeper import Keeper
from on_call import OnCall
from people import Ledger, Project, ask
from proxy import Proxy
from witness import install
from workflows import DOCUMENTS

HERE = pathlib.Path(__file__).resolve().parent
DATA_MEGABYTES, WAL_MEGABYTES = 768, 384
SETTINGS = {
    "max_wal_size": "'128MB'", "min_wal_size": "'80MB'", "checkpoint_timeout": "'60s'", "restart_after_crash": "on"}
VARIABLES = {"HOLDPOINT_DRAIN_SECONDS": "3", "HOLDPOINT_CALL_TIMEOUT_SECONDS": "3"}


class Ground:
    """A context manager: everything is started inside, and ended with it."""

    def __init__(self, product, faulty, seed, nodes=3):
        self.cluster = Cluster(0, product, settings=SETTINGS, **VARIABLES)
        self.product, self.faulty, self.seed, self.count = product, faulty, seed, nodes
        self.proxy = Proxy()
        self.doors = {}  # (what is behind it, node's name): door
        self.disks = []

    def __enter__(self):
        self.cluster.__enter__()
        try:
            self.postgres, self.redis = self.cluster.postgres, self.cluster.redis
            self.data_disk = self.wal_disk = None
            if can_mount():
                self._move_to_small_disks()
            self.nodes = [self.add_node(f"node-{number + 1}") for number in range(self.count)]
            self.newcomer = self.add_node("newcomer")
            for node in self.nodes:
                node.launch()
            for node in self.nodes:
                node.await_ready()
            self.cluster.await_balance(self.nodes)
            self.ledger = Ledger(self.cluster.folder)
            install(self.postgres)
            self._make_project()
            self.keeper = Keeper(
                self.nodes, self.nodes[-1], self.product, self.faulty, self.cluster.folder, self.seed)
            self.on_call = OnCall(self.project, self.nodes, self.cluster.folder)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if hasattr(self, "on_call"):
            self.on_call.stop()
        if hasattr(self, "keeper"):
            self.keeper.stop()
        if hasattr(self, "ledger"):
            self.ledger.program.end()
        for disk in self.disks:
            disk.free()
        self.proxy.calm()
        self.cluster.close()
        self.proxy.stop()
        for disk in self.disks:
            disk.unmount()
        shutil.rmtree(self.cluster.folder, ignore_errors=True)  # what was left of it because of the disks

    def _move_to_small_disks(self):
        """The database to one small disk, and the write-ahead log to another."""
        user, folder = self.postgres.user, self.cluster.folder
        self.data_disk = Disk(folder / "data-disk", DATA_MEGABYTES, user)
        self.wal_disk = Disk(folder / "wal-disk", WAL_MEGABYTES, user)
        self.disks = [self.data_disk, self.wal_disk]
        self.postgres.sql(f"create tablespace small location '{self.data_disk.folder}'", database="postgres")
        self.postgres.sql("alter database holdpoint set tablespace small", database="postgres")
        self.postgres.stop(signal.SIGINT)
        log = self.postgres.data / "pg_wal"
        subprocess.run(["cp", "-a", f"{log}/.", str(self.wal_disk.folder)], check=True)
        subprocess.run(["rm", "-rf", str(log)], check=True)
        log.symlink_to(self.wal_disk.folder)
        self.postgres.start()

    def add_node(self, name):
        """A node that reaches its stores, and is reached by clients, through doors of its own; not started."""
        folder = self.cluster.folder / f"doors-{name}"
        folder.mkdir(mode=0o700)
        socket = ".s.PGSQL.5432"
        door = self.doors["postgres", name] = self.proxy.add(
            f"{name} to Postgres", self.postgres.folder / socket, folder / socket)
        node = self.cluster.add_node(name, self.postgres.url(folder), start=False)
        door = self.doors["redis", name] = self.proxy.add(f"{name} to Redis", self.redis.port)
        node.variables["HOLDPOINT_REDIS"] = self.redis.url.replace(f":{self.redis.port}/", f":{door.port}/")
        self.doors["clients", name] = self.proxy.add(f"clients to {name}", node.port)
        return node

    def _make_project(self):
        self.project = Project(self.cluster, "acme", "harbour", self.nodes[0])
        self.keys = [self.project.key]
        for _ in range(2):
            made = ask(self.nodes[0], "POST", "/v1/tenants/acme/keys", {
                "project": "harbour", "scopes": ["requests:respond", "sessions:read"]}, self.cluster.operator_key)
            expect(made.status == 201, f"a key for a person: {made.status} {made.value}")
            self.keys.append(made.value["key"])
        for name, document in DOCUMENTS.items():
            self.project.define(name, document)
        self.project.ok("PUT", "/agents/external", {"kind": "external"})

    def start_client(self, **options):
        """The client in a process of its own, which comes to the nodes through the proxy alone."""
        folder = self.cluster.folder
        configuration = {
            "folder": str(folder), "ports": [self.doors["clients", node.name].port for node in self.nodes],
            "base": self.project.base, "scope": "acme:harbour", "keys": self.keys, "ledger": str(self.ledger.file),
            "service": self.ledger.url, "seed": self.seed, **options}
        file = folder / "client.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(configuration))
        with open(folder / "client.log", "ab") as log:
            self.client = subprocess.Popen(
                [sys.executable, "-B", str(HERE / "client.py"), str(file)], stdin=subprocess.PIPE, stdout=log,
                stderr=log, env=quiet_environment())
        return folder / "client.log"
