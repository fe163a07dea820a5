import HoldpointCore
import JSON
import Testing

@Suite struct WorkflowHistoryTests {
    private static let everything = json(
        """
        [
          {"start": {"set": {"order": "${ .order }", "lines": "${ .lines }", "total": 0}}},
          {"prices": {"for": {"each": "line", "in": ".lines"}, "do": [
            {"price": {"try": [
                {"ask": {"call": "http", "with": {"method": "get", "endpoint": "https://a.example/prices",
                         "query": {"line": "${ $line }"}}, "timeout": {"after": "PT30S"}}}
              ], "catch": {"errors": {"with": {"status": 503}},
                           "retry": {"delay": "PT5S", "backoff": {"exponential": {}},
                                     "limit": {"attempt": {"count": 3}}}}}},
            {"keep": {"set": {"last": "${ .price }"}, "export": {"as": {"last": "${ .last }"}}}}
          ]}},
          {"ask": {"fork": {"branches": [
            {"legal": {"do": [
              {"question": {"call": "human", "with": {"type": "clarification", "title": "Which country?"}}},
              {"note": {"set": {"country": "${ .answer }"}}}]}},
            {"carrier": {"call": "human", "with": {"type": "decision", "title": "Which carrier?",
                         "options": [{"id": "air"}, {"id": "sea"}]}}},
            {"pause": {"wait": {"minutes": 10}}}
          ]}, "output": {"as": {"country": "${ .[0].country }", "carrier": "${ .[1].decision }"}}}},
          {"route": {"switch": [{"far": {"when": ".missing", "then": "end"}}, {"near": {"then": "pay"}}]}},
          {"never": {"raise": {"error": {"type": "urn:never", "status": 500}}}},
          {"pay": {"try": [
              {"guarded": {"call": "human", "with": {"type": "permission", "title": "Pay?", "expires_in": 3600,
                "perform": {"call": "http", "with": {"method": "post", "endpoint": "https://a.example/pay",
                                                     "body": {"amount": "${ $context.last }"}}}}}}
            ], "catch": {"as": "fault", "do": [{"undo": {"set": {"undone": "${ $fault.type }"}}}]}}},
          {"tell": {"emit": {"event": {"with": {"source": "urn:shop", "type": "paid", "data": "${ . }"}}},
                    "output": {"as": ".data"}}},
          {"book": {"run": {"workflow": {"namespace": "n", "name": "book", "version": "1.0.0"}}}}
        ]
        """)

    /// Runs the whole history; humans approve unless told otherwise.
    private static func history(action: JSONValue = ["action": "approve"]) throws -> WorkflowScene {
        var scene = try WorkflowScene(everything, input: ["order": 7, "lines": ["a", "b"]])
        try scene.run()
        try scene.settle(.value(["statusCode": 503]))
        try scene.pass(seconds: 5)
        try scene.settle(.value(["statusCode": 503]))
        try scene.pass(seconds: 10)
        try scene.settle(.value(["statusCode": 200, "content": ["price": 10]]))
        try scene.settle(.value(["statusCode": 200, "content": ["price": 20]]))
        let waiting = scene.place.effects.map(\.id)
        #expect(waiting.count == 3)
        try scene.settle(waiting[1], .value(["decision": "sea"]))
        try scene.settle(waiting[0], .value(["answer": "NO"]))
        try scene.pass(seconds: 600)
        try scene.settle(.value(action))
        if action["action"] == "approve" { try scene.settle(.value(["statusCode": 200, "content": ["paid": true]])) }
        try scene.settle(.value(["booked": true]))
        return scene
    }

