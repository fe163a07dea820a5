import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON

/// A caller's own agent: starts a session, takes steps, asks people, does what they say, and ends.
struct AgentScript: Sendable {
    let client: Client
    let number: Int
    /// Whether all agents have gone home.
    let isOver: @Sendable () -> Bool

    private var world: World { client.world }
    private var chance: SeededEntropy { client.world.chance }

    func run() async {
        guard let session = await start() else { return }
        watch(session)
        for round in 0..<(1 + chance.below(2)) {
            for step in 0..<chance.below(3) where await !take("step-\(round)-\(step)", in: session) { return }
            var open: [(RequestID, Question)] = []
            for place in 0..<(1 + chance.below(2)) {
                let question = Question(title: "question-\(number)-\(round)-\(place)", chance: chance)
                guard let request = await ask(question, in: session) else { return }
                open.append((request, question))
            }
            if chance.below(12) == 0 { return leave(session) }
            for (request, question) in open {
                guard await settle(request, question, in: session) else { return }
            }
        }
        await end(session)
    }

    /// Goes away for good; deadlines must pass without anybody asking.
    private func leave(_ session: SessionID) {
        world.note("\(client.principal) leaves \(session)")
        world.withModel { _ = $0.abandoned.insert(session) }
    }

    /// Starts the session, sometimes under an id of its own, sometimes twice at once.
    private func start() async -> SessionID? {
        let id = chance.below(2) == 0 ? try? SessionID("session-\(number)") : nil
        let key = id == nil || chance.below(2) == 0 ? "start-\(number)" : nil
        guard let agent = try? AgentName(Simulation.agent) else { return nil }
        let start = SessionStart(
            id: id, agent: agent, input: ["n": .integer(Int64(number))], labels: ["n": String(number)], onBehalfOf: nil)
        let found = Guarded<SessionID?>(nil)
        let isAsync = chance.below(4) == 0
        let act: Client.Act = { [scope = world.scope] engine, options throws(GatewayError) in
            let result = try await engine.start(start, in: scope, options: options)
            switch result {
            case .session(let view, _, _): found.withState { $0 = view.state.identity.id }
            case .stored(_, let id, _): found.withState { $0 = id }
            case .request: break
            }
            return result
        }
        if chance.below(4) == 0 {
            world.startScript("second start \(number)") {
                _ = await client.insist("start", key: key, isAsync: false, act: act)
            }
        }
        switch await client.insist("start", key: key, isAsync: isAsync, act: act) {
        case .applied: return found.withState { $0 }
        case .refused(let rejection):
            world.withModel { $0.fail("refusal", "start of \(number): \(rejection)") }
            return nil
        }
    }

    /// Gives an act that only a live, unpaused session takes; false once the session is over.
    private func insist(
        _ name: String, _ act: SessionAct, to session: SessionID, applied: (CommandReply) -> Void = { _ in }
    ) async -> Bool {
        let isAsync = chance.below(4) == 0
        while !Task.isCancelled {
            let verdict = await client.insist(
                name, key: "\(session)-\(name)", isAsync: isAsync
            ) { [scope = world.scope] engine, options throws(GatewayError) in
                try await engine.command(act, to: session, in: scope, options: options)
            }
            switch verdict {
            case .applied(let reply):
                applied(reply)
                return true
            case .refused(let rejection) where rejection.code == .sessionPaused:
                await world.sleep(upTo: 3_000)
            case .refused(let rejection):
                if rejection.code != .sessionFinished {
                    world.withModel { $0.fail("refusal", "\(name) of \(session): \(rejection)") }
                }
                return false
            }
        }
        return false
    }

    private func take(_ step: String, in session: SessionID) async -> Bool {
        if chance.below(4) == 0 {
            return await insist("message-\(step)", .message(["text": .string(step)]), to: session)
        }
        return await insist(step, .step(name: step, data: ["step": .string(step)]), to: session) { _ in
            world.withModel { $0.acknowledgedSteps.append((session, step)) }
        }
    }

