#!/usr/bin/env python3
"""I5: tenants and projects are kept apart twice: by every route at every node, and by Postgres itself.

    Tests/cluster/isolation.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Fills three projects of two tenants so that every table has rows of each, and then works in psql under the roles of the
nodes: as the api role every table is read under the settings of each project, of a mixture, and of none; the engine
role tries to write rows of a tenant that its transaction has not named. At last every route is tried with ids of others
at every node. Prints "N passed, N failed". Python's standard library only.
"""

import re
import sys

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from cluster import LOGIN, Cluster, expect, until
from people import Project, ask, binary_named, main

PLACES = [("acme", "harbour"), ("acme", "yard"), ("globex", "harbour")]
# What belongs to a project: the api role may read it, within the project that its transaction has named.
PROJECT_TABLES = {
    "agents", "project_secrets", "sessions", "log", "events", "snapshots", "requests", "secrets", "commands",
    "idempotency", "tombstones", "retentions", "archives", "feed_starts", "policies", "counters", "counter_entries",
    "webhooks", "outbox", "users", "audit_log", "audit_heads"}
# Read by everybody with a role: it holds one number, the version of the tables.
PUBLIC_TABLES = {"schema_version"}
LEASE_TABLES = {"nodes", "shards", "fences"}
ERROR = re.compile(r"ERROR:  (\w{5}):")


def fill(project):
    """Rows of every kind in one project; returns ids of things in it."""
    project.ok("PUT", "/agents/driver", {"kind": "external"})
    project.ok("PUT", "/secrets/TOKEN", {"value": f"token of {project.tenant}"})
    project.ok("PUT", "/users/ann", {"accreditation": "N2"})
    # Nobody listens there: what it is told of stays in the outbox.
    project.ok("PUT", "/webhook", {"url": "http://127.0.0.1:9/"})
    session = f"trip-{project.tenant}-{project.project}"
    project.ok("POST", "/sessions", {"agent": "driver", "id": session, "input": {"of": project.tenant}},
               Idempotency_Key=f"key-{session}")
    request = project.ok("POST", f"/sessions/{session}/requests", {
        "type": "env_var", "title": "Which key?", "tool": "crane", "fields": [{"name": "CRANE_KEY"}]})["id"]
    project.respond(request, {"values": {"CRANE_KEY": f"secret of {project.tenant}"}})
    question = {"type": "clarification", "title": "Where to?"}
    pending = project.ok("POST", f"/sessions/{session}/requests", question)["id"]
    stored = project.call("POST", f"/sessions/{session}/messages", {"text": "hello"}, Prefer="respond-async")
    expect(stored.status == 202, f"respond-async: {stored.status} {stored.value}")
    # What is left of sessions that were retired, and what policies count.
    for table, columns, values in [
        ("tombstones", "name, session, deleted", "'gone', gen_random_uuid(), 0"),
        ("archives", "name, session, retired, page, data", "'gone', gen_random_uuid(), 0, 0, ''"),
        ("feed_starts", "xid, n", "1, 1"), ("retentions", "days, mode", "30, 'delete'"),
        ("policies", "version, document, principal, created", "1, '{}', '', 0"),
        ("counters", "key, revision", "'[1]', 1"),
        ("counter_entries", "counter, session, number, time, amount", "p.id, gen_random_uuid(), 1, 0, 1"),
    ]:
        project.cluster.postgres.sql(f"""insert into holdpoint.{table}(project, tenant, {columns})
            select p.id, t.id, {values} from holdpoint.projects p join holdpoint.tenants t on t.id = p.tenant
            where t.name = '{project.tenant}' and p.name = '{project.project}'""")
    until("what was decided is audited", lambda: project.ok("GET", "/audit?limit=1")["items"])
    delivery = project.ok("GET", "/webhook/deliveries")["items"][0]["id"]
    return {
        "session": session, "request": request, "pending": pending, "command": stored.value["id"],
        "delivery": delivery}


class Sql:
    """Statements in one transaction under a role, with settings."""

    def __init__(self, postgres):
        self.postgres = postgres

    def run(self, role, statement, **settings):
        """(rows, code of the error or None)"""
        lines = ["begin", f"set local role {role}"] + [
            f"set local {name.replace('__', '.')} = '{value}'" for name, value in settings.items()]
        good, rows, errors = self.postgres.psql(";\n".join([*lines, statement, "rollback"]) + ";", user=LOGIN)
        if good:
            return rows, None
        match = ERROR.search(errors)
        expect(match, f"{statement}: {errors}")
        return [], match[1]

    def count(self, role, table, where="true", **settings):
        """How many rows; None for an error."""
        rows, error = self.run(role, f"select count(*) from holdpoint.{table} where {where}", **settings)
        return None if error else int(rows[0][0])


