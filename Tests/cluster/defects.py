#!/usr/bin/env python3
"""Seventeen defects of an earlier engine of this kind, each with a check that it is not here.

    Tests/cluster/defects.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Three nodes; each check says what went wrong there, and brings about the situation in which it did. Prints "N passed, N
failed". Python's standard library only.
"""

import http.server
import re
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from cluster import Cluster, expect, until
from errands import Errands
from people import Clerk, Ledger, Project, Watcher, binary_named, main

SECRET = "tide-table-7391-of-the-pilot"


class Slow:
    """A service that answers only when it is told to."""

    def __init__(self):
        self.go, self.calls = threading.Event(), 0
        slow = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                slow.calls += 1
                slow.go.wait(25)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Defects:
    """The situations. Each method is one defect; its sentence is what must hold here."""

    def __init__(self, cluster, project, ledger):
        self.cluster, self.project, self.ledger = cluster, project, ledger
        self.postgres, self.redis = cluster.postgres, cluster.redis
        project.ok("PUT", "/agents/driver", {"kind": "external"})

    # What the situations are made of

    def errands(self, prefix, count=1, node=None):
        errands = Errands(self.project, self.ledger, count, prefix)
        errands.begin([node] if node else None)
        return errands

    def completed(self, errands):
        """All were answered as their logs say, and completed, with one delivery each."""
        ends = errands.await_ends()
        expect(ends == {"completed": len(errands.names)}, f"{ends}")
        for name in errands.names:
            log = self.project.events(name)
            counts = errands.count(log, "hitl_requested"), errands.count(log, "hitl_responded")
            expect(counts == (1, 1), f"{name}: asked and answered {counts} times")
            said = {answer.text for answer in errands.answers if answer.session == name}
            expect(errands.applied(log) in said, f"{name}: {errands.applied(log)!r} was never said")
            found = self.ledger.of(name)
            expect(found == [{"order": name, "to": errands.applied(log)}], f"{name}: delivered {found}")

    def owner(self, name):
        for node in self.cluster.nodes:
            if name in self.cluster.sessions_of(node):
                return node
        raise KeyError(f"nobody owns {name}")

    def others(self, node):
        return [other for other in self.cluster.nodes if other is not node]

    def shard(self, name):
        return int(self.postgres.sql(f"select shard from holdpoint.sessions where name = '{name}'")[0][0])

    def snapshots(self, names):
        sql = f"""select count(*) from holdpoint.snapshots n join holdpoint.sessions s on s.key = n.session
            where s.name like '{names}'"""
        return int(self.postgres.sql(sql)[0][0])

    def heal(self):
        """All servers and nodes as they were at the beginning."""
        for node in self.cluster.nodes:
            node.send(signal.SIGCONT)
        if not self.redis.program.is_running:
            self.redis.start()
        for node in self.cluster.nodes:
            if not node.is_running:
                node.launch()
        for node in self.cluster.nodes:
            node.await_ready()
        self.cluster.await_balance()

    def owned(self, errands):
        """A node that owns several of the sessions, and those."""
        owned = {node: [name for name in self.cluster.sessions_of(node) if name in errands.names]
                 for node in self.cluster.nodes}
        return max(owned.items(), key=lambda item: len(item[1]))

    # The defects

    def d01_the_snapshot_is_written_on_the_live_path(self):
        """1: what a pause is restored from is written when it begins, and all nodes may die during the wait"""
        errands = self.errands("d01", 6)
        # They begin with their pause, so that the one row of their log is it; a later pause has a snapshot.
        rows = self.postgres.sql("""select count(*), count(distinct l.session) from holdpoint.log l
            join holdpoint.sessions s on s.key = l.session where s.name like 'd01-%'""")
        expect(rows == [["6", "6"]], f"rows of 6 waiting sessions, and sessions: {rows}")
        self.project.ok("POST", "/sessions", {"agent": "driver", "id": "d01-later", "input": None})
        later = self.project.ok("POST", "/sessions/d01-later/requests", {"type": "clarification", "title": "Now?"})
        expect(self.snapshots("d01-later") == 1, f"{self.snapshots('d01-later')} snapshots of a waiting session")
        for node in self.cluster.nodes:
            node.kill()
        self.heal()
        errands.each(errands.answer, errands.names)
        expect(self.project.respond(later["id"], {"answer": "now"}).status in (200, 202), "not taken")
        until("the later pause is over too", lambda: self.project.ok(
            "GET", f"/requests/{later['id']}")["status"] == "answered")
        self.completed(errands)

    def d02_an_answer_is_never_accepted_and_dropped(self):
        """2: without snapshot and live state the log is folded: an accepted answer is applied"""
        errands = self.errands("d02", 6)
        self.redis.cli("flushall")
        self.postgres.sql("""delete from holdpoint.snapshots n using holdpoint.sessions s
            where s.key = n.session and s.name like 'd02-%'""")
        for node in self.cluster.nodes:
            node.kill()
        self.heal()
        errands.each(errands.answer, errands.names)
        self.completed(errands)

    def d03_a_wait_outlives_what_is_in_redis(self):
        """3: a wait has no end but its own: none, or months, whatever expires in Redis"""
        errands = self.errands("d03", 4)
        session = self.project.ok("POST", "/sessions", {"agent": "driver", "id": "d03-long", "input": None})["id"]
        opened = self.project.ok("POST", f"/sessions/{session}/requests", {
            "type": "clarification", "title": "Next year?", "expires_in": 300 * 86_400})
        expect(opened["expires_at"] > opened["created_at"], f"{opened}")
        for name in errands.names:
            request = self.project.ok("GET", f"/requests/{errands.requests[name]}")
            expect(request["expires_at"] is None, f"{request}")
        for key in self.redis.cli("keys", "*"):
            self.redis.cli("pexpire", key, 1)
        until("all has expired", lambda: not [
            key for key in self.redis.cli("keys", "hp:*") if self.redis.cli("exists", key) != ["0"]], 10)
        errands.each(errands.answer, errands.names)
        self.completed(errands)
        expect(self.project.respond(opened["id"], {"answer": "yes"}).status == 200, "the long wait is over")

    def d04_snapshots_do_not_pile_up(self):
        """4: a session has one snapshot at most, however often it waits; there is nothing to sweep"""
        session = self.project.ok("POST", "/sessions", {"agent": "driver", "id": "d04", "input": None})["id"]
        for number in range(24):
            opened = self.project.ok("POST", f"/sessions/{session}/requests", {
                "type": "clarification", "title": f"And {number}?", "context": "x" * 2000})
            expect(self.project.respond(opened["id"], {"answer": "go on"}).status == 200, "no 200")
        rows = self.postgres.sql("""select count(*), count(distinct session) from holdpoint.snapshots""")
        expect(rows[0][0] == rows[0][1], f"{rows}")
        expect(self.snapshots("d04") == 1, f"{self.snapshots('d04')} snapshots of one session")

    def d05_a_delivery_that_failed_is_made_up_for(self):
        """5: an answer that could not be delivered, Redis being away, is found by the sweep"""
        errands = self.errands("d05", 9)
        self.redis.stop()
        began = time.monotonic()
        for name in errands.names:
            errands.answer_async(name, self.others(self.owner(name))[0])
        self.completed(errands)
        seconds = time.monotonic() - began
        self.redis.start()
        return f"{seconds:.1f} s without Redis"

    def d06_a_router_that_was_restarted_reads_on(self):
        """6: a node that was killed and started again, and a Redis without its groups, need nobody's hand"""
        errands = self.errands("d06", 12)
        node = self.owner(errands.names[0])
        node.kill()
        node.start()
        self.redis.stop()
        self.redis.start()
        self.cluster.await_balance()
        errands.each(lambda name: errands.answer(name, self.others(self.owner(name))[0]), errands.names)
        self.completed(errands)

    def d07_trimming_a_stream_loses_no_answer(self):
        """7: answers that were trimmed from the stream before they were read are applied all the same"""
        errands = self.errands("d07", 24)
        node, names = self.owned(errands)
        node.send(signal.SIGSTOP)
        errands.each(lambda name: errands.answer_async(name, self.others(node)[0]), names)
        for key in self.redis.cli("keys", "hitl:response:*"):
            self.redis.cli("xtrim", key, "maxlen", 0)
        node.send(signal.SIGCONT)
        errands.each(errands.answer, [name for name in errands.names if name not in names])
        self.completed(errands)
        return f"{len(names)} answers"

    def d08_stuck_entries_hide_no_others(self):
        """8: entries pending for a reader that is gone, more than ten on each stream, hold up no answer"""
        errands = self.errands("d08", 24)
        node, names = self.owned(errands)
        node.send(signal.SIGSTOP)
        errands.each(lambda name: errands.answer_async(name, self.others(node)[0]), names)
        pending = 0
        for shard in {self.shard(name) for name in names}:
            key = f"hitl:response:{shard}"
            self.redis.cli("xgroup", "create", key, "router", 0, "mkstream", must=False)
            for _ in range(12):
                self.redis.cli("xadd", key, "*", "command", "00", "nobody", "here")
            self.redis.cli("xreadgroup", "group", "router", "ghost", "count", 100, "streams", key, ">")
            pending += int(self.redis.cli("xpending", key, "router")[0])
        node.kill()
        errands.each(errands.answer, [name for name in errands.names if name not in names])
        self.completed(errands)
        self.heal()
        return f"{len(names)} answers among {pending} pending entries"

    def d09_a_message_without_its_row_harms_nobody(self):
        """9: entries that name nothing, or make no sense, are passed over, and what is stored is found without them"""
        errands = self.errands("d09", 9)
        for shard in range(0, 256, 3):
            for key in (f"hitl:response:{shard}", f"session:command:{shard}"):
                self.redis.cli(
                    "xadd", key, "*", "command", "0" * 32, "tenant", "acme", "project", "harbour", "session", "0" * 32,
                    "id", "d09-nobody", "origin", "node-1")
                self.redis.cli("xadd", key, "*", "what", "\\x00?")
        errands.each(lambda name: errands.answer_async(name), errands.names)
        self.completed(errands)
        expect(all(node.is_running and node.is_ready for node in self.cluster.nodes), "a node is not ready")

    def d10_ids_have_128_random_bits(self):
        """10: a request's id has 128 random bits"""
        rows = self.postgres.sql("select encode(id, 'hex') from holdpoint.requests")
        tails = [text[-32:] for text, in rows]
        expect(all(len(text) == 44 for text, in rows) and len(set(tails)) == len(tails) > 50, f"{rows[:5]}")
        expect(all(len({tail[place] for tail in tails}) > 4 for place in range(32)), "a digit is not random")
        listed = self.project.listed("/requests?")
        expect(all(re.fullmatch("req_[0-9a-f]{44}", item["id"]) for item in listed), "an id has another form")
        return f"{len(tails)} ids"

    def d11_silence_means_one_thing(self):
        """11: at its deadline a request takes its default, a permission counts as rejected: also after a takeover"""
        session = self.project.ok("POST", "/sessions", {"agent": "driver", "id": "d11", "input": None})["id"]
        options = [{"id": "ship", "label": "By ship"}, {"id": "air", "label": "By air"}]
        bodies = [
            {"type": "decision", "title": "How?", "options": options, "default": "ship"},
            {"type": "clarification", "title": "Where to?"},
            {"type": "permission", "title": "May I?", "tool": "crane", "arguments": {"lift": 3}},
        ]
        path = f"/sessions/{session}/requests"
        ids = [self.project.ok("POST", path, {**body, "expires_in": 2})["id"] for body in bodies]
        self.owner(session).kill()
        ended = until("all are over", lambda: (found := [
            self.project.ok("GET", f"/requests/{id}") for id in ids]) and all(
                item["status"] != "pending" for item in found) and found, 30, pause=0.2)
        expect([item["status"] for item in ended] == ["expired"] * 3, f"{ended}")
        decision, clarification, permission = (item["response"] for item in ended)
        expect((decision or {}).get("decision") == "ship", f"{decision}")
        expect(clarification is None, f"{clarification}")
        expect(permission is None or permission.get("action") == "reject", f"{permission}")
        self.heal()

    def d12_a_resumed_run_does_not_ask_again(self):
        """12: after a kill right behind the answer nothing is asked again, and the answer is what is acted upon"""
        errands = self.errands("d12", 9)
        node, names = self.owned(errands)
        errands.each(lambda name: errands.answer(name, node), names)
        node.kill()
        errands.each(errands.answer, [name for name in errands.names if name not in names])
        self.completed(errands)
        self.heal()

    def d13_an_empty_list_allows_nothing(self):
        """13: a decision without options is refused, and one with options takes none but those"""
        session = self.project.ok("POST", "/sessions", {"agent": "driver", "id": "d13", "input": None})["id"]
        body = {"type": "decision", "title": "Which?", "options": []}
        for node in self.cluster.nodes:
            reply = self.project.call("POST", f"/sessions/{session}/requests", body, node=node)
            expect(reply.status == 422, f"{reply}")
        opened = self.project.ok("POST", f"/sessions/{session}/requests", {
            **body, "options": [{"id": "yes", "label": "Yes"}]})
        for node in self.cluster.nodes:
            reply = self.project.respond(opened["id"], {"decision": "anything"}, node=node)
            expect(reply.status == 422, f"{reply}")
        expect(self.project.ok("GET", f"/requests/{opened['id']}")["status"] == "pending", "it is not pending any more")

    def d14_no_id_answer_or_secret_is_in_a_log(self):
        """14: no id of a request, answer, key or secret is in any log, and no secret anywhere in Redis or Postgres"""
        session = self.project.ok("POST", "/sessions", {"agent": "driver", "id": "d14", "input": None})["id"]
        ids = []
        for node in self.cluster.nodes:
            opened = self.project.ok("POST", f"/sessions/{session}/requests", {
                "type": "env_var", "title": "Which?", "tool": "pilot", "fields": [{"name": "TABLE"}]}, node=node)
            self.project.respond(opened["id"], {"values": {"TABLE": SECRET}}, node=self.others(node)[0])
            ids.append(opened["id"])
        logs = "".join(node.log.read_text(errors="replace") for node in self.cluster.nodes)
        expect(len(logs) > 500, "there are no logs")
        words = [SECRET, self.project.key, self.cluster.operator_key, "quay 0 of", self.redis.password, *ids]
        found = [word for word in words if word in logs] + re.findall("req_[0-9a-f]{44}", logs)
        expect(not found, f"in the logs: {found[:3]}")
        expect(SECRET not in self.postgres.log.read_text(errors="replace"), "it is in the log of Postgres")
        streams = [key for key in self.redis.cli("keys", "*") if self.redis.cli("type", key) == ["stream"]]
        expect(not [key for key in streams if SECRET in "\n".join(self.redis.cli("xrange", key, "-", "+"))], "in Redis")
        for table, in self.postgres.sql("select tablename from pg_tables where schemaname = 'holdpoint'"):
            rows = self.postgres.sql(f"select count(*) from holdpoint.{table} t where t::text like '%{SECRET}%' or "
                                     f"t::text like '%{SECRET.encode().hex()}%'")
            expect(rows == [["0"]], f"in {table}")

    def d15_a_replay_has_every_type(self):
        """15: a stream from its beginning has every event that the log has, of whatever type"""
        types = set()
        for item in self.project.listed("/sessions?status=completed")[:20]:
            watcher = Watcher(self.project, f"/sessions/{item['id']}/stream", item["id"], 2, 9)
            watcher.join(60)
            log = [(event["seq"], event["type"], event) for event in self.project.events(item["id"])]
            expect([(int(id), type, data) for id, type, data in watcher.got] == log, f"{item['id']}: {watcher.got}")
            types |= {type for _, type, _ in log}
        expect({"tool_dispatched", "workflow_advanced", "hitl_responded"} <= types, f"only {sorted(types)}")
        return f"{len(types)} types"

    def d16_one_authority(self):
        """16: one group reads each stream, of two answers at once one counts, and every node tells the same"""
        errands = self.errands("d16", 12)
        for number, name in enumerate(errands.names):
            nodes = [self.cluster.nodes[number % 3], self.cluster.nodes[(number + 1) % 3]]
            statuses = sorted(answer.status for answer in errands.rivals(name, nodes))
            expect(statuses == [200, 409], f"{name}: {statuses}")
            path = f"/requests/{errands.requests[name]}"
            views = [self.project.ok("GET", path, node=node) for node in self.cluster.nodes]
            expect(all(view["response"] == views[0]["response"] for view in views), f"{views}")
        self.completed(errands)
        groups = {}
        for key in self.redis.cli("keys", "hitl:response:*") + self.redis.cli("keys", "session:command:*"):
            lines = self.redis.cli("xinfo", "groups", key)
            groups[key] = [lines[place + 1] for place, line in enumerate(lines) if line == "name"]
        expect(groups and all(names in ([], ["router"]) for names in groups.values()), f"{groups}")
        return f"{len(groups)} streams"

    def d17_a_slow_session_holds_up_no_other(self):
        """17: while calls of one session take their time, others of its project go on"""
        slow = Slow()
        document = f"""
document: {{ dsl: '1.0.3', namespace: cluster, name: slow, version: '1.0.0' }}
do:
  - linger: {{ call: http, with: {{ method: get, endpoint: '{slow.url}' }} }}
"""
        self.project.define("slow", document)
        lingering = [f"d17-slow-{number}" for number in range(6)]
        for name in lingering:
            self.project.start(name, {}, agent="slow")
        until("they linger", lambda: slow.calls, 20)
        errands = self.errands("d17", 20)
        errands.each(errands.answer, errands.names)
        self.completed(errands)
        expect(all(self.project.look(name)["status"] == "running" for name in lingering), "they did not linger")
        slow.go.set()
        for name in lingering:
            self.project.await_status(name, "completed")


def play(verdict):
    chosen = sys.argv[2:]  # some of them alone, by number
    with Cluster(3, binary_named()) as cluster, Ledger(cluster.folder) as ledger:
        cluster.await_balance()
        project = Project(cluster)
        defects = Defects(cluster, project, ledger)
        with Clerk(project, ledger):
            for name in sorted(name for name in dir(defects) if re.match(r"d\d\d_", name)):
                if not chosen or name[1:3] in chosen:
                    deed = getattr(defects, name)
                    verdict.attempt(f"defect {deed.__doc__}", deed)
                    verdict.attempt("and all is well again", defects.heal) if not well(cluster) else None
        verdict.check("all nodes are ready", [node.name for node in cluster.nodes if not node.is_ready])


def well(cluster):
    return cluster.redis.program.is_running and all(node.is_running and node.is_ready for node in cluster.nodes)


if __name__ == "__main__":
    main(play)
