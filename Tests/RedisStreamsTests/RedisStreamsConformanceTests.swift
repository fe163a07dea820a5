import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import RedisStreams
import Testing

@Suite("Streams through Redis", .serialized, .timeLimit(.minutes(1)))
struct RedisStreamsConformanceTests {
    @Test(arguments: StreamBusConformance.cases)
    func `one node keeps the promise of the streams`(promise: ConformanceCase<any StreamBus>) async throws {
        try await StreamsScene.run { scene in
            let node = try await scene.node("one")
            node.serve(Shard.all)
            try await promise.run(node)
        }
    }

    @Test(arguments: StreamBusConformance.cases)
    func `two nodes keep the promise of the streams`(promise: ConformanceCase<any StreamBus>) async throws {
        try await StreamsScene.run { scene in
            let (sender, receiver) = (try await scene.node("one"), try await scene.node("two"))
            // In this order: who serves a session's shard does not listen to others for it.
            await receiver.watchAndWait(.session(try StreamsScene.session(1)))
            receiver.serve([Shard(7)])
            try await promise.run(PairedStreams(sender: sender, receiver: receiver))
        }
    }
}