    @Test func `I6: a workflow of every kind of task comes to its end through every recorded place`() throws {
        let scene = try Self.history()
        #expect(scene.output == ["booked": true])
        #expect(
            scene.calls.map { $0.arguments["uri"]?.stringValue } == (0..<4).map { _ in "https://a.example/prices" } + [
                "https://a.example/pay"
            ])
        #expect(scene.calls.last?.arguments["body"] == ["amount": 20])
        #expect(scene.place.effects.isEmpty)
        #expect(scene.place.wakeAt == nil)
        #expect(!scene.place.canAdvance)
    }

    @Test func `a rejection takes the way of compensation, and what follows goes on`() throws {
        let scene = try Self.history(action: ["action": "reject"])
        #expect(scene.output == ["booked": true])
        #expect(scene.calls.count == 4)
        #expect(
            scene.acts.contains { act in
                if case .emitted(let event) = act {
                    event["data"]?["undone"] == "urn:holdpoint:problem:request_rejected"
                } else {
                    false
                }
            })
    }

    @Test func `effects are numbered as their events will be, each once`() throws {
        let scene = try Self.history()
        let ids = scene.acts.compactMap { act in
            if case .opened(let id, _) = act { id } else { nil }
        }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
    }

    @Test func `a workflow that has ended does nothing more`() throws {
        var scene = try Self.history()
        let before = scene.commits
        let place = scene.place
        try scene.run()
        #expect(scene.commits == before + 1)
        #expect(scene.place == place)
    }

    /// The value with something in it changed at random.
    private static func mutated(_ value: JSONValue, _ generator: inout SeededGenerator) -> JSONValue {
        let spare: [JSONValue] = [
            nil, true, 0, -1, 5, "x", "", "${ . }", "${ .a }", "end", [], [:], ["a": ["set": ["x": 1]]], "PT0S", "exit",
        ]
        if Int.random(in: 0..<6, using: &generator) == 0 { return spare.randomElement(using: &generator) ?? nil }
        switch value {
        case .array(var items) where !items.isEmpty:
            let index = Int.random(in: 0..<items.count, using: &generator)
            if Int.random(in: 0..<5, using: &generator) == 0 {
                items.remove(at: index)
            } else {
                items[index] = mutated(items[index], &generator)
            }
            return .array(items)
        case .object(var object) where !object.isEmpty:
            let key = object.keys[Int.random(in: 0..<object.count, using: &generator)]
            object[key] =
                Int.random(in: 0..<5, using: &generator) == 0 ? .none : mutated(object[key] ?? nil, &generator)
            return .object(object)
        default: return spare.randomElement(using: &generator) ?? nil
        }
    }

    private static func arrival(_ kind: OpenWorkflowEffect.Kind, _ generator: inout SeededGenerator) -> EffectArrival {
        let arrivals: [EffectArrival] = [
            .value(["statusCode": 200, "content": ["a": 1]]), .value(["statusCode": 503]),
            .value(["action": "approve"]),
            .value(["action": "edit", "arguments": ["method": "GET", "uri": "https://b.example"]]), .value(nil),
            .value(["answer": "x"]), .failed(["status": 500]), .failed(nil), .expired(standsFor: nil),
            .expired(standsFor: 1), .withdrawn, .fired,
        ]
        if case .timer = kind { return .fired }
        return arrivals.randomElement(using: &generator) ?? .fired
    }

    @Test(.timeLimit(.minutes(2)), arguments: 0..<8)
    func `I10: documents and outcomes of any kind are refused, run or fail, and nothing worse`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed) + 1)
        var compiled = 0
        for _ in 0..<300 {
            var tasks = Self.everything
            for _ in 0..<Int.random(in: 1...3, using: &generator) { tasks = Self.mutated(tasks, &generator) }
            guard var scene = try? WorkflowScene(tasks, input: ["order": 7, "lines": ["a", "b"]]) else { continue }
            compiled += 1
            scene.fallback = { input, _ in input["a"] }
            try scene.run()
            for _ in 0..<40 where scene.place.ending == nil {
                guard let effect = scene.place.effects.randomElement(using: &generator) else { break }
                try scene.settle(effect.id, Self.arrival(effect.kind, &generator))
            }
            let isAlive = scene.place.ending != nil || !scene.place.effects.isEmpty
            #expect(isAlive, "seed \(seed): a workflow waits for nothing")
            let isClosed = scene.place.ending == nil || scene.place.effects.isEmpty
            #expect(isClosed, "seed \(seed): a workflow that ended left something open")
        }
        #expect(compiled > 20)
    }
}
