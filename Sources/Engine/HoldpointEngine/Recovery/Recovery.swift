import HoldpointCore
import HoldpointPorts

/// After an unclean death: finds the session that may have caused it, without letting it cause another for all (I10).
///
/// Work that is due is done in groups whose members are written down first. `RecoveryPlan` says which.
struct Recovery: Sendable {
    let services: SessionServices
    let directory: SessionDirectory
    let router: HITLRouter
    let deadlines: DeadlineService

    /// Does the work that is due in all shards of a store that no other node shares, group by group.
    func run() async throws(JournalError) {
        let shards = await services.ownership.shards()
        try await run(
            due: try await dueSessions(in: shards),
            standing: try await services.ports.journal.standingGroups(among: shards), firstID: 1)
    }

    /// Does the work that is due in these shards, the groups of each apart: a shard may go to another node at any time.
    func run(oneByOne shards: [Shard]) async throws(JournalError) {
        let due = Dictionary(grouping: try await dueSessions(in: shards)) { $0.session.key.shard }
        let standing = Dictionary(grouping: try await services.ports.journal.standingGroups(among: shards)) {
            Shard(UInt8(clamping: $0.id >> Self.groupBits))
        }
        // What may have killed the owner before is loaded last.
        let order = shards.sorted { (standing[$0] == nil ? 0 : 1, $0) < (standing[$1] == nil ? 0 : 1, $1) }
        for shard in order where due[shard] != nil || standing[shard] != nil {
            try await run(
                due: due[shard] ?? [], standing: standing[shard] ?? [],
                firstID: Int64(shard.number) << Self.groupBits + 1)
        }
    }

    /// The low bits of a group's id that count the groups of one shard; the high ones are the shard's number.
    private static let groupBits: Int64 = 40

    private func run(due: [DueWork], standing: [RecoveryGroup], firstID: Int64) async throws(JournalError) {
        let journal = services.ports.journal
        let plan = RecoveryPlan(
            standing: standing.map { SuspectGroup(id: $0.id, deaths: $0.deaths, members: $0.members) },
            due: due.map(\.session), firstID: firstID, groupSize: services.configuration.recoveryGroup)
        let work = Dictionary(due.map { ($0.session.key, $0) }, uniquingKeysWith: { first, _ in first })
        for session in plan.quarantine { try await quarantine(session) }
        for suspicion in plan.suspicions { try await journal.writeDown(RecoveryGroup(suspicion)) }
        for id in plan.obsolete { try await journal.strikeOff(id) }
        for group in plan.groups {
            try await journal.writeDown(RecoveryGroup(group))
            let members = group.members.compactMap { work[$0.key] }
            for member in members where member.hasCommands {
                // Of a quarantined session only an operator's word is due; its other commands wait for that.
                let due = try await commands(of: member.session).filter { member.commands.contains($0.id) }
                await router.decide(due)
            }
            await deadlines.fire(members.filter(\.hasDeadline).map(\.session.reference))
            for id in plan.strikeOffs(after: group) { try await journal.strikeOff(id) }
        }
    }

    private struct DueWork {
        let session: SessionIdentity
        var commands: Set<StoredCommandID> = []
        var hasDeadline = false

        var hasCommands: Bool { !commands.isEmpty }
    }

    /// Sessions with stored commands, then those whose deadline is over; each once, in that order.
    private func dueSessions(in shards: [Shard]) async throws(JournalError) -> [DueWork] {
        var work: [DueWork] = []
        var places: [SessionKey: Int] = [:]
        func place(of session: SessionIdentity) -> Int {
            if let place = places[session.key] { return place }
            places[session.key] = work.count
            work.append(DueWork(session: session))
            return work.count - 1
        }
        var last: StoredCommandID?
        while true {
            let page = try await services.ports.journal.undecided(
                shards: shards, after: last, limit: services.configuration.sweepPage)
            for command in page { work[place(of: command.session)].commands.insert(command.id) }
            guard page.count == services.configuration.sweepPage else { break }
            last = page.last?.id
        }
        let now = services.ports.clock.now().adding(milliseconds: 1)
        var from = Timestamp(milliseconds: 0)
        var lastKey: SessionKey?
        while true {
            let page = try await services.ports.journal.deadlines(
                shards: shards, from: from, until: now, after: lastKey, limit: services.configuration.timerPage)
            for deadline in page { work[place(of: deadline.identity)].hasDeadline = true }
            guard page.count == services.configuration.timerPage, let end = page.last else { return work }
            from = end.wakeAt
            lastKey = end.identity.key
        }
    }

    /// The stored commands of one session, read only now: all of them at once could be more than memory holds.
    private func commands(of session: SessionIdentity) async throws(JournalError) -> [StoredCommand] {
        try await services.ports.journal.undecided(
            of: session.key, in: session.scope, limit: services.configuration.sweepPage)
    }

    /// Marks a session; of one that was to be started only, the commands are given up instead.
    private func quarantine(_ session: SessionIdentity) async throws(JournalError) {
        guard let fence = await services.ownership.fence(for: session.key.shard) else { return }
        let journal = services.ports.journal
        let reason = "the process died twice while this session alone was under work"
        do {
            try await journal.setQuarantine(reason, of: session.key, in: session.scope, fence: fence)
        } catch .refused {
            for command in try await commands(of: session) {
                _ = try await journal.decide(
                    DecidedCommand(id: command.id, outcome: .dead(reason)), in: session.scope)
            }
        }
        await services.counters.countQuarantine()
    }
}

extension RecoveryGroup {
    init(_ group: SuspectGroup) {
        self.init(id: group.id, deaths: group.deaths, members: group.members)
    }
}
