/// What a process does with the sessions that have work due, after an earlier one died without warning (I10).
///
/// A trap cannot be caught, so the session at fault is found by halving. The engine follows the plan in this order,
/// each step committed before the next: mark `quarantine`; write down `suspicions`; strike off `obsolete`; then for
/// each of `groups`, one at a time: write it down, load its members and commit their due work, strike off
/// `strikeOffs(after:)`. Dying between any two of these steps costs nothing but time.
///
/// Fresh groups come first and suspects last, those accused by the latest death at the very end: the sessions that are
/// most likely healthy are served, and no longer due, before the process risks its life again.
package struct RecoveryPlan: Sendable, Equatable {
    /// The members of a fresh group, unless configured otherwise.
    package static let standardGroupSize = 64
    /// Deaths under a mark of its own at which a session is quarantined.
    package static let deathsToQuarantine: Int64 = 2

    /// Sessions that were alone under a mark for the second time when a process died.
    package private(set) var quarantine: [SessionIdentity] = []
    /// What is to be remembered of suspects, before anything is loaded.
    package private(set) var suspicions: [SuspectGroup] = []
    /// Rows of earlier lives, all of them replaced by `suspicions`.
    package let obsolete: [Int64]
    /// The marks under which sessions are loaded, in order; suspects and others are never in one group.
    package private(set) var groups: [SuspectGroup] = []

    /// Decides; equal arguments give an equal plan.
    ///
    /// - Parameters:
    ///   - standing: The rows that stand from earlier lives, in any order.
    ///   - doubted: The ids of marks of which nobody knows whether the process died that wrote them, or was only cut
    ///     off from the store as this one was: their sessions are suspected as before, and no more.
    ///   - due: The sessions with work due, the most urgent first; rows about any others are dropped.
    ///   - firstID: The first of the ids that the plan may give out; raised above those that stand.
    ///   - groupSize: The most members of a fresh group; at least 1.
    package init(
        standing: [SuspectGroup], doubted: Set<Int64> = [], due: [SessionIdentity], firstID: Int64,
        groupSize: Int = Self.standardGroupSize
    ) {
        let rows = standing.sorted { $0.id < $1.id }
        obsolete = rows.map(\.id)
        var unclaimed = Set(due)
        var accused: [SuspectGroup] = []
        for mark in rows where mark.isMark {
            let members = mark.members.filter { unclaimed.remove($0) != nil }
            if doubted.contains(mark.id) {
                let earlier = members == mark.members ? Self.deaths(of: members, in: rows) : 0
                if !members.isEmpty { accused.append(SuspectGroup(id: 0, deaths: max(earlier, 1), members: members)) }
                continue
            }
            guard mark.members.count > 1, let first = members.first else {
                // Alone, then and now: the only case in which a session itself is known to have been under work.
                if let member = members.first { judge(member, by: rows, into: &accused) }
                continue
            }
            let half = (members.count + 1) / 2
            let halves = members.count == 1 ? [[first]] : [Array(members[..<half]), Array(members[half...])]
            accused += halves.map { SuspectGroup(id: 0, deaths: 1, members: $0) }
        }
        var resting: [SuspectGroup] = []
        // The latest suspicion of a session is the narrowest.
        for suspicion in rows.reversed() where !suspicion.isMark {
            let members = suspicion.members.filter { unclaimed.remove($0) != nil }
            if !members.isEmpty { resting.append(SuspectGroup(id: 0, deaths: suspicion.deaths, members: members)) }
        }
        let innocent = due.filter { unclaimed.remove($0) != nil }
        var nextID = max(firstID, (rows.last?.id ?? 0) + 1)
        number(resting.reversed() + accused, innocent: innocent, groupSize: max(groupSize, 1), from: &nextID)
    }

    /// What to strike off once a group's due work is committed: its mark, and the suspicion if there was one.
    package func strikeOffs(after group: SuspectGroup) -> [Int64] {
        [group.id] + suspicions.lazy.filter { $0.members == group.members }.map(\.id)
    }

    /// What the rows say of exactly these sessions; 0 if nothing.
    private static func deaths(of members: [SessionIdentity], in rows: [SuspectGroup]) -> Int64 {
        rows.lazy.filter { $0.members == members }.map(\.deaths).max() ?? 0
    }

    private mutating func judge(
        _ member: SessionIdentity, by rows: [SuspectGroup], into accused: inout [SuspectGroup]
    ) {
        let earlier = max(Self.deaths(of: [member], in: rows) - 1, 0)
        if earlier + 1 >= Self.deathsToQuarantine {
            quarantine.append(member)
        } else {
            accused.append(SuspectGroup(id: 0, deaths: earlier + 2, members: [member]))
        }
    }

    private mutating func number(
        _ suspects: [SuspectGroup], innocent: [SessionIdentity], groupSize: Int, from nextID: inout Int64
    ) {
        func id() -> Int64 {
            defer { nextID += 1 }
            return nextID
        }
        suspicions = suspects.map { SuspectGroup(id: id(), deaths: $0.deaths, members: $0.members) }
        groups = stride(from: 0, to: innocent.count, by: groupSize).map { start in
            let members = Array(innocent[start..<min(start + groupSize, innocent.count)])
            return SuspectGroup(id: id(), deaths: 0, members: members)
        }
        groups += suspects.map { SuspectGroup(id: id(), deaths: 0, members: $0.members) }
    }
}
