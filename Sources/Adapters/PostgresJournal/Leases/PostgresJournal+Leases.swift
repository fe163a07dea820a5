import HoldpointCore
package import HoldpointPorts
import PostgresClient

// A lease is the row of a node, judged by the database's clock alone. It says who may own shards; whether something may
// be written is only ever decided by the rows in `fences`, which a takeover deletes. So a node whose lease has run out
// loses nothing until another one fences it, and may renew as long as nobody has.
extension PostgresJournal {
    /// How often joining begins anew when another process of the same name joins at the same moment.
    static let joinAttempts = 8

    package func takeUp(node: NodeName) async throws(JournalError) -> Tenure {
        if let earlier = fences.life, earlier.node != node {
            try await end(LeaseView.Dead(life: earlier, label: label))
        }
        for _ in 0..<Self.joinAttempts {
            guard try await isAdmitted() else {
                throw .refused(
                    "a later release has taken over the database since this one was started; start that release")
            }
            let (incarnation, earlier, isLive) = try await look(for: node)
            if let earlier {
                // The later start has the name: if both took it back from each other, neither would get any work done.
                if isLive, earlier.label != label, fences.hasBegun {
                    throw .refused("another process has taken the name \(node); each node needs one of its own")
                }
                try await end(earlier)
            }
            if let tenure = try await join(NodeLife(node: node, incarnation: incarnation)) { return tenure }
        }
        throw .unavailable("other processes join under the name \(node), too")
    }

    package func renew() async throws(JournalError) -> LeaseReport {
        guard let life = fences.life else { throw .fenced }
        var survey = fences.beginSurvey()
        var view = try await renewed(life)
        var hasFenced = false
        // One that could not be fenced is enough for a renewal: it takes as long as patience allows.
        for dead in view.dead {
            guard try await fenceOff(dead, .ifDead) else { break }
            hasFenced = true
        }
        if hasFenced {
            survey = fences.beginSurvey()
            view = try await renewed(life)
        }
        let gained = fences.settle(view.epochs, survey: survey, in: life)
        return LeaseReport(
            gained: (gained ?? []).map {
                ShardGain(fence: $0, followsUncleanDeath: view.unclean.contains($0.shard))
            },
            // What is being handed over is not yet off the books.
            excess: gained == nil ? 0 : ShardShares.excess(of: life.node.text, among: view.owned),
            milliseconds: max(0, (configuration.leaseDuration - configuration.leaseMargin).milliseconds),
            time: view.time, formats: view.formats)
    }

    // MARK: Joining

    /// What the database must not ask more than, for this release to work on it: tables and forms of data.
    private var admission: [PostgresValue] {
        [.int4(Int32(clamping: configuration.schema.version)), .int8(configuration.formats)]
    }

    /// Whether this release may work on the database: others may have changed it since it was opened.
    private func isAdmitted() async throws(JournalError) -> Bool {
        do throws(PostgresError) {
            let found = try await lease.run(Self.selectAdmission, admission, on: LeaseConnections.waiting)
            return try found.rows.first?.boolean(0) == true
        } catch {
            throw JournalError(error)
        }
    }

    /// A number for a new life, and the life that the name has now, if that is not over, with whether its lease stands.
    private func look(
        for node: NodeName
    ) async throws(JournalError) -> (incarnation: Int64, earlier: LeaseView.Dead?, isLive: Bool) {
        var segment = PostgresSegment(Self.nextIncarnation)
        segment.add(Self.selectNode, [.text(node.text)])
        do throws(PostgresError) {
            let results = try await lease.run(segment, on: LeaseConnections.waiting)
            guard let number = results.first?.rows.first else { throw .unexpectedValue(column: 0, .noSuchColumn) }
            guard let row = results.last?.rows.first else { return (try number.integer(0), nil, false) }
            let earlier = LeaseView.Dead(
                life: NodeLife(node: node, incarnation: try row.integer(0)), label: try row.text(1))
            return (try number.integer(0), earlier, try row.boolean(2))
        } catch {
            throw JournalError(error)
        }
    }

    /// Ends a life whose name, or process, begins another.
    private func end(_ earlier: LeaseView.Dead) async throws(JournalError) {
        guard try await fenceOff(earlier, .now) else {
            throw .unavailable("an earlier life of \(earlier.life.node) is still writing")
        }
        fences.end(earlier.life)
    }

