import HoldpointPorts
import PostgresClient

/// When another life may be ended.
enum FencingCondition {
    /// Its lease has run out; whoever else is ending it is left to do so.
    case ifDead
    /// Its name, or its process, begins another life.
    case now
}

extension PostgresJournal {
    /// Ends a life: from then on nothing is written under its fences, and what was is done.
    ///
    /// What it left running holds its fences, and is waited for. A transaction that does not end, such as one of a
    /// stopped process, is cut off with its connections; then there is a second attempt.
    ///
    /// - Returns: whether it is over; false if its lease stands, or if it holds on.
    func fenceOff(_ dead: LeaseView.Dead, _ condition: FencingCondition) async throws(JournalError) -> Bool {
        let patience = PostgresValue.text("\(max(1, configuration.takeoverPatience.milliseconds))ms")
        var segment = PostgresSegment(Self.waitBriefly, [patience])
        segment.add(condition == .ifDead ? Self.markDead : Self.mark, dead.life.parameters)
        segment.add(Self.deleteFences, dead.life.parameters)
        segment.add(Self.freeShards, dead.life.parameters)
        segment.add(Self.isOver, dead.life.parameters)
        do throws(PostgresError) {
            do throws(PostgresError) {
                return try await run(segment)
            } catch {
                guard error.isLockTimeout else { throw error }
            }
            var cut = PostgresSegment(Self.leaveRole)
            cut.add(Self.cutConnections, [.text(dead.label)])
            _ = try await lease.run(cut, on: LeaseConnections.waiting)
            return try await run(segment)
        } catch {
            if error.isLockTimeout { return false }
            throw JournalError(error)
        }
    }

    private func run(_ segment: PostgresSegment) async throws(PostgresError) -> Bool {
        try await lease.run(segment, on: LeaseConnections.waiting).last?.rows.first?.boolean(0) ?? false
    }

    private static let waitBriefly = PostgresStatement("select set_config('lock_timeout', $1, true)")
    private static let markDead = PostgresStatement(
        """
        with dead as (
            select name from nodes
            where name = $1 and incarnation = $2 and not fenced and expires_at <= clock_timestamp()
            for update skip locked
        )
        update nodes n set fenced = true from dead where n.name = dead.name
        """)
    private static let mark = PostgresStatement(
        "update nodes set fenced = true where name = $1 and incarnation = $2 and not fenced")
    /// Waits for the segments that hold these rows, and those that come after find them gone.
    private static let deleteFences = PostgresStatement(
        """
        delete from fences where node = $1 and incarnation = $2
            and exists(select from nodes where name = $1 and incarnation = $2 and fenced)
        """)
    private static let freeShards = PostgresStatement(
        """
        update shards set owner = null, incarnation = null, unclean = true where owner = $1 and incarnation = $2
            and exists(select from nodes where name = $1 and incarnation = $2 and fenced)
        """)
    private static let isOver = PostgresStatement(
        "select not exists(select from nodes where name = $1 and incarnation = $2 and not fenced)")

    // The role that has logged in may end its own connections; the roles that it takes may not.
    private static let leaveRole = PostgresStatement("select set_config('role', 'none', true)")
    private static let cutConnections = PostgresStatement(
        """
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and starts_with(application_name, $1 || ':')
        """)
}

extension PostgresError {
    /// A lock could not be had within `lock_timeout`.
    var isLockTimeout: Bool {
        if case .refused(let refusal) = self { refusal.state.code == "55P03" } else { false }
    }

    /// Two transactions waited for each other, and this one was ended.
    var isDeadlock: Bool {
        if case .refused(let refusal) = self { refusal.state.code == "40P01" } else { false }
    }
}
