#!/usr/bin/env python3
"""What an operator of several nodes meets: tables, keys, refusals at the start, tools, and what is away.

    Tests/cluster/operating.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Prints "N passed, N failed". Python's standard library only.
"""

import json
import os
import re
import secrets
import signal
import stat
import sys
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from cluster import LEASE_SECONDS, Cluster, expect, free_port, until
from people import LATER, Project, ask, binary_named, main

AWAY_SECONDS = LEASE_SECONDS + 5


class Bare(Cluster):
    """Servers without tables; what is to be made is made by the checks."""

    def __init__(self):
        super().__init__(0, binary_named())

    def migrate(self):
        pass

    @property
    def servers(self):
        return {"HOLDPOINT_POSTGRES": self.postgres.url(), "HOLDPOINT_REDIS": self.redis.url}

    def refused(self, status, pattern, *options, **variables):
        """A start that must fail: with this status, and one sentence that matches."""
        run = self.run(
            "serve", "--listen", f"127.0.0.1:{free_port()}", "--data", self.folder / "unused", *options, **variables)
        expect(run.returncode == status, f"status {run.returncode} instead of {status}: {run.stderr}")
        expect(re.search(pattern, run.stderr), f"no {pattern!r} in {run.stderr!r}")
        expect(run.stderr.count("\n") == 1, f"not one sentence: {run.stderr!r}")
        expect(self.redis.password not in run.stderr, "a password shows")

    def tool(self, *words, status=0):
        """What a command that works on the database prints, as JSON."""
        run = self.run(*words, "-o", "json", HOLDPOINT_POSTGRES=self.postgres.url())
        expect(run.returncode == status, f"{words}: {run.returncode} {run.stdout}{run.stderr}")
        return json.loads(run.stdout) if status == 0 else json.loads(run.stderr)["error"]