    private func ask(_ question: Question, in session: SessionID) async -> RequestID? {
        guard let draft = try? RequestDraft(question.body) else {
            world.withModel { $0.fail("script", "the draft does not fit: \(question.body.text)") }
            return nil
        }
        world.withModel { $0.drafts[question.title] = question.body }
        var request: RequestID?
        let isOpen = await insist(question.title, .openRequest(draft), to: session) { reply in
            if case .request(let id, _) = reply { request = id }
        }
        guard isOpen, let request else { return nil }
        summonPeople(to: request, question)
        return request
    }

    /// Some answer at once, some late, some together; where silence ends nothing, one answers for certain.
    private func summonPeople(to request: RequestID, _ question: Question) {
        let count = question.hasDeadline ? chance.below(4) : 1 + chance.below(3)
        let soon = world.clock.now().adding(milliseconds: Int64(chance.below(5_000)))
        let moment = chance.below(3) == 0 ? soon : nil
        for place in 0..<count {
            let person = PersonScript(
                client: Client(world: world, principal: .key("person-\(chance.below(3))")), request: request,
                question: question, mustFit: place == 0 && !question.hasDeadline, moment: moment)
            world.startScript("answer \(question.title)") { await person.run() }
        }
    }

    /// Waits until the request is closed, or withdraws it; false once the session is over.
    private func settle(_ request: RequestID, _ question: Question, in session: SessionID) async -> Bool {
        if chance.below(12) == 0 {
            let verdict = await client.insist(
                "withdraw", key: nil, isAsync: chance.below(3) == 0
            ) { [scope = world.scope] engine, options throws(GatewayError) in
                try await engine.withdraw(request, reason: "not needed", in: scope, options: options)
            }
            let expected: [RejectionCode] = [.requestExpired, .alreadyAnswered]
            if case .refused(let rejection) = verdict, !expected.contains(rejection.code) {
                world.withModel { $0.fail("refusal", "withdrawal: \(rejection)") }
            }
        }
        while !Task.isCancelled {
            let reply = await client.read { engine, scope throws(GatewayError) in
                try await engine.request(request, in: scope, waiting: .seconds(5))
            } judge: { model, view, store in
                model.observe(view, in: store)
            }
            switch reply {
            case .done(let view) where view.status != .pending:
                return await follow(view, of: question, in: session)
            case .rejected(let rejection):
                world.withModel { $0.fail("refusal", "request \(request): \(rejection)") }
                return false
            case .done, .unavailable, .lost: await world.sleep(upTo: 500)
            }
        }
        return false
    }

    /// Does what was answered: fetches secrets, leaves a receipt of what was approved.
    private func follow(_ view: RequestView, of question: Question, in session: SessionID) async -> Bool {
        if question.type == .environment, view.status == .answered { await fetchSecrets(of: view.request.id) }
        guard let digest = view.closing?.approvedDigest else { return true }
        return await insist(
            "receipt-\(view.request.id)",
            .step(name: "receipt-\(view.request.id)", data: ["digest": .string(digest.description)]),
            to: session)
    }

    private func fetchSecrets(of request: RequestID) async {
        let principal = client.principal
        for _ in 0..<20 {
            let reply = await client.read { engine, scope throws(GatewayError) in
                try await engine.secrets(of: request, in: scope, caller: principal)
            } judge: { model, values, store in
                model.catchUp(with: store)
                model.judge(values, of: request)
            }
            switch reply {
            case .done: return
            case .rejected(let rejection):
                // Only the end of the session destroys them.
                world.judge { model, store in
                    model.catchUp(with: store)
                    let session = model.asked[request].flatMap { model.histories[$0.session] }
                    if session?.state.status.isFinal != true { model.fail("I9", "secrets of \(request): \(rejection)") }
                }
                return
            case .unavailable, .lost: await world.sleep(upTo: 500)
            }
        }
    }

    private func end(_ session: SessionID) async {
        let act: SessionAct =
            chance.below(4) == 0
            ? .fail(error: ["type": "about:blank", "title": "gave up"])
            : .complete(output: ["done": .integer(Int64(number))])
        _ = await insist("end", act, to: session)
    }

    private func watch(_ session: SessionID) {
        for place in 0..<(1 + chance.below(2)) {
            let script = WatcherScript(
                world: world, number: UInt64(number * 10 + place), target: .session(session, isOver: isOver))
            world.startScript("watch \(session)") { await script.run() }
        }
    }
}
