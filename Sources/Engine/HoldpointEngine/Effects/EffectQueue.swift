import HoldpointCore
import HoldpointPorts

/// The effects that sessions want done, and those that are under way: one queue and one reader.
actor EffectQueue {
    private var calls: FairQueue<EffectOrder>
    private var continuations: FairQueue<EffectOrder>
    private var alarm: Signal?
    private var isClosed = false
    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(on executor: any Actor, configuration: EngineConfiguration) {
        self.executor = executor
        calls = FairQueue(atOnce: configuration.callsAtOnce, perProject: configuration.callsPerProject)
        continuations = FairQueue(atOnce: configuration.routedAtOnce, perProject: configuration.routedAtOnce)
    }

    /// Takes an order; after `close` none is taken, and the log says what is open.
    func submit(_ order: EffectOrder) async {
        guard !isClosed else { return }
        switch order {
        case .call: calls.submit(order, of: order.project)
        case .goOn: continuations.submit(order, of: order.project)
        }
        await wake()
    }

    /// Waits until an order may begin, and marks it as under way; nil once the queue is closed.
    func next() async -> EffectOrder? {
        while !isClosed {
            if let order = continuations.next() ?? calls.next() { return order }
            let bell = Signal(on: executor)
            alarm = bell
            await bell.wait()
        }
        return nil
    }

    /// Says that an order that `next` gave is done with.
    func finished(_ order: EffectOrder) async {
        switch order {
        case .call: calls.finished(order, of: order.project)
        case .goOn: continuations.finished(order, of: order.project)
        }
        await wake()
    }

    /// How many calls are under way.
    var callsUnderWay: Int { calls.underWay }

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
