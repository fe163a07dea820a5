import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import LocalStreams
import Testing

@Suite("Streams within one process", .timeLimit(.minutes(1)))
struct LocalStreamsTests {
    @Test(arguments: StreamBusConformance.cases)
    func `the streams keep the promise`(promise: ConformanceCase<any StreamBus>) async throws {
        try await promise.run(LocalStreams())
    }

    @Test func `doorbells beyond the capacity merge by session and keep the highest head`() async throws {
        let streams = LocalStreams()
        let busy = try identity(1)
        for head in 1...Int64(LocalStreams.doorbellCapacity + 500) {
            streams.ring(Doorbell(session: busy, head: head, events: [], isOnFeed: head.isMultiple(of: 2)))
        }
        let doorbells = await streams.nextDoorbells()
        #expect(doorbells.count == LocalStreams.doorbellCapacity + 1)
        #expect(doorbells.last?.head == Int64(LocalStreams.doorbellCapacity + 500))
        #expect(doorbells.last?.isOnFeed == true)
    }

    @Test func `sessions beyond the capacity of merged doorbells are left to the comparison of heads`() async throws {
        let streams = LocalStreams()
        let first = try identity(0)
        for _ in 0..<LocalStreams.doorbellCapacity {
            streams.ring(Doorbell(session: first, head: 1, events: [], isOnFeed: false))
        }
        for number in 1...LocalStreams.mergedCapacity + 10 {
            streams.ring(Doorbell(session: try identity(number), head: 1, events: [], isOnFeed: false))
        }
        let doorbells = await streams.nextDoorbells()
        #expect(doorbells.count == LocalStreams.doorbellCapacity + LocalStreams.mergedCapacity)
    }

    @Test func `deliveries beyond the capacity are left to the sweep`() async throws {
        let streams = LocalStreams()
        let session = try identity(1)
        for number in 0..<UInt64(LocalStreams.deliveryCapacity + 10) {
            let id = StoredCommandID(Identifier128(high: 0, low: number))
            streams.deliver(CommandDelivery(command: id, session: session, isAnswer: true))
        }
        #expect(await streams.nextDeliveries().count == LocalStreams.deliveryCapacity)
    }

    private func identity(_ number: Int) throws -> SessionIdentity {
        SessionIdentity(
            scope: Scope(tenant: try TenantName("t"), project: try ProjectName("p")),
            key: SessionKey(Identifier128(high: 1, low: UInt64(number))), id: try SessionID("s\(number)"))
    }
}
