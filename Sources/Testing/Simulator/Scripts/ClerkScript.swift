import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON

/// Finds the questions of workflows, and calls people who answer them.
///
/// Of a call whose outcome is unknown they say what the ledger of the called service says.
struct ClerkScript: Sendable {
    let world: World
    let isOver: @Sendable () -> Bool

    private var chance: SeededEntropy { world.chance }

    func run() async {
        var seen: Set<RequestID> = []
        let reader = Client(world: world, principal: .key("clerk"))
        while !isOver(), !Task.isCancelled {
            await world.sleep(upTo: 1_500)
            let reply = await reader.read { engine, scope throws(GatewayError) in
                try await engine.requests(
                    status: .pending, type: nil, session: nil, cursor: nil, limit: 50, in: scope)
            } judge: { model, page, store in
                for view in page.items { model.observe(view, in: store) }
            }
            guard case .done(let page) = reply else { continue }
            for request in page.items.map(\.request.id) where seen.insert(request).inserted { summon(to: request) }
        }
    }

    private func summon(to request: RequestID) {
        guard let question = world.withModel({ $0.workflowQuestion(request) }) else { return }
        let isSilent = question["expires_in"] != nil && chance.below(5) == 0
        for _ in 0..<(isSilent ? 0 : 1 + chance.below(5) / 4) {
            let person = Client(world: world, principal: .key("person-\(chance.below(3))"))
            world.startScript("answer \(request)") { await answer(request, question, by: person) }
        }
    }

    private func answer(_ request: RequestID, _ question: JSONValue, by person: Client) async {
        await world.sleep(upTo: [200, 3_000, 25_000][chance.below(3)])
        let response = response(to: request, question)
        let number = world.withModel { model in
            model.send(
                SentAnswer(request: request, principal: person.principal, visible: response, secrets: [], fits: true))
        }
        await person.answer(
            request, with: RawAnswer(response: response, comment: nil), as: number,
            about: question["title"]?.stringValue ?? "")
    }

    private func response(to request: RequestID, _ question: JSONValue) -> JSONValue {
        if question["decision_type"] == "unknown_outcome" {
            if chance.below(8) == 0 { return ["decision": "fail"] }
            return ["decision": world.withModel { $0.isDone(request) } ? "done" : "repeat"]
        }
        guard let arguments = question["arguments"] else { return ["decision": chance.below(2) == 0 ? "go" : "stay"] }
        switch chance.below(4) {
        case 0: return ["action": "reject", "feedback": "no"]
        case 1:
            var edited = arguments.objectValue ?? [:]
            var body = edited["body"]?.objectValue ?? [:]
            body["edited"] = true
            edited["body"] = .object(body)
            return ["action": "edit", "arguments": .object(edited)]
        default: return ["action": "approve"]
        }
    }
}