def numbers(postgres):
    """(tenant, project) in numbers, of each place."""
    rows = postgres.sql("""select t.name, p.name, t.id, p.id from holdpoint.projects p
        join holdpoint.tenants t on t.id = p.tenant""")
    found = {(tenant, project): (int(first), int(second)) for tenant, project, first, second in rows}
    return [found[place] for place in PLACES]


def api_reads(verdict, sql, tables, places):
    own, sibling, foreign = places
    for table in sorted(tables & PROJECT_TABLES):
        wrong = []
        for tenant, project in places:
            settings = {"app__tenant": tenant, "app__project": project}
            if not sql.count("holdpoint_api", table, **settings):
                wrong.append(f"no row even under its own settings: {settings}")
            if sql.count("holdpoint_api", table, f"(tenant, project) <> ({tenant}, {project})", **settings):
                wrong.append(f"rows of others under {settings}")
        for settings in [
            {}, {"app__tenant": own[0]}, {"app__project": own[1]}, {"app__tenant": own[0], "app__project": foreign[1]},
            {"app__tenant": foreign[0], "app__project": own[1]}, {"app__tenant": "", "app__project": ""},
            {"app__tenant": 0, "app__project": 0}, {"app__tenants": f"{own[0]},{foreign[0]}"},
        ]:
            if sql.count("holdpoint_api", table, **settings):
                wrong.append(f"rows under {settings}")
        verdict.check(f"I5: api role, {table}: its own project's rows alone; with other settings or none: none", wrong)
    for table in sorted(tables - PROJECT_TABLES - PUBLIC_TABLES):
        settings = {"app__tenant": own[0], "app__project": own[1]}
        error = sql.run("holdpoint_api", f"select * from holdpoint.{table}", **settings)[1]
        verdict.check(f"I5: api role, {table}: no privilege", None if error == "42501" else [error or "it was read"])


def api_writes(verdict, sql, tables, own):
    settings = {"app__tenant": own[0], "app__project": own[1], "app__tenants": own[0]}
    wrong = []
    for table in sorted(tables):
        for statement in [
            f"delete from holdpoint.{table}", f"truncate holdpoint.{table}",
            f"insert into holdpoint.{table} default values",
        ]:
            error = sql.run("holdpoint_api", statement, **settings)[1]
            if error != "42501":
                wrong.append(f"{statement}: {error or 'done'}")
    verdict.check("I5: api role: writes no table", wrong, f"{len(tables)} tables")
    verdict.check("api role: no privilege of any kind on leases and fences", [
        f"{table}: {privilege}" for table in LEASE_TABLES for privilege in ("select", "insert", "update", "delete")
        if sql.postgres.sql(
            f"select has_table_privilege('holdpoint_api', 'holdpoint.{table}', '{privilege}')") != [["f"]]])


def engine_writes(verdict, sql, places):
    own, _, foreign = places
    event = """insert into holdpoint.log(session, last, tenant, project, record)
        select key, 1000000, tenant, project, '' from holdpoint.sessions where tenant = {}"""
    settings = {"app__tenants": own[0]}
    verdict.check(
        "engine role: a row of a tenant that the batch has named is taken (else the next lines would prove nothing)",
        sql.run("holdpoint_engine", event.format(own[0]), **settings)[1])
    for what, statement in [
        ("a row of a foreign tenant", event.format(foreign[0])),
        ("a batch with one such row among its own", event.format(f"any(array[{own[0]}, {foreign[0]}])")),
        ("an event that bears another tenant than its session", event.format(own[0]).replace(
            "1000000, tenant", f"1000000, {foreign[0]}")),
    ]:
        error = sql.run("holdpoint_engine", statement, **settings)[1]
        verdict.check(f"I5: engine role: {what} is refused", None if error == "42501" else [error or "taken"])
    error = sql.run("holdpoint_engine", event.format(own[0]))[1]
    verdict.check("I5: engine role: a batch that names no tenant is refused", None if error else ["taken"])
    for table, column in [("sessions", "updated"), ("requests", "opened"), ("commands", "received")]:
        rows, error = sql.run(
            "holdpoint_engine",
            f"update holdpoint.{table} set {column} = 1 where tenant = {foreign[0]} returning 1", **settings)
        verdict.check(f"I5: engine role: {table} of a foreign tenant cannot be changed", rows and [rows])
        rows, error = sql.run(
            "holdpoint_engine", f"delete from holdpoint.{table} where tenant = {foreign[0]} returning 1", **settings)
        verdict.check(f"I5: engine role: {table} of a foreign tenant cannot be deleted", rows and [rows])
    rows, _ = sql.run(
        "holdpoint_engine", f"delete from holdpoint.log where tenant = {foreign[0]} returning 1", **settings)
    verdict.check("I5: engine role: events of a foreign tenant cannot be deleted", rows and [rows])
    kept = sql.run("holdpoint_engine", "update holdpoint.log set last = 2", **settings)[1]
    verdict.check("engine role: events are never changed", None if kept == "42501" else [kept or "changed"])


