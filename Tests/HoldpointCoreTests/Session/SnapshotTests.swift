import HoldpointCore
import JSON
import Testing

@Suite struct SnapshotTests {
    private func decode(
        _ bytes: [UInt8], version: Int64 = SnapshotCodec.version, id: String = "order-7"
    ) throws -> SessionState {
        try SnapshotCodec.decode(bytes, version: version, identity: try Sample.identity(id))
    }

    @Test func `a snapshot of another version, of another session or damaged is an error`() throws {
        let bytes = SnapshotCodec.encode(try GoldenHistory.waiting().state)
        #expect(try decode(bytes).status == .waiting)
        #expect(throws: MalformedRecord.self) { try decode(bytes, version: SnapshotCodec.version + 1) }
        #expect(throws: MalformedRecord.self) { try decode(bytes, id: "order-8") }
        #expect(throws: MalformedRecord.self) { try decode(Array(bytes.dropLast())) }
        #expect(throws: MalformedRecord.self) { try decode([]) }
        let extended = Sample.merge(try JSONParser.parse(bytes), ["surprise": 1])
        var writer = JSONWriter()
        writer.value(extended)
        #expect(throws: MalformedRecord.self) { try decode(writer.bytes) }
    }

    @Test(arguments: ["held_bytes", "seq"], [Int64.max, 1 << 53, -1])
    func `a snapshot with a number that nothing can be counted on from is an error`(
        member: String, number: Int64
    ) throws {
        let value = try JSONParser.parse(SnapshotCodec.encode(try GoldenHistory.waiting().state))
        let open = try #require(value["open"]?.arrayValue?.first)
        let wrong: JSONValue = .object(JSONObject([(member, .number(JSONNumber(number)))]))
        for damaged in [Sample.merge(value, wrong), Sample.merge(value, ["open": [Sample.merge(open, wrong)]])] {
            var writer = JSONWriter()
            writer.value(damaged)
            #expect(throws: MalformedRecord.self) { try decode(writer.bytes) }
        }
    }

    @Test func `a state before its first event has a snapshot, too`() throws {
        let state = try LiveSession().state
        #expect(try decode(SnapshotCodec.encode(state)) == state)
    }

    @Test func `a pause takes a snapshot unless one came shortly before`() throws {
        let policy = SnapshotPolicy()
        let waiting = try GoldenHistory.waiting().state
        #expect(waiting.sequence == 4)
        #expect(policy.isDue(waiting, after: 3, since: 0, bytes: 100))
        #expect(!policy.isDue(waiting, after: 3, since: 1, bytes: 100))
        #expect(policy.isDue(waiting, after: 3, since: 1, bytes: 16_384))
        #expect(!policy.isDue(try LiveSession.started().state, after: 0, since: 0, bytes: 100))
    }

    @Test func `a session that begins with a pause takes none while its one commit is small`() throws {
        var policy = SnapshotPolicy()
        let waiting = try GoldenHistory.waiting().state
        #expect(!policy.isDue(waiting, after: 0, since: 0, bytes: 16_383))
        #expect(policy.isDue(waiting, after: 0, since: 0, bytes: 16_384))
        policy.pauseEvents = 4
        #expect(policy.isDue(waiting, after: 0, since: 0, bytes: 100))
    }

    @Test func `a session that never pauses takes a snapshot every 64 events`() throws {
        var session = try LiveSession.started()
        let policy = SnapshotPolicy()
        for _ in 0..<62 { try session.accept(ReceiveMessage(content: 1, principal: Sample.alice)) }
        #expect(session.state.sequence == 63)
        #expect(!policy.isDue(session.state, after: session.state.sequence - 1, since: 0, bytes: 100))
        try session.accept(ReceiveMessage(content: 1, principal: Sample.alice))
        #expect(policy.isDue(session.state, after: session.state.sequence - 1, since: 0, bytes: 100))
    }
}
