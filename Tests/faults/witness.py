"""A witness in the database: for each event, who wrote it, and whose the shard was when that became durable.

The events of a commit are one row, which the trigger takes apart.

A deferred trigger sees the transaction's last moment, after everything else in it. What it reads then, the shard's
owner and epoch, cannot change any more before the commit if the product holds its locks, and shows the new owner if it
does not. The writer is known by the label in the name of its connection.

It also sees which sessions stood alone under a mark of recovery, by whom that was written, and which were quarantined.
"""

from cluster import expect

SCHEMA = """
create schema witness;
create table witness.writes(
    n bigserial primary key, session uuid not null, seq int8 not null, shard int2, epoch int8, owner text, label text,
    writer text);
create function witness.note_write() returns trigger language plpgsql security definer
    set search_path = holdpoint, pg_temp as $body$
begin
    insert into witness.writes(session, seq, shard, epoch, owner, label, writer)
    select new.session, e.seq, h.shard, h.epoch, h.owner, n.label, current_setting('application_name')
    from holdpoint.sessions s
    cross join lateral holdpoint.events_of(new.record) e
    left join holdpoint.shards h on h.shard = s.shard
    left join holdpoint.nodes n on n.name = h.owner and n.incarnation = h.incarnation and not n.fenced
    where s.key = new.session order by e.seq;
    return null;
end $body$;
create constraint trigger witness after insert on holdpoint.log deferrable initially deferred
    for each row execute function witness.note_write();
create table witness.recovery(
    n bigserial primary key, session uuid not null, is_quarantine bool not null, writer text not null);
create function witness.note_mark() returns trigger language plpgsql security definer
    set search_path = holdpoint, pg_temp as $body$
begin
    insert into witness.recovery(session, is_quarantine, writer)
    select new.session, false, current_setting('application_name')
    from recovery_groups g where g.id = new.party and g.deaths = 0
    and (select count(*) from recovery_members m where m.party = g.id) = 1;
    return null;
end $body$;
create constraint trigger witness after insert on holdpoint.recovery_members deferrable initially deferred
    for each row execute function witness.note_mark();
create function witness.note_quarantine() returns trigger language plpgsql security definer
    set search_path = holdpoint, pg_temp as $body$
begin
    insert into witness.recovery(session, is_quarantine, writer)
        values(new.key, true, current_setting('application_name'));
    return null;
end $body$;
create trigger witness_quarantine after update of quarantine on holdpoint.sessions
    for each row when (old.quarantine is null and new.quarantine is not null)
    execute function witness.note_quarantine();
"""

# A write as a process that lost its shard would make it, between the write and the commit of whoever has it now; it is
# taken back, with what the witness saw.
STALE_WRITE = """
set application_name = 'holdpoint:0:write';
begin;
insert into holdpoint.sessions(key, tenant, project, name, shard, status, head, created, updated)
    values('00000000-0000-7000-8000-000000000005', 0, 0, 'stale', 5, 0, 1, 0, 0);
insert into holdpoint.log(session, last, tenant, project, record)
    values('00000000-0000-7000-8000-000000000005', 1, 0, 0,
        int4send(67) || int8send(1) || int8send(0) || decode('000f', 'hex') || 'session_started' || sha256('')
        || convert_to('{}', 'UTF8'));
update holdpoint.shards set epoch = 99 where shard = 5;
set constraints all immediate;
select w.epoch, w.label <> '', w.label || ':write' = w.writer, w.writer
from witness.writes w where w.session = '00000000-0000-7000-8000-000000000005';
rollback;
"""

SELECT = """
select w.n, s.name, w.seq, w.shard, w.epoch, w.label, w.writer
from witness.writes w left join holdpoint.sessions s on s.key = w.session order by w.n
"""

# What was seen of recovery, in order.
SELECT_RECOVERY = """
select s.name, r.is_quarantine, r.writer from witness.recovery r join holdpoint.sessions s on s.key = r.session
order by r.n
"""


def install(postgres):
    """Calls the witness, and shows it a write under an old epoch, which it must see as one."""
    postgres.sql(SCHEMA)
    seen = postgres.sql(STALE_WRITE)
    expect(seen == [["99", "t", "f", "holdpoint:0:write"]], f"the witness does not see a stale write: {seen}")