def catalogue(verdict, postgres, tables):
    roles = postgres.sql("""select rolname, rolsuper, rolbypassrls, rolcanlogin from pg_roles
        where rolname in ('holdpoint_owner', 'holdpoint_engine', 'holdpoint_api') order by 1""")
    verdict.check("no role of ours is a superuser, bypasses row level security or logs in", [
        row for row in roles if row[1:] != ["f", "f", "f"]] or (None if len(roles) == 3 else [roles]))
    rows = postgres.sql("""select c.relname, c.relrowsecurity and c.relforcerowsecurity, pg_get_userbyid(c.relowner)
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant'
        where c.relnamespace = 'holdpoint'::regnamespace and c.relkind = 'r'""")
    verdict.check("every table with a tenant has row level security, in force for its owner, too", [
        row for row in rows if row[1] != "t" or row[2] != "holdpoint_owner"], f"{len(rows)} tables")
    expected = PROJECT_TABLES | PUBLIC_TABLES | LEASE_TABLES
    verdict.check("no table was left out here", sorted(expected - tables))


def routes(verdict, cluster, mine, foreign, things):
    """Every route with an id of somebody else's, at every node: as if there were no such thing."""
    tries = [
        ("GET", "/sessions/{session}", None), ("GET", "/sessions/{session}/events", None),
        ("GET", "/sessions/{session}/stream", None), ("POST", "/sessions/{session}/messages", {"text": "hi"}),
        ("POST", "/sessions/{session}/steps", {"name": "a", "data": 1}), ("POST", "/sessions/{session}/cancel", {}),
        ("POST", "/sessions/{session}/pause", {}), ("POST", "/sessions/{session}/resume", {}),
        ("POST", "/sessions/{session}/complete", {"output": 1}), ("POST", "/sessions/{session}/fail", {"error": {}}),
        ("POST", "/sessions/{session}/requests", {"type": "clarification", "title": "?"}),
        ("GET", "/requests/{pending}", None), ("POST", "/requests/{pending}/cancel", {}),
        ("POST", "/requests/{pending}/respond", {"response": {"answer": "mine"}}),
        ("POST", "/requests/{request}/secret", {}), ("GET", "/commands/{command}", None),
        ("POST", "/webhook/deliveries/{delivery}/redeliver", {}),
    ]
    wrong, count = [], 0
    for node in cluster.nodes:
        for method, path, body in tries:
            for asynchronous in ([{}, {"Prefer": "respond-async"}] if body is not None else [{}]):
                reply = mine.once(node, method, path.format(**things), body, **asynchronous)
                count += 1
                if reply.status != 404:
                    wrong.append(f"{node.name}: {method} {path} {asynchronous}: {reply.status} {reply.value}")
        if foreign.project != mine.project:
            reply = ask(node, "GET", f"{foreign.base}/sessions", key=mine.key)
            if reply.status != 404:
                wrong.append(f"{node.name}: GET {foreign.base}/sessions: {reply.status}")
        reply = mine.once(node, "GET", "/sessions?limit=100")
        if things["session"] in str(reply.value):
            wrong.append(f"{node.name}: a list shows {things['session']}")
    verdict.check(
        f"I5: {foreign.tenant}/{foreign.project} seen from {mine.tenant}/{mine.project}: 404 on every route and node",
        wrong, f"{count} requests")


def play(verdict):
    with Cluster(3, binary_named()) as cluster:
        cluster.await_balance()
        projects = [Project(cluster, *place) for place in PLACES]
        things = [fill(project) for project in projects]
        postgres = cluster.postgres
        tables = {name for name, in postgres.sql("select tablename from pg_tables where schemaname = 'holdpoint'")}
        views = {name for name, in postgres.sql("select viewname from pg_views where schemaname = 'holdpoint'")}
        catalogue(verdict, postgres, tables | views)
        sql, places = Sql(postgres), numbers(postgres)
        api_reads(verdict, sql, tables | views, places)
        api_writes(verdict, sql, tables, places[0])
        engine_writes(verdict, sql, places)
        routes(verdict, cluster, projects[0], projects[1], things[1])
        routes(verdict, cluster, projects[0], projects[2], things[2])
        routes(verdict, cluster, projects[2], projects[0], things[0])


if __name__ == "__main__":
    main(play)
