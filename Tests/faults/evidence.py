"""What the judgement rests on: the database, what the client was told, and the ledger of the called service."""

import collections
import dataclasses
import json

from record import read
from witness import SELECT, SELECT_RECOVERY

SECRET = "secret-"  # how every secret of the stories begins

EVENTS = """
select s.name, e.seq, e.type, e.on_feed, convert_from(e.data, 'UTF8')
from holdpoint.events e join holdpoint.sessions s on s.key = e.session order by s.name, e.seq
"""
SESSIONS = "select name, coalesce(agent, ''), status, head, quarantine is not null from holdpoint.sessions"
REQUESTS = """
select 'req_' || encode(r.id, 'hex'), s.name, r.status
from holdpoint.requests r join holdpoint.sessions s on s.key = r.session
"""
COMMANDS = """
select 'cmd_' || replace(id::text, '-', ''), name, convert_from(kind, 'UTF8'),
    coalesce(convert_from(outcome, 'UTF8'), '')
from holdpoint.commands
"""
FEED = """
select xid || '-' || n, name, seq from (
    select l.xid, s.name, e.seq, l.n - count(*) over (
        partition by l.session, l.last order by e.seq rows between 1 following and unbounded following) as n
    from holdpoint.log l cross join lateral holdpoint.events_of(l.record) e
    join holdpoint.sessions s on s.key = l.session where e.on_feed) f
order by xid, n
"""
# Every place in which a secret in plain text could stand.
SECRETS = f"""
select 'event ' || session || ' ' || seq from holdpoint.events where position('{SECRET}'::bytea in data) > 0
union all select 'snapshot ' || session from holdpoint.snapshots where position('{SECRET}'::bytea in state) > 0
union all select 'command ' || id from holdpoint.commands
    where position('{SECRET}'::bytea in sealed) > 0 or position('{SECRET}'::bytea in coalesce(outcome, '')) > 0
union all select 'reply ' || name from holdpoint.idempotency where position('{SECRET}'::bytea in reply) > 0
union all select 'box ' || field from holdpoint.secrets where position('{SECRET}'::bytea in box) > 0
"""

Session = collections.namedtuple("Session", "agent status head is_quarantined")
Event = collections.namedtuple("Event", "seq type on_feed data")
Write = collections.namedtuple("Write", "n session seq shard epoch label writer")
Mark = collections.namedtuple("Mark", "session is_quarantine writer")


@dataclasses.dataclass
class Evidence:
    """Everything that is known at the end, each from where it is told first."""

    people: list  # principals: the agent's, then each person's
    scope: str  # with which the keys of calls begin
    record: list  # lines of the client's record
    ledger: list  # lines of the service's
    sessions: dict  # name: Session
    logs: dict  # name: [Event]
    requests: dict  # id: (session, status as it is called)
    commands: dict  # id: (session, kind, outcome as an object or None)
    feed: list  # (position, session, seq) in order
    writes: list  # [Write] in the order in which they became durable
    secrets: list  # where a secret was found in plain text
    marks: list  # [Mark]: who stood alone under work, by whose hand, and who was quarantined, in order
    resumed: list  # lines of whoever was on call
    replay: tuple  # (exit status, what it said) of `holdpoint replay --all --verify`


STATUSES = ["running", "waiting", "paused", "completed", "failed", "cancelled", "quarantined"]
CLOSINGS = ["pending", "answered", "expired", "cancelled"]


def gather(ground, folder):
    """Reads it all, once nothing moves any more."""
    sql = ground.postgres.sql
    logs = collections.defaultdict(list)
    for name, seq, type, on_feed, data in sql(EVENTS):
        logs[name].append(Event(int(seq), type, on_feed == "t", json.loads(data)))
    replay = ground.cluster.run("replay", "--all", "--verify", HOLDPOINT_POSTGRES=ground.postgres.url())
    return Evidence(
        people=[f"key:{key.split('_')[1]}" for key in ground.keys], scope="acme:harbour",
        record=read(folder / "client.jsonl"), ledger=read(ground.ledger.file),
        sessions={
            name: Session(agent, STATUSES[int(status)], int(head), quarantined == "t")
            for name, agent, status, head, quarantined in sql(SESSIONS)},
        logs=dict(logs), requests={id: (name, CLOSINGS[int(status)]) for id, name, status in sql(REQUESTS)},
        commands={
            id: (name, kind, json.loads(outcome) if outcome else None) for id, name, kind, outcome in sql(COMMANDS)},
        feed=[(position, name, int(seq)) for position, name, seq in sql(FEED)],
        writes=[
            Write(int(n), name, int(seq), int(shard or -1), int(epoch or -1), label, writer)
            for n, name, seq, shard, epoch, label, writer in sql(SELECT)],
        secrets=[place for place, in sql(SECRETS)],
        marks=[Mark(name, is_quarantine == "t", writer) for name, is_quarantine, writer in sql(SELECT_RECOVERY)],
        resumed=read(folder / "on-call.jsonl"),
        replay=(replay.returncode, (replay.stdout + replay.stderr).strip()))
