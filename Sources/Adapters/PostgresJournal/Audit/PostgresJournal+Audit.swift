package import HoldpointCore
package import HoldpointPorts
import PostgresClient

extension PostgresJournal {
    package func auditState(in scope: Scope) async throws(JournalError) -> AuditState {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await queries.auditState(in: project)
        } ?? .beginning
    }

    package func auditRows(
        in scope: Scope, after number: Int64, limit: Int
    ) async throws(JournalError) -> [AuditRow] {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await queries.auditRows(in: project, after: number, limit: limit)
        } ?? []
    }

    package func auditRow(of request: RequestID, in scope: Scope) async throws(JournalError) -> AuditRow? {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await queries.auditRow(of: request, in: project)
        } ?? nil
    }

    package func unaudited(after scope: Scope?, limit: Int) async throws(JournalError) -> UnauditedPage {
        try await read { queries throws(PostgresError) in try await queries.unaudited(after: scope, limit: limit) }
    }

    package func append(_ append: AuditAppend) async throws(JournalError) -> Bool {
        if let refusal = append.refusal { throw refusal }
        guard let project = try await numbers(of: append.scope) else {
            throw .refused("the project \(append.scope) does not exist")
        }
        guard let life = fences.life(under: append.fence) else { throw .fenced }
        let slot = HeldFences.slot(of: append.fence.shard)
        var segment = PostgresSegment()
        FenceCheck.add([append.fence], in: life, slot: slot, to: &segment)
        Tenants.name([project.tenant], in: &segment)
        segment.add(
            Self.append,
            project.values + Self.parameters(append.from) + Self.parameters(append.to) + [
                .bytesArray(append.rows.map(\.entry)), .bytesArray(append.rows.map(\.hash.bytes)),
                .bytesArray(append.rows.map { $0.request?.storedBytes }),
                .bytesArray(append.rows.map { $0.signature?.bytes }),
            ])
        do throws(PostgresError) {
            return try await writer.run(segment, on: slot).last?.rows.first?.integer(0) == 1
        } catch {
            throw error.isFenced(byFirst: FenceCheck.statements) ? .fenced : JournalError(error)
        }
    }

    private static func parameters(_ state: AuditState) -> [PostgresValue] {
        [
            .int8(state.head.number), .digest(state.head.hash), .int8(state.position.transaction),
            .int8(state.position.index),
        ]
    }

    /// Moves the end of the log if it is where the writer saw it, and adds the rows only then.
    ///
    /// Of two that begin the same log, one inserts its row and the other finds it there.
    private static let append = PostgresStatement(
        """
        with moved as (
            insert into audit_heads as h (tenant, project, n, hash, xid, place)
            select $1, $2, $7, $8, $9, $10
            where ($3::int8 = 0 and $5::int8 = 0 and $6::int8 = 0)
              or exists (select from audit_heads where project = $2)
            on conflict (project) do update
              set n = excluded.n, hash = excluded.hash, xid = excluded.xid, place = excluded.place
              where h.n = $3 and h.hash = $4 and h.xid = $5 and h.place = $6
            returning 1),
        added as (
            insert into audit_log(tenant, project, n, entry, hash, request, signature)
            select $1, $2, $3 + u.number, u.entry, u.hash, u.request, u.signature
            from unnest($11::bytea[], $12::bytea[], $13::bytea[], $14::bytea[])
                with ordinality as u(entry, hash, request, signature, number)
            where exists (select from moved))
        select count(*) from moved
        """)
}
