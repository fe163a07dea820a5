package import HoldpointCore

/// Orders of many projects, of which so many may be under way in all and of one project; projects take turns.
///
/// An order that comes again while it waits is the same order; one that comes again while it is under way is done once
/// more afterwards. What waits is bounded by what gives orders: a session has at most `WorkflowLimits.openEffects`.
package struct FairQueue<Order: Hashable & Sendable> {
    private enum Standing {
        /// Can become `underWay`.
        case waiting
        /// Can become `wantedAgain`, or end.
        case underWay
        /// Becomes `waiting` when it ends.
        case wantedAgain
    }

    private struct Project {
        var waiting = FirstInFirstOut<Order>()
        var underWay = 0
        /// Whether it stands in the row of those who may begin something.
        var isInRow = false
    }

    /// How many orders may be under way.
    package let atOnce: Int
    /// How many of them may be of one project.
    package let perProject: Int
    /// How many orders are under way.
    package private(set) var underWay = 0
    private var standings: [Order: Standing] = [:]
    private var projects: [Scope: Project] = [:]
    private var row = FirstInFirstOut<Scope>()
    /// Projects of which a single order may be under way.
    private var slow: Set<Scope> = []

    /// Makes an empty queue.
    package init(atOnce: Int, perProject: Int) {
        self.atOnce = atOnce
        self.perProject = perProject
    }

    /// How many orders wait.
    package var waiting: Int { projects.values.reduce(0) { $0 + $1.waiting.count } }

    /// Takes an order.
    package mutating func submit(_ order: Order, of scope: Scope) {
        switch standings[order] {
        case .waiting, .wantedAgain: break
        case .underWay: standings[order] = .wantedAgain
        case nil:
            standings[order] = .waiting
            projects[scope, default: Project()].waiting.append(order)
            lineUp(scope)
        }
    }

    /// The next order to begin, which is under way from then on; nil if none may begin.
    package mutating func next() -> Order? {
        while underWay < atOnce, let scope = row.popFirst() {
            projects[scope]?.isInRow = false
            // It may have become slow since it lined up.
            guard projects[scope]?.underWay ?? 0 < limit(of: scope),
                let order = projects[scope]?.waiting.popFirst()
            else { continue }
            standings[order] = .underWay
            underWay += 1
            projects[scope]?.underWay += 1
            lineUp(scope)
            return order
        }
        return nil
    }

    /// Says whether one order of a project holds up its others, so that a single one may be under way.
    package mutating func set(_ scope: Scope, isSlow: Bool) {
        if isSlow {
            slow.insert(scope)
        } else if slow.remove(scope) != nil {
            lineUp(scope)
        }
    }

    private func limit(of scope: Scope) -> Int { slow.contains(scope) ? 1 : perProject }

    /// Says that an order is not under way any more.
    package mutating func finished(_ order: Order, of scope: Scope) {
        guard let standing = standings[order], standing != .waiting else { return }
        standings[order] = nil
        underWay -= 1
        projects[scope]?.underWay -= 1
        if standing == .wantedAgain { return submit(order, of: scope) }
        if let project = projects[scope], project.underWay == 0, project.waiting.count == 0 {
            projects[scope] = nil
        } else {
            lineUp(scope)
        }
    }

    /// Puts a project at the end of the row, if it has something that it may begin.
    private mutating func lineUp(_ scope: Scope) {
        guard let project = projects[scope], !project.isInRow, project.waiting.count > 0,
            project.underWay < limit(of: scope)
        else { return }
        projects[scope]?.isInRow = true
        row.append(scope)
    }
}
