import HoldpointCore

/// What outlives a process, and lives that follow the plan step by step and may die before any step.
struct RecoveryStore {
    let sessions: [SessionIdentity]
    private(set) var due: [SessionIdentity]
    private(set) var standing: [SuspectGroup] = []
    private(set) var quarantined: Set<SessionIdentity> = []
    /// Deaths at which the session stood alone under a mark, counted here and not by the plan.
    private(set) var deathsAlone: [SessionIdentity: Int] = [:]
    /// Loading one of these brings the process down.
    var trapping: Set<SessionIdentity> = []
    var groupSize = RecoveryPlan.standardGroupSize
    private var nextID: Int64 = 1
    private var hasDied = false

    init(sessions count: Int) {
        sessions = Self.makeSessions(count)
        due = sessions
    }

    static func makeSessions(_ count: Int) -> [SessionIdentity] {
        (0..<count).compactMap { number in
            guard let tenant = try? TenantName("t"), let project = try? ProjectName("p"),
                let id = try? SessionID("s-\(number)")
            else { return nil }
            let key = SessionKey(Identifier128(high: 7, low: UInt64(number)))
            return SessionIdentity(scope: Scope(tenant: tenant, project: project), key: key, id: id)
        }
    }

    /// Lives until one survives; the deaths it took, the first one in ordinary work included, or nil.
    mutating func runUntilAlive(limit: Int) -> Int? {
        if !hasDied { dieOutside() }
        for deaths in 1...limit where live() { return deaths }
        return nil
    }

    /// The first death, in ordinary work, which leaves no marks.
    mutating func dieOutside() { hasDied = true }

    /// One life; false if it died.
    ///
    /// Without a limit only a trapping session ends it.
    @discardableResult
    mutating func live(killedBeforeStep limit: Int = .max) -> Bool {
        var steps = 0
        func isKilled() -> Bool {
            steps += 1
            return steps > limit
        }
        let plan = RecoveryPlan(standing: standing, due: due, firstID: nextID, groupSize: groupSize)
        nextID += Int64(plan.suspicions.count + plan.groups.count)
        for session in plan.quarantine {
            if isKilled() { return die() }
            quarantined.insert(session)
            due.removeAll { $0 == session }
        }
        for row in plan.suspicions {
            if isKilled() { return die() }
            standing.append(row)
        }
        for id in plan.obsolete {
            if isKilled() { return die() }
            standing.removeAll { $0.id == id }
        }
        for group in plan.groups {
            if isKilled() { return die() }
            standing.append(group)
            for member in group.members {
                if isKilled() || trapping.contains(member) { return die() }
                due.removeAll { $0 == member }
            }
            for id in plan.strikeOffs(after: group) {
                if isKilled() { return die() }
                standing.removeAll { $0.id == id }
            }
        }
        return true
    }

    private mutating func die() -> Bool {
        for row in standing where row.isMark && row.members.count == 1 {
            deathsAlone[row.members[0], default: 0] += 1
        }
        return false
    }
}
