import HoldpointCore
import Testing

@Suite struct RecoveryPlanTests {
    /// 3 + log2(200), rounded down: the deaths that one bad session among 200 may cost.
    private static let deathsAllowed = 10

    @Test(arguments: [0, 1, 63, 64, 100, 127, 128, 191, 199])
    func `I10: one trapping session among 200 is quarantined, alone, in few deaths`(place: Int) throws {
        var store = RecoveryStore(sessions: 200)
        store.trapping = [store.sessions[place]]
        let lived = store.runUntilAlive(limit: 60)
        let deaths = try #require(lived)
        #expect(store.quarantined == [store.sessions[place]])
        #expect(deaths <= Self.deathsAllowed)
        #expect(store.due.isEmpty)
        #expect(store.standing.isEmpty)
    }

    @Test(arguments: 0..<40) func `I10: two trapping sessions are found, and nobody else is blamed`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var store = RecoveryStore(sessions: 200)
        store.trapping = Set(store.sessions.shuffled(using: &random).prefix(2))
        let lived = store.runUntilAlive(limit: 60)
        let deaths = try #require(lived)
        #expect(store.quarantined == store.trapping)
        #expect(deaths <= 2 * Self.deathsAllowed)
        #expect(store.due.isEmpty)
    }

    @Test func `I10: healthy sessions outside the suspects' groups are served in the first life after the death`() {
        var store = RecoveryStore(sessions: 200)
        let bad = store.sessions[10]
        store.trapping = [bad]
        store.dieOutside()
        store.live()
        store.live()
        #expect(store.due.count <= RecoveryPlan.standardGroupSize)
        #expect(store.due.contains(bad))
    }

    @Test(arguments: 0..<120) func `I10: being killed twice from outside quarantines nobody`(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var store = RecoveryStore(sessions: 200)
        store.dieOutside()
        for _ in 0..<2 { store.live(killedBeforeStep: random.below(800)) }
        store.live()
        // Fresh groups here have more than one member, so no group of one can have stood twice in two deaths.
        #expect(store.quarantined.isEmpty)
        #expect(store.due.isEmpty)
        #expect(store.standing.isEmpty)
    }

    @Test(arguments: 0..<100)
    func `I10: whatever kills it however often, only who stood alone at two deaths is quarantined`(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var store = RecoveryStore(sessions: 1 + random.below(40))
        store.groupSize = 1 + random.below(8)
        if random.oneIn(2) { store.trapping = [store.sessions[random.below(store.sessions.count)]] }
        store.dieOutside()
        for _ in 0..<random.below(12) { store.live(killedBeforeStep: random.below(60)) }
        let deaths = store.runUntilAlive(limit: 60)
        #expect(deaths != nil)
        #expect(store.quarantined.allSatisfy { store.deathsAlone[$0, default: 0] >= 2 })
        #expect(store.quarantined.isSuperset(of: store.trapping))
        #expect(store.due.isEmpty)
    }

    @Test func `I10: a death outside a suspect's own mark does not count against it`() {
        let sessions = RecoveryStore.makeSessions(3)
        let suspicion = SuspectGroup(id: 1, deaths: 2, members: [sessions[0]])
        let mark = SuspectGroup(id: 2, deaths: 0, members: [sessions[1], sessions[2]])
        let plan = RecoveryPlan(standing: [mark, suspicion], due: sessions, firstID: 3)
        #expect(plan.quarantine.isEmpty)
        #expect(plan.suspicions.map(\.members) == [[sessions[0]], [sessions[1]], [sessions[2]]])
        #expect(plan.suspicions.map(\.deaths) == [2, 1, 1])
    }

    @Test func `I10: the second death alone under a mark quarantines, the first does not`() {
        let session = RecoveryStore.makeSessions(1)
        let first = RecoveryPlan(
            standing: [SuspectGroup(id: 1, deaths: 0, members: session)], due: session, firstID: 2)
        #expect(first.quarantine.isEmpty)
        #expect(first.suspicions.map(\.deaths) == [2])
        let second = RecoveryPlan(standing: first.suspicions + first.groups, due: session, firstID: 9)
        #expect(second.quarantine == session)
        #expect(second.groups.isEmpty)
        #expect(second.obsolete == [2, 3])
    }

    @Test func `I10: a mark of which nobody knows whether somebody died under it accuses nobody any further`() {
        let sessions = RecoveryStore.makeSessions(4)
        let standing = [
            SuspectGroup(id: 1, deaths: 2, members: [sessions[0]]),
            SuspectGroup(id: 2, deaths: 0, members: [sessions[0]]),
            SuspectGroup(id: 3, deaths: 0, members: [sessions[1], sessions[2]]),
            SuspectGroup(id: 4, deaths: 0, members: [sessions[3]]),
        ]
        let doubtful = RecoveryPlan(standing: standing, doubted: [2, 3, 4], due: sessions, firstID: 5)
        #expect(doubtful.quarantine.isEmpty)
        #expect(doubtful.suspicions.map(\.members) == [[sessions[0]], [sessions[1], sessions[2]], [sessions[3]]])
        #expect(doubtful.suspicions.map(\.deaths) == [2, 1, 1])
        // Of the next death under the same marks everybody knows.
        let certain = RecoveryPlan(standing: doubtful.suspicions + doubtful.groups, due: sessions, firstID: 20)
        #expect(certain.quarantine == [sessions[0]])
        #expect(certain.suspicions.map(\.members) == [[sessions[1]], [sessions[2]], [sessions[3]]])
    }

    @Test func `a session whose work is no longer due is neither loaded nor blamed`() {
        let sessions = RecoveryStore.makeSessions(2)
        let standing = [
            SuspectGroup(id: 1, deaths: 2, members: [sessions[0]]),
            SuspectGroup(id: 2, deaths: 0, members: [sessions[0]]),
        ]
        let plan = RecoveryPlan(standing: standing, due: [sessions[1]], firstID: 3)
        #expect(plan.quarantine.isEmpty)
        #expect(plan.suspicions.isEmpty)
        #expect(plan.obsolete == [1, 2])
        #expect(plan.groups.map(\.members) == [[sessions[1]]])
    }

    @Test func `fresh groups keep the order of urgency and the limit, and never hold a suspect`() {
        let sessions = RecoveryStore.makeSessions(150)
        let mark = SuspectGroup(id: 7, deaths: 0, members: Array(sessions[20..<25]))
        let plan = RecoveryPlan(standing: [mark], due: sessions, firstID: 1)
        #expect(plan.groups.map(\.members.count) == [64, 64, 17, 3, 2])
        #expect(plan.groups.prefix(3).flatMap(\.members) == Array(sessions[..<20] + sessions[25...]))
        #expect(plan.groups.suffix(2).flatMap(\.members) == mark.members)
        // Raised above the row that stands, and then dense.
        #expect((plan.suspicions + plan.groups).map(\.id) == Array(8...14))
        #expect(plan.strikeOffs(after: plan.groups[4]) == [14, 9])
        #expect(plan.strikeOffs(after: plan.groups[0]) == [10])
        #expect(plan == RecoveryPlan(standing: [mark], due: sessions, firstID: 1))
    }

    @Test func `nothing due is nothing to load`() {
        let plan = RecoveryPlan(standing: [], due: [], firstID: 1)
        #expect(plan.groups.isEmpty && plan.suspicions.isEmpty && plan.obsolete.isEmpty && plan.quarantine.isEmpty)
    }
}
