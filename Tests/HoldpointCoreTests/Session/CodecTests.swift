import HoldpointCore
import JSON
import Testing

@Suite struct CodecTests {
    @Test func `every event reads back as itself`() throws {
        for entry in try GoldenHistory.events() {
            let event = try decoded(entry)
            #expect(event.data(session: try SessionID("order-7")) == entry.data)
        }
    }

    @Test func `an event of an unknown type is nil, not an error`() throws {
        #expect(try EventRegistry.event(named: "session_upgraded", data: Array("{}".utf8)) == nil)
        #expect(EventRegistry.type(named: "session_upgraded") == nil)
        #expect(EventRegistry.type(named: "hitl_requested") != nil)
    }

    @Test func `types are registered once, and ends and feed are as documented`() {
        let names = GoldenHistory.typeNames
        #expect(Set(names).count == names.count)
        let ending = EventRegistry.types.filter { $0.endsSession }.map { $0.type.text }
        #expect(Set(ending) == ["session_completed", "session_failed", "session_cancelled", "session_continued"])
        let onFeed = EventRegistry.types.filter { $0.isOnFeed }.map { $0.type.text }
        let belongs = { (name: String) in
            name.hasPrefix("hitl_") || name.hasPrefix("session_") || ["event_emitted", "tool_blocked"].contains(name)
        }
        #expect(Set(onFeed) == Set(names.filter(belongs)))
    }

    @Test(arguments: GoldenHistory.typeNames)
    func `a damaged record is an error`(type: String) throws {
        for text in ["", "{", "[]", "null", "{}", #"{"surprise": 1}"#] {
            #expect(throws: MalformedRecord.self) {
                try EventRegistry.event(named: type, data: Array(text.utf8))
            }
        }
    }

    @Test func `a field too many or too few in any record is an error`() throws {
        for entry in try GoldenHistory.events() {
            let whole = try entry.json()
            for key in (whole.objectValue ?? JSONObject()).keys {
                let less = Sample.merge(whole, .object(JSONObject([(key, nil)])))
                let isOptional = try reads(less, as: entry.type)
                // Only what may be null may be missing.
                #expect(!isOptional || Self.optional.contains(key), "\(entry.type) without \(key)")
            }
            #expect(try reads(Sample.merge(whole, ["surprise": 1]), as: entry.type) == false)
        }
    }

    private static let optional: Set<String> = [
        "reason", "comment", "on_behalf_of", "response", "approved_digest", "fingerprint", "message", "context",
        "default", "response_schema", "arguments_digest", "expires_at", "session", "status", "question", "options",
        "allow_custom", "decision_type", "max_selections", "allow_save", "risk", "reasons", "allow_edit",
        "allow_remember", "labels", "place", "authentication", "parent", "continues",
        "approvers", "reminders", "escalation", "reopened_via", "approvals", "via", "policy",
        "approval", "deferred", "task",
    ]

    private func reads(_ value: JSONValue, as type: String) throws -> Bool {
        var writer = JSONWriter()
        writer.value(value)
        do {
            return try EventRegistry.event(named: type, data: writer.bytes) != nil
        } catch {
            return false
        }
    }

    private func commands() throws -> [any SessionCommand] {
        let sealed = [
            SealedSecret(handle: SecretHandle(request: Sample.request(3), field: "A"), box: [0, 255, 7]),
            SealedSecret(handle: SecretHandle(request: Sample.request(3), field: "B"), box: []),
        ]
        let answer = AnswerRequest(
            request: Sample.request(3), response: ["values": ["A": sealed[0].handle.json]], comment: "c",
            responder: Responder(key: Sample.bob), receivedAt: Sample.start, fingerprint: "mac", sealedSecrets: sealed)
        return try StartTests.commands() + [
            try Sample.start(labels: ["a": "b"]), answer, FireDeadlines(inFlight: [3, 1]),
        ]
            + (try peopleCommands())
            + (try WorkflowCommands.all())
    }

    private func peopleCommands() throws -> [any SessionCommand] {
        let session = try People.waiting(People.ofTwo)
        let (ann, bob) = (try People.person("ann"), try People.person("bob", .n0, groups: []))
        let request = try #require(session.state.openRequests.first?.request)
        return [
            session.answer(1, ["action": "approve"], as: ann), People.claim(session, 1, by: ann),
            People.release(session, 1, by: bob), People.delegate(session, 1, by: ann, to: bob),
            try ReopenRequest(
                id: Sample.request(2), reopening: request, wasRejected: true, responder: People.responder(ann)),
        ]
    }

    @Test func `a stored answer that names another person than whoever it is by is an error`() throws {
        let command = try #require(try peopleCommands().first)
        let whole = try JSONParser.parse(stored(command))
        for wrong: JSONValue in [["by": "user:bob"], ["via": nil], ["person": ["user": "ann"]], ["person": nil]] {
            #expect(throws: MalformedRecord.self) {
                try CommandRegistry.command(kind: AnswerRequest.kind, recorded: Sample.merge(whole, wrong))
            }
        }
    }

    @Test func `every command reads back as itself`() throws {
        let commands = try commands()
        #expect(Set(commands.map { type(of: $0).kind }) == Set(CommandRegistry.types.map { $0.kind }))
        for command in commands {
            let bytes = stored(command)
            let again = try CommandRegistry.command(
                kind: type(of: command).kind, recorded: try JSONParser.parse(bytes))
            #expect(stored(again) == bytes)
            #expect(type(of: again) == type(of: command))
            #expect(again.principal == command.principal)
            #expect(again.sealedSecrets == command.sealedSecrets)
        }
    }

    @Test func `a damaged command is an error`() throws {
        for type in CommandRegistry.types {
            #expect(throws: MalformedRecord.self) {
                try CommandRegistry.command(kind: type.kind, recorded: ["surprise": 1])
            }
        }
        #expect(throws: MalformedRecord.self) { try CommandRegistry.command(kind: "explode", recorded: [:]) }
        var answer = try #require(try JSONParser.parse(stored(try commands()[10])).objectValue)
        answer["secrets"] = ["A": "0g"]
        #expect(throws: MalformedRecord.self) {
            try CommandRegistry.command(kind: AnswerRequest.kind, recorded: .object(answer))
        }
    }

    @Test func `I3: every command that may close a request lets stored answers go first`() {
        let closing = CommandRegistry.types.filter { $0.closesRequests }.map { $0.kind }
        #expect(
            Set(closing) == [
                "withdraw_request", "complete", "fail", "cancel", "fire_deadlines", "finish_call", "end_child",
            ])
    }
}
