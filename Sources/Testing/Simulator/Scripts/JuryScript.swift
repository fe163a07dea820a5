import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON

/// An agent whose permission several people must approve; and the people, who do or do not.
struct JuryScript: Sendable {
    /// The users of the project, all in the group of that name.
    static let group = "jury"
    static let size = 5

    let client: Client
    let number: Int

    private var world: World { client.world }
    private var chance: SeededEntropy { client.world.chance }

    /// The users who may vote.
    static func users() throws -> [User] {
        try (0..<size).map { User(id: try UserID("juror-\($0)"), groups: [try GroupName(group)]) }
    }

    func run() async {
        guard let session = try? SessionID("jury-\(number)"), let agent = try? AgentName(Simulation.agent) else {
            return
        }
        let start = SessionStart(id: session, agent: agent, input: ["jury": true], labels: [:], onBehalfOf: nil)
        let verdict = await client.insist(
            "start", key: "jury-start-\(number)", isAsync: false
        ) { [scope = world.scope] engine, options throws(GatewayError) in
            try await engine.start(start, in: scope, options: options)
        }
        guard case .applied = verdict else {
            return world.withModel { $0.fail("refusal", "jury \(number): \(verdict)") }
        }
        guard let request = await ask(in: session) else { return }
        await settle(request)
        _ = await insist("end", .complete(output: ["done": true]), to: session)
    }

    private func ask(in session: SessionID) async -> RequestID? {
        let title = "jury-\(number)"
        let body: JSONValue = [
            "type": "permission", "title": .string(title), "tool": "pay", "allow_edit": true,
            "arguments": ["amount": .integer(Int64(chance.below(1_000)))],
            "expires_in": .integer(Int64(10 + chance.below(20))), "reminders": [5],
            "approvers": ["groups": [.string(Self.group)], "quorum": .integer(Int64(2 + chance.below(2)))],
            "escalation": [["after": 8, "approvers": ["users": ["juror-0"]]]],
        ]
        guard let draft = try? RequestDraft(body) else {
            world.withModel { $0.fail("script", "the draft does not fit: \(body.text)") }
            return nil
        }
        world.withModel { $0.drafts[title] = body }
        guard case .request(let request, _) = await insist(title, .openRequest(draft), to: session) else { return nil }
        let moment = world.clock.now().adding(milliseconds: Int64(chance.below(6_000)))
        for (place, user) in ((try? Self.users()) ?? []).enumerated() {
            // Some vote in the same moment, perhaps at several nodes.
            let together = place < 3 || chance.below(2) == 0
            world.startScript("answer \(title)") {
                if together { await world.clock.sleep(until: moment) } else { await world.sleep(upTo: 15_000) }
                await vote(on: request, as: user.id, title)
            }
        }
        return request
    }

    /// One vote, sometimes followed by another, which may be another answer.
    private func vote(on request: RequestID, as user: UserID, _ title: String) async {
        for _ in 0..<(1 + chance.below(3) / 2) {
            let response: JSONValue = [
                ["action": "approve"], ["action": "approve"], ["action": "approve"], ["action": "reject"],
                ["action": "edit", "arguments": ["amount": 1]],
            ][chance.below(5)]
            let sent = world.withModel { model in
                model.send(
                    SentAnswer(request: request, principal: .user(user), visible: response, secrets: [], fits: true))
            }
            await client.answer(
                request, with: RawAnswer(response: response, comment: nil, user: user), as: sent, about: title)
        }
    }

    private func settle(_ request: RequestID) async {
        while !Task.isCancelled {
            let reply = await client.read { engine, scope throws(GatewayError) in
                try await engine.request(request, in: scope, waiting: .seconds(5))
            } judge: { model, view, store in
                model.observe(view, in: store)
            }
            if case .done(let view) = reply, view.status != .pending { return }
            await world.sleep(upTo: 500)
        }
    }

    /// Gives an act that only a live session takes which nobody has paused.
    private func insist(_ name: String, _ act: SessionAct, to session: SessionID) async -> CommandReply? {
        let isAsync = chance.below(4) == 0
        while !Task.isCancelled {
            let verdict = await client.insist(
                name, key: "\(session)-\(name)", isAsync: isAsync
            ) { [scope = world.scope] engine, options throws(GatewayError) in
                try await engine.command(act, to: session, in: scope, options: options)
            }
            switch verdict {
            case .applied(let reply): return reply
            case .refused(let rejection) where rejection.code == .sessionPaused: await world.sleep(upTo: 3_000)
            case .refused(let rejection):
                if rejection.code != .sessionFinished {
                    world.withModel { $0.fail("refusal", "\(name) of \(session): \(rejection)") }
                }
                return nil
            }
        }
        return nil
    }
}
