import HoldpointCore
import HoldpointPorts

/// What is to be done for the outbox next.
enum OutboxTask: Sendable {
    /// An attempt at a delivery.
    case deliver(DueDelivery)
    /// More of a project's deliveries are due than were taken; there is room for them now.
    case refill(Scope)
}

/// The deliveries that wait for an attempt by this node, and those that are under way: one queue and one reader.
///
/// Of each project it holds so many; the others stay in the store until there is room. Projects take turns, and one
/// whose receiver fails has no more than one attempt under way until it takes something again.
actor OutboxQueue {
    private var orders: FairQueue<DeliveryID>
    /// All that wait or are under way.
    private var held: [DeliveryID: DueDelivery] = [:]
    private var waiting: [Scope: Int] = [:]
    /// Projects of which the store has more.
    private var unread: Set<Scope> = []
    private var refills: [Scope] = []
    /// Readings of the store under way, and what ended since the first of them began: they may still show it as due.
    private var readings = 0
    private var endedMeanwhile: Set<DeliveryID> = []
    private let capacity: Int
    private var alarm: Signal?
    private var isClosed = false
    /// Deliveries that receivers took.
    private(set) var delivered = 0
    /// Attempts that receivers did not take.
    private(set) var failures = 0
    /// How the outbox of this node's shards stood when it was looked at last.
    private(set) var status = OutboxStatus(pending: 0, failed: 0, oldestPending: nil)
    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(on executor: any Actor, configuration: EngineConfiguration) {
        self.executor = executor
        capacity = configuration.deliveriesWaiting
        orders = FairQueue(atOnce: configuration.deliveriesAtOnce, perProject: configuration.deliveriesPerProject)
    }

    /// Takes deliveries of one project, as many as there is room for; after `close` none.
    ///
    /// - Parameter hasMore: whether the store has more of them.
    func submit(_ deliveries: [DueDelivery], of scope: Scope, hasMore: Bool = false) async {
        guard !isClosed else { return }
        if hasMore { unread.insert(scope) }
        for delivery in deliveries where held[delivery.id] == nil && !endedMeanwhile.contains(delivery.id) {
            guard waiting[scope] ?? 0 < capacity else {
                unread.insert(scope)
                break
            }
            held[delivery.id] = delivery
            waiting[scope, default: 0] += 1
            orders.submit(delivery.id, of: scope)
        }
        await wake()
    }

    /// Waits until something may begin; nil once the queue is closed.
    func next() async -> OutboxTask? {
        while !isClosed {
            if let scope = refills.popLast() { return .refill(scope) }
            if let id = orders.next(), let delivery = held[id] {
                let scope = delivery.session.scope
                let left = (waiting[scope] ?? 1) - 1
                waiting[scope] = left == 0 ? nil : left
                return .deliver(delivery)
            }
            let bell = Signal(on: executor)
            alarm = bell
            await bell.wait()
        }
        return nil
    }

    /// Says that an attempt that `next` gave is over.
    ///
    /// - Parameter wasTaken: whether the receiver took it; nil if it was not asked.
    func finished(_ delivery: DueDelivery, wasTaken: Bool?) async {
        let scope = delivery.session.scope
        switch wasTaken {
        case true?: delivered += 1
        case false?: failures += 1
        case nil: break
        }
        if let wasTaken { orders.set(scope, isSlow: !wasTaken) }
        held[delivery.id] = nil
        if readings > 0 { endedMeanwhile.insert(delivery.id) }
        orders.finished(delivery.id, of: scope)
        if waiting[scope] ?? 0 <= capacity / 2, unread.remove(scope) != nil { refills.append(scope) }
        await wake()
    }

    /// Says that what is due is about to be read from the store; to be followed by `endReading`.
    func beginReading() { readings += 1 }

    /// Says that what was read has been submitted.
    func endReading() {
        readings -= 1
        if readings == 0 { endedMeanwhile = [] }
    }

    /// Takes note that a project's webhook was changed: its receiver may be another one.
    func reset(_ scope: Scope) async {
        orders.set(scope, isSlow: false)
        await wake()
    }

    /// Takes note of how the outbox stands.
    func note(_ status: OutboxStatus) { self.status = status }

    /// How many attempts are under way.
    var underWay: Int { orders.underWay }

    /// Lets nothing new begin, for ever.
    func close() async {
        isClosed = true
        await wake()
    }

    private func wake() async {
        guard let bell = alarm else { return }
        alarm = nil
        await bell.set()
    }
}
