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
        var known = KnownMarks()
        do {
            try await run(
                due: try await dueSessions(in: shards),
                standing: try await services.ports.journal.standingGroups(among: shards), firstID: 1, known: &known)
        } catch {
            // The store was away, and this life ends in order: nobody died under its mark.
            for mark in known.own { try? await services.ports.journal.strikeOff(mark) }
            throw error
        }
    }

    /// Does the work that is due in these shards, the groups of each apart: a shard may go to another node at any time.
    ///
    /// Returns when nothing is left to do in those that are still this node's, however often the store is away.
    ///
    /// - Parameters:
    ///   - isDoubtful: whether the owners before may live, and only have been cut off from the store as this node was.
    ///   - known: what this node knows of the marks in these shards.
    ///   - whenDone: takes shards in which nothing is left to do, as soon as that is so: the sessions of one need not
    ///     wait for the work in others.
    ///   - whenFailed: is told after each pass why work is left, in words for an operator.
    /// - Throws: `fenced` when the lease is over.
    func run(
        oneByOne shards: [Shard], isDoubtful: Bool, known: inout KnownMarks,
        whenDone: (_ shards: [Shard]) async -> Void, whenFailed: (_ reason: String) -> Void
    ) async throws(JournalError) {
        let clock = services.ports.clock
        var pass = Pass(isDoubtful: isDoubtful, known: known)
        defer { known = pass.known }
        for shard in shards {
            if let fence = await services.ownership.fence(for: shard) { pass.left.append(fence) }
        }
        while services.tenure.isValid {
            await goThrough(&pass, whenDone)
            guard services.tenure.isValid else { break }
            if pass.left.isEmpty { return }
            whenFailed("due work in shards of a dead node cannot be done yet: \(pass.failure)")
            await clock.sleep(until: clock.now().adding(milliseconds: services.configuration.timerRetryMilliseconds))
        }
        throw .fenced
    }

    /// How far one node has come with the shards that it took over.
    private struct Pass {
        /// Those in which there may be work left.
        var left: [Fence] = []
        let isDoubtful: Bool
        var known: KnownMarks
        /// What went wrong the last time.
        var failure = "the store is away"
    }

    /// Goes through the shards that are left once, and leaves those for the next time that could not be done.
    private func goThrough(_ pass: inout Pass, _ whenDone: (_ shards: [Shard]) async -> Void) async {
        let shards = pass.left.map(\.shard)
        let due: [DueWork]
        let standing: [Shard: [RecoveryGroup]]
        do {
            due = try await dueSessions(in: shards)
            standing = try await groups(among: shards, &pass)
        } catch {
            pass.failure = "\(error)"
            return
        }
        let work = Dictionary(grouping: due) { $0.session.key.shard }
        // What may have killed the owner before is loaded last.
        let order = pass.left.sorted {
            (standing[$0.shard] == nil ? 0 : 1, $0.shard) < (standing[$1.shard] == nil ? 0 : 1, $1.shard)
        }
        pass.left = []
        await whenDone(order.map(\.shard).filter { work[$0] == nil && standing[$0] == nil })
        for fence in order where work[fence.shard] != nil || standing[fence.shard] != nil {
            do {
                try await run(
                    due: work[fence.shard] ?? [], standing: standing[fence.shard] ?? [], isDoubtful: pass.isDoubtful,
                    firstID: Self.firstID(under: fence), under: fence, known: &pass.known)
                await whenDone([fence.shard])
            } catch {
                pass.failure = "\(error)"
                if await isHeld(fence) { pass.left.append(fence) }
            }
        }
    }

    /// The groups that stand in shards, without marks of this life that the store was away to strike off: they accuse
    /// nobody.
    private func groups(
        among shards: [Shard], _ pass: inout Pass
    ) async throws(JournalError) -> [Shard: [RecoveryGroup]] {
        let standing = try await services.ports.journal.standingGroups(among: shards)
        for group in standing where pass.known.own.contains(group.id) {
            try await services.ports.journal.strikeOff(group.id)
        }
        let others = standing.filter { !pass.known.own.contains($0.id) }
        pass.known.forget(all: Set(shards), except: Set(others.map(\.id)))
        if !pass.isDoubtful { pass.known.certain.formUnion(others.map(\.id)) }
        return Dictionary(grouping: others) { KnownMarks.shard(of: $0.id) }
    }

    private func isHeld(_ fence: Fence) async -> Bool {
        await services.ownership.fence(for: fence.shard)?.epoch == fence.epoch
    }

    /// The first id of a group under a fence: no other node, and no other time of this one, gives out the same.
    private static func firstID(under fence: Fence) -> Int64 {
        let epoch = fence.epoch & (1 << KnownMarks.epochBits - 1)
        return (Int64(fence.shard.number) << KnownMarks.epochBits | epoch) << KnownMarks.countBits + 1
    }

    /// - Parameter fence: the right to the shard that all of it is in; nil where no other node could have it.
    private func run(
        due: [DueWork], standing: [RecoveryGroup], isDoubtful: Bool = false, firstID: Int64, under fence: Fence? = nil,
        known: inout KnownMarks
    ) async throws(JournalError) {
        let journal = services.ports.journal
        let plan = RecoveryPlan(
            standing: standing.map { SuspectGroup(id: $0.id, deaths: $0.deaths, members: $0.members) },
            doubted: isDoubtful ? Set(standing.map(\.id)).subtracting(known.certain) : [], due: due.map(\.session),
            firstID: firstID, groupSize: services.configuration.recoveryGroup)
        let work = Dictionary(due.map { ($0.session.key, $0) }, uniquingKeysWith: { first, _ in first })
        for session in plan.quarantine { try await quarantine(session) }
        for suspicion in plan.suspicions { try await journal.writeDown(RecoveryGroup(suspicion)) }
        for id in plan.obsolete { try await journal.strikeOff(id) }
        for group in plan.groups {
            if let fence { guard await isHeld(fence) else { throw .fenced } }
            known.own.insert(group.id)
            try await journal.writeDown(RecoveryGroup(group))
            try await doWork(of: group.members.compactMap { work[$0.key] })
            if let fence {
                guard await isHeld(fence) else {
                    // Nobody died under this mark. What is suspected of them is for the shard's next owner to know.
                    try await journal.strikeOff(group.id)
                    throw .fenced
                }
            }
            for id in plan.strikeOffs(after: group) { try await journal.strikeOff(id) }
            known.own.remove(group.id)
        }
    }

    /// Does the work of a group's members side by side: they are suspected together anyway.
    private func doWork(of members: [DueWork]) async throws(JournalError) {
        var failure: JournalError?
        await withTaskGroup(of: JournalError?.self) { group in
            for (index, member) in members.filter(\.hasCommands).enumerated() {
                if index >= services.configuration.routedAtOnce, let problem = await group.next() ?? nil {
                    failure = problem
                }
                group.addTask { await self.decideCommands(of: member) }
            }
            for await problem in group { failure = problem ?? failure }
        }
        if let failure { throw failure }
        await deadlines.fire(members.filter(\.hasDeadline).map(\.session.reference))
    }

    /// Decides what is due of one session; returns why that could not be read.
    private func decideCommands(of member: DueWork) async -> JournalError? {
        do {
            // Of a quarantined session only an operator's word is due; its other commands wait for that.
            let due = try await commands(of: member.session).filter { member.commands.contains($0.id) }
            await router.decide(due)
            return nil
        } catch {
            return error
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
        let reason = "the process died twice while this session alone was under work"
        do {
            try await services.setQuarantine(reason, of: session.key, in: session.scope)
        } catch .refused {
            for command in try await commands(of: session) {
                try await router.giveUp(command, for: reason, isSuspect: true)
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
