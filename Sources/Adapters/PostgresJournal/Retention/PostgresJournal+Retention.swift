package import HoldpointCore
package import HoldpointPorts
import PostgresClient

extension PostgresJournal {
    package func retention(of scope: Scope) async throws(JournalError) -> RetentionPolicy? {
        try await read { queries throws(PostgresError) in try await queries.retention(of: scope) }
    }

    package func setRetention(_ policy: RetentionPolicy?, of scope: Scope) async throws(JournalError) -> Bool {
        guard let project = try await numbers(of: scope) else { return false }
        var segment = PostgresSegment()
        Tenants.name([project.tenant], in: &segment)
        if let policy {
            segment.add(
                Self.put, project.values + [.int8(policy.finishedAfterDays), .text(policy.mode.rawValue)])
        } else {
            segment.add(Self.lift, project.values)
        }
        _ = try await change { pool throws(PostgresError) in try await pool.run(segment) }
        return true
    }

    package func retentions(after scope: Scope?, limit: Int) async throws(JournalError) -> [ProjectRetention] {
        try await read { queries throws(PostgresError) in try await queries.retentions(after: scope, limit: limit) }
    }

    package func endedSessions(
        in scope: Scope, shards: [Shard], before time: Timestamp, after last: EndedSession?, limit: Int
    ) async throws(JournalError) -> [EndedSession] {
        try await read { queries throws(PostgresError) in
            try await queries.endedSessions(in: scope, shards: shards, before: time, after: last, limit: limit)
        }
    }

    package func archive(of id: SessionID, in scope: Scope, page: Int) async throws(JournalError) -> ArchivePage? {
        try await read { queries throws(PostgresError) in try await queries.archive(of: id, in: scope, page: page) }
    }

    package func archivedSessions(
        in scope: Scope, after id: SessionID?, limit: Int
    ) async throws(JournalError) -> [SessionID] {
        try await read { queries throws(PostgresError) in
            try await queries.archivedSessions(in: scope, after: id, limit: limit)
        }
    }

    package func retire(_ retirement: Retirement) async throws(JournalError) -> RetiredPage {
        if let refusal = retirement.refusal { throw refusal }
        guard let project = try await numbers(of: retirement.scope) else { return RetiredPage(retired: [], left: []) }
        // A fence of each slot that the shards are written through: a transaction may hold both.
        var lives: Set<NodeLife?> = []
        for fence in retirement.fences { lives.insert(fences.life(under: fence)) }
        guard lives.count == 1, let life = lives.first ?? nil else { throw .fenced }
        var segment = PostgresSegment()
        let slots = Dictionary(grouping: retirement.fences) { HeldFences.slot(of: $0.shard) }.sorted { $0.key < $1.key }
        for (slot, fences) in slots { FenceCheck.add(fences, in: life, slot: slot, to: &segment) }
        let checks = slots.count * FenceCheck.statements
        Tenants.name([project.tenant], in: &segment)
        segment.add(
            Self.retire,
            project.values + [
                .identifiers(retirement.sessions.map(\.value)), .time(retirement.endedBefore),
                .int8(Int64(RetentionLimits.bytes)), .boolean(retirement.mode == .archive), .time(retirement.at),
                .int8(Int64(RetentionLimits.pageBytes)),
            ])
        do throws(PostgresError) {
            let rows = try await send(segment).last?.rows ?? []
            var taken: [Bool: [SessionKey]] = [:]
            for row in rows { taken[try row.boolean(1), default: []].append(try row.sessionKey(0)) }
            return RetiredPage(retired: taken[true] ?? [], left: taken[false] ?? [])
        } catch {
            throw error.isFenced(byFirst: checks) ? .fenced : JournalError(error)
        }
    }

    /// Sends a segment again that only the moment was against.
    private func send(_ segment: PostgresSegment) async throws(PostgresError) -> [PostgresResult] {
        var attempt = 1
        while true {
            do throws(PostgresError) {
                return try await writer.run(segment)
            } catch {
                guard error.isWorthAnotherAttempt, attempt < configuration.writes.attempts else { throw error }
                attempt += 1
            }
        }
    }

    private static let put = PostgresStatement(
        """
        insert into retentions(tenant, project, days, mode) values($1, $2, $3, $4)
        on conflict (project) do update set days = excluded.days, mode = excluded.mode
        """)
    private static let lift = PostgresStatement("delete from retentions where tenant = $1 and project = $2")

    /// Retires sessions until their events have so many bytes; returns those that could be, and whether they were.
    ///
    /// A log is written as `ArchivedLog` does.
    private static let retire = PostgresStatement(
        """
        with locked as materialized (
            select s.key, s.name, u.place from unnest($3::uuid[]) with ordinality as u(key, place)
            join sessions s on s.key = u.key and s.tenant = $1 and s.project = $2
            where s.status in (3, 4, 5) and s.updated < $4
              and not exists (select from commands c where c.session = s.key and c.outcome is null)
              and not exists (
                select from log l left join audit_heads h on h.project = $2 where l.session = s.key
                  and l.n is not null and (l.xid, l.n) > (coalesce(h.xid, 0), coalesce(h.place, 0)))
            for update of s),
        sized as materialized (
            select l.key, l.name, l.place, coalesce(
              sum(b.bytes) over (order by l.place rows between unbounded preceding and 1 preceding), 0) < $5 as taken
            from locked l cross join lateral (
              select coalesce(sum(octet_length(e.record)), 0) as bytes from log e where e.session = l.key) b),
        gone as materialized (select key, name from sized where taken),
        logs as (
            select g.key, g.name, string_agg(
              convert_to('{"chain":"' || encode(e.chain, 'hex') || '","data":', 'UTF8') || e.data || convert_to(
                ',"feed":' || e.on_feed::text || ',"seq":' || e.seq || ',"time":' || e.time || ',"type":'
                  || to_json(e.type)::text || E'}\\n', 'UTF8'), ''::bytea order by e.seq) as bytes
            from gone g join log c on c.session = g.key cross join lateral events_of(c.record) e
            where $6 group by g.key, g.name),
        archived as (
            insert into archives(tenant, project, name, session, retired, page, data)
            select $1, $2, l.name, l.key, $7::int8, p.page,
              substring(l.bytes from (p.page * $8::int8 + 1)::int4 for $8::int4)
            from logs l
              cross join lateral generate_series(0, ((octet_length(l.bytes) - 1) / $8::int8)::int4) as p(page)),
        e as (delete from log e using gone g where e.session = g.key returning e.xid, e.n),
        started as (
            insert into feed_starts(tenant, project, xid, n)
            select $1, $2, xid, n from e where n is not null order by xid desc, n desc limit 1
            on conflict (project) do update set xid = excluded.xid, n = excluded.n
            where (feed_starts.xid, feed_starts.n) < (excluded.xid, excluded.n)),
        n as (delete from snapshots n using gone g where n.session = g.key),
        r as (delete from requests r using gone g where r.session = g.key),
        x as (delete from secrets x using gone g where x.session = g.key),
        c as (delete from commands c using gone g where c.session = g.key and c.outcome is not null),
        i as (delete from idempotency i using gone g where i.session = g.key),
        o as (delete from outbox o using gone g where o.session = g.key),
        s as (delete from sessions s using gone g where s.key = g.key),
        t as (
            insert into tombstones(tenant, project, name, session, deleted)
            select $1, $2, name, key, $7::int8 from gone)
        select key, taken from sized order by place
        """)
}