class Checks:
    """In this order, on the same servers."""

    def __init__(self, cluster):
        self.cluster = cluster

    def settings(self):
        """either server alone, no sealing key, and a key for an empty folder are refused"""
        servers = self.cluster.servers
        refused = self.cluster.refused
        refused(2, "--postgres is only of use .* --redis", HOLDPOINT_POSTGRES=servers["HOLDPOINT_POSTGRES"])
        refused(2, "--redis is only of use .* --postgres", HOLDPOINT_REDIS=servers["HOLDPOINT_REDIS"])
        refused(2, "--sealing-key", **servers)
        refused(2, "migrate", "--sealing-key", "x", HOLDPOINT_DEV_KEY=f"hp_dev_{secrets.token_hex(16)}", **servers)
        refused(2, "--sealing-key is only of use with", "--sealing-key", "x")
        refused(
            2, "--redis", "--sealing-key", "x", "--redis", "rediss://:secret@h", HOLDPOINT_POSTGRES="host=nowhere")
        expect(not (self.cluster.folder / "unused").exists(), "a data folder was made")

    def tables(self):
        """a node is refused without tables; migrate makes them once, and the key for its owner alone"""
        key = self.cluster.sealing_key
        self.cluster.refused(9, "migrate --sealing-key", "--sealing-key", key, **self.cluster.servers)
        expect(not key.exists(), "serve made a sealing key")
        other = self.cluster.folder / "other.key"
        other.touch(mode=0o600)
        other.write_bytes(os.urandom(32))
        self.cluster.refused(9, "holdpoint migrate", "--sealing-key", other, **self.cluster.servers)
        made = self.cluster.tool("migrate", "--sealing-key", key)
        expect(made["from"] == 0 and made["to"] > 0 and made["key"] is None, made)
        expect(stat.S_IMODE(key.stat().st_mode) == 0o600, "others may read the sealing key")
        before = key.read_bytes()
        again = self.cluster.tool("migrate", "--sealing-key", key)
        expect(again["from"] == again["to"] == made["to"], again)
        expect(key.read_bytes() == before, "the key was made again")

    def keys(self):
        """a node with another sealing key is refused, and no other is made once the database knows one"""
        other = self.cluster.folder / "other.key"
        self.cluster.refused(9, "is not the key", "--sealing-key", other, **self.cluster.servers)
        error = self.cluster.tool("migrate", "--sealing-key", self.cluster.folder / "third.key", status=9)
        expect("put the file back" in error["detail"], error)
        expect(not (self.cluster.folder / "third.key").exists(), "a third key was made")

    def later_tables(self):
        """tables of a later release are refused by serve, migrate and the tools, and not touched"""
        sql = self.cluster.postgres.sql
        ((version,),) = sql("select version from holdpoint.schema_version")
        sql("update holdpoint.schema_version set version = 99, oldest = 99")
        self.cluster.refused(8, "later release", "--sealing-key", self.cluster.sealing_key, **self.cluster.servers)
        self.cluster.tool("migrate", status=8)
        self.cluster.tool("tenant", "create", "early", status=8)
        expect(sql("select version from holdpoint.schema_version") == [["99"]], "the version was changed")
        sql(f"update holdpoint.schema_version set version = {version}, oldest = {version}")

    def first_key(self):
        """migrate makes the key that it is given while there is no tenant, and serve makes none"""
        key = f"hp_first_{secrets.token_hex(16)}"
        node = self.cluster.add_node("a")
        expect(self.cluster.postgres.sql("select count(*) from holdpoint.tenants") == [["0"]], "serve made a tenant")
        for expected in [key, None]:
            run = self.cluster.run(
                "migrate", "-o", "json", HOLDPOINT_POSTGRES=self.cluster.postgres.url(), HOLDPOINT_DEV_KEY=key)
            expect(run.returncode == 0 and json.loads(run.stdout)["key"] == expected, f"{run.stdout}{run.stderr}")
        until("the key works", lambda: ask(node, "GET", "/v1/projects/default/sessions", None, key).status == 200, 5)

    def tools(self):
        """tenants, projects and keys are made beside the nodes, and logs verified"""
        tool, node = self.cluster.tool, self.cluster.nodes[0]
        tool("tenant", "create", "tools")
        tool("tenant", "create", "tools", status=4)
        tool("project", "create", "tools/yard")
        made = tool("key", "create", "--project", "tools/yard")

        def status(key):
            return ask(node, "GET", "/v1/projects/yard/sessions", None, key).status
        until("the key works", lambda: status(made["key"]) == 200, 5)
        expect([key["id"] for key in tool("key", "list", "--tenant", "tools")["items"]] == [made["id"]], "the list")
        rotated = tool("key", "rotate", made["id"], "--grace", "0")
        until("the new secret works alone", lambda: (status(rotated["key"]), status(made["key"])) == (200, 401), 5)
        tool("key", "revoke", made["id"])
        until("it is revoked", lambda: status(rotated["key"]) == 401, 5)
        project = Project(self.cluster, "tools", "quay")
        project.ok("PUT", "/agents/worker", {"kind": "external"})
        for number in range(20):
            project.ok("POST", "/sessions", {"agent": "worker", "id": f"s-{number}", "input": None})
        verified = tool("replay", "--all", "--verify")
        expect(verified["verified"] and verified["sessions"] == 20, verified)

    def nodes(self):
        """the operator sees all nodes, and nobody else does"""
        first, second = self.cluster.nodes[0], self.cluster.add_node("b")
        self.cluster.await_balance()
        run = self.cluster.run(
            "node", "list", "--url", second.url, "-o", "json", HOLDPOINT_OPERATOR_KEY=self.cluster.operator_key)
        expect(run.returncode == 0, run.stderr)
        nodes = json.loads(run.stdout)["items"]
        seen = [(node["name"], node["live"], node["shards"]) for node in nodes]
        expect(seen == [("a", True, 128), ("b", True, 128)], nodes)
        project = Project(self.cluster, "nodes", "yard")
        expect(ask(first, "GET", "/v1/admin/nodes", None, project.key).status == 403, "a project's key saw the nodes")
        expect(first.metrics()["holdpoint_owned_shards"] == "128", first.metrics())

    def secrecy(self):
        """passwords in URLs show in no command line, log, answer or metric"""
        password = secrets.token_hex(12)
        url = self.cluster.postgres.url().replace("holdpoint@", f"holdpoint:{password}@")
        node = self.cluster.add_node("c", start=False)
        for option in ("POSTGRES", "REDIS"):
            del node.variables[f"HOLDPOINT_{option}"]
        node.words += ["--postgres", url, f"--redis={self.cluster.redis.url}"]
        node.start()
        shown = {"readyz": str(node.readiness()), "metrics": str(node.metrics()), "log": node.log.read_text()}
        for process in [node.process.pid, *children(node.process.pid)]:
            with open(f"/proc/{process}/cmdline", encoding="utf-8") as file:
                shown[f"the command line of {process}"] = file.read()
        expect("--postgres" in shown[f"the command line of {node.process.pid}"], shown)
        for name, text in shown.items():
            for secret in (password, self.cluster.redis.password):
                expect(secret not in text, f"a password shows in {name}")
        rows = self.cluster.postgres.sql("select application_name from pg_stat_activity")
        expect(password not in str(rows), "a password shows in pg_stat_activity")
        expect(node.end() == 0, "it did not stop well")
        self.cluster.nodes.remove(node)

    def redis_away(self):
        """Redis away: commands are taken all the same, and /readyz, /metrics and the log say so until it is back"""
        node = self.cluster.nodes[0]
        project = Project(self.cluster, "redis", "yard")
        self.cluster.redis.stop()
        said = until("it is degraded", lambda: degraded(node), AWAY_SECONDS)
        expect(said["problems"], said)
        expect((node.metrics()["holdpoint_redis_up"], node.metrics()["holdpoint_degraded"]) == ("0", "1"), "metrics")
        project.ok("PUT", "/agents/worker", {"kind": "external"})
        for number in range(8):
            project.start(f"away-{number}", None, agent="worker")
        until("the log says so", lambda: '"degraded"' in node.log.read_text(), AWAY_SECONDS)
        self.cluster.redis.start()
        until("all is well again", lambda: (node.readiness()[1] or {}).get("status") == "ready", AWAY_SECONDS)
        until("the log says so", lambda: '"restored"' in node.log.read_text(), AWAY_SECONDS)

    def postgres_away(self):
        """Postgres away: 503 with Retry-After, and it goes on by itself"""
        node = self.cluster.nodes[0]
        project = Project(self.cluster, "postgres", "yard")
        self.cluster.postgres.stop()
        until("it is not ready", lambda: node.readiness()[0] == 503, AWAY_SECONDS)
        refused = project.once(node, "GET", "/sessions")
        expect(refused.status in LATER and refused.headers.get("Retry-After"), f"{refused.status} {refused.value}")
        self.cluster.postgres.start()
        for node in self.cluster.nodes:
            node.await_ready()
        self.cluster.await_balance()

    def hand_over(self):
        """a stop hands all shards over, and is over soon"""
        first, second = self.cluster.nodes
        began = time.monotonic()
        status = first.end(signal.SIGTERM)
        took = time.monotonic() - began
        expect(status == 0, f"{status}: {first.tail()}")
        until("the other has all shards", lambda: self.cluster.owners() == {second.name: 256}, LEASE_SECONDS)
        passed = time.monotonic() - began
        return f"stopped after {took:.2f} s, all shards elsewhere after {passed:.2f} s"

    def namesakes(self):
        """a second start under a name has the work at once; the first stands by, and goes on when the second is gone"""
        node = self.cluster.nodes[1]
        later = self.cluster.add_node("b-again", start=False)
        later.words[later.words.index("--node") + 1] = node.name
        began = time.monotonic()
        later.start()
        until("it owns all", lambda: later.metrics().get("holdpoint_owned_shards") == "256", AWAY_SECONDS)
        took = time.monotonic() - began
        until("the first is not ready", lambda: node.readiness()[0] == 503, AWAY_SECONDS)
        lives = [self.cluster.postgres.sql("select incarnation from holdpoint.nodes where name = 'b'")]
        time.sleep(LEASE_SECONDS)  # in which the first tries to come back several times
        lives.append(self.cluster.postgres.sql("select incarnation from holdpoint.nodes where name = 'b'"))
        expect(lives[0] == lives[1] and later.is_ready, f"they take the name from each other: {lives}")
        expect(later.end() == 0, f"no good stop: {later.tail()}")
        until("the first goes on", lambda: node.metrics().get("holdpoint_owned_shards") == "256", AWAY_SECONDS)
        return f"the later one had all after {took:.2f} s"


def children(process):
    with open(f"/proc/{process}/task/{process}/children", encoding="utf-8") as file:
        return [int(word) for word in file.read().split()]


def degraded(node):
    status, said = node.readiness()
    return said if status == 200 and said["status"] == "degraded" else None


def play(verdict):
    with Bare() as cluster:
        checks = Checks(cluster)
        for name, check in vars(Checks).items():
            if not name.startswith("_"):
                verdict.attempt(check.__doc__, lambda check=check: check(checks))


if __name__ == "__main__":
    main(play)