    /// Begins a life and takes what is free; nil if another life of the same name has begun.
    private func join(_ life: NodeLife) async throws(JournalError) -> Tenure? {
        let slots = (0..<HeldFences.slots).map { Int16($0) }
        var segment = PostgresSegment(
            Self.insertNode,
            life.parameters + [.text(label), .int8(configuration.leaseDuration.milliseconds)] + admission
                + [configuration.release.map { .text($0) } ?? .null(.text)])
        segment.add(Self.insertFences, life.parameters + [.int2Array(slots), .int8(Self.firstGeneration)])
        segment.add(Self.forgetNodes, [.int8(configuration.nodeMemory.milliseconds)])
        segment.add(Self.claim, life.parameters)
        LeaseView.add(for: life, to: &segment)
        let view: LeaseView
        do throws(PostgresError) {
            let results = try await lease.run(segment, on: LeaseConnections.waiting)
            guard results.first?.affectedRows == 1 else { return nil }
            view = try LeaseView(results)
        } catch {
            throw JournalError(error)
        }
        fences.begin(life, generation: Self.firstGeneration)
        let taken = fences.settle(view.epochs, survey: fences.beginSurvey(), in: life) ?? []
        return Tenure(fences: taken, followsUncleanDeath: !view.unclean.isEmpty)
    }

    /// Renews the lease, takes free shards up to the share, and looks around; throws `fenced` if the life is over.
    private func renewed(_ life: NodeLife) async throws(JournalError) -> LeaseView {
        var segment = PostgresSegment(
            Self.renewNode, life.parameters + [.int8(configuration.leaseDuration.milliseconds)] + admission)
        segment.add(Self.claim, life.parameters)
        LeaseView.add(for: life, to: &segment)
        let results: [PostgresResult]
        let view: LeaseView
        do throws(PostgresError) {
            results = try await lease.run(segment, on: LeaseConnections.renewal)
            view = try LeaseView(results)
        } catch {
            throw JournalError(error)
        }
        guard results.first?.affectedRows == 1 else {
            fences.end(life)
            throw .fenced
        }
        return view
    }

    private static let firstGeneration: Int64 = 1

    private static let nextIncarnation = PostgresStatement("select nextval('incarnations')")
    private static let selectNode = PostgresStatement(
        """
        select incarnation, label, expires_at > clock_timestamp() from nodes where name = $1 and not fenced
        """)
    private static let insertNode = PostgresStatement(
        """
        insert into nodes(name, incarnation, label, started, renewed_at, expires_at, tables, formats, release)
        select $1, $2, $3, floor(extract(epoch from clock_timestamp()) * 1000)::int8, clock_timestamp(),
            clock_timestamp() + $4 * interval '1 millisecond', $5, $6, $7
        from schema_version where oldest <= $5 and formats <= $6
        on conflict(name) do update set incarnation = excluded.incarnation, label = excluded.label,
            started = excluded.started, fenced = false, renewed_at = excluded.renewed_at,
            expires_at = excluded.expires_at, tables = excluded.tables, formats = excluded.formats,
            release = excluded.release
        where nodes.fenced
        """)
    private static let insertFences = PostgresStatement(
        """
        insert into fences(node, incarnation, slot, generation)
        select $1, $2, slot, $4 from unnest($3::int2[]) as s(slot)
        where exists(select from nodes where name = $1 and incarnation = $2)
        """)
    private static let forgetNodes = PostgresStatement(
        """
        delete from nodes where name in (
            select name from nodes where fenced and expires_at < clock_timestamp() - $1 * interval '1 millisecond'
            for update skip locked)
        """)
    private static let renewNode = PostgresStatement(
        """
        update nodes set renewed_at = clock_timestamp(),
            expires_at = clock_timestamp() + $3 * interval '1 millisecond'
        where name = $1 and incarnation = $2 and not fenced
            and exists(select from schema_version where oldest <= $4 and formats <= $5)
        """)
    private static let selectAdmission = PostgresStatement(
        "select oldest <= $1 and formats <= $2 from schema_version")
    /// Takes free shards up to the share, where the statement before holds the node's row; passes over those that
    /// another node is just taking.
    private static let claim = PostgresStatement(
        """
        with live as (
            select count(*) as nodes from nodes
            where not fenced and (expires_at > clock_timestamp() or (name = $1 and incarnation = $2))
        ), free as (
            select shard from shards where owner is null order by shard
            limit coalesce((
                select greatest(0, (255 + live.nodes) / live.nodes
                    - (select count(*) from shards where owner = $1 and incarnation = $2))
                from live where live.nodes > 0), 0)
            for update skip locked
        )
        update shards s set owner = $1, incarnation = $2, epoch = s.epoch + 1 from free
        where s.shard = free.shard
            and exists(select from nodes where name = $1 and incarnation = $2 and not fenced)
        """)
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
