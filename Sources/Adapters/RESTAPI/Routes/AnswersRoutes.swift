import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// Several answers in one call, each with an outcome of its own.
enum AnswersRoutes {
    /// Answers that are given at once; those to one request are given one after the other.
    private static let atOnce = 8

    static let all = [
        Route(
            .post, Route.projectPrefix + "/requests/respond", [.requestsRespond, .respondAs],
            "Answers several requests; each answer has an outcome of its own.", body: .required, form: .answers,
            preferences: [.respondAsync], takesIdempotencyKey: true, replies: [.ok(.answerOutcomes)], respond)
    ]

    /// One of the answers.
    private struct Given: Sendable {
        let index: Int
        let request: String
        let answer: RawAnswer
        let body: JSONValue
    }

    /// What became of one of them, as a call of its own would have been answered.
    private struct Outcome: Sendable {
        let index: Int
        let request: String
        let status: Int
        let body: [UInt8]
    }

    private static func respond(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let answers = try call.read { reader in read(from: &reader) }
        var queues: [[Given]] = []
        var places: [String: Int] = [:]
        for given in answers {
            if let place = places[given.request] {
                queues[place].append(given)
            } else {
                places[given.request] = queues.count
                queues.append([given])
            }
        }
        let outcomes = await withTaskGroup(of: [Outcome].self, returning: [Outcome].self) { group in
            var found: [Outcome] = []
            for (number, queue) in queues.enumerated() {
                if number >= atOnce, let some = await group.next() { found += some }
                group.addTask { await answer(queue, call) }
            }
            for await some in group { found += some }
            return found.sorted { $0.index < $1.index }
        }
        return .json { writer in
            writer.beginObject()
            writer.key("outcomes")
            writer.beginArray()
            for outcome in outcomes {
                writer.beginObject()
                writer.member("request", outcome.request)
                writer.member("status", Int64(outcome.status))
                writer.key("body")
                writer.raw(outcome.body)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }

    private static func read(from reader: inout JSONObjectReader) -> [Given]? {
        guard let items = reader.requiredArray("answers", maximumCount: PeopleLimits.answersPerCall) else { return nil }
        if items.isEmpty { reader.fail("answers", "must hold at least one answer") }
        var answers: [Given] = []
        for (index, item) in items.enumerated() {
            var inner = JSONObjectReader(item, at: reader.pointer(to: "answers").appending(index))
            let request = inner.requiredString("request", maximumLength: RequestLimits.nameLength)
            let answer = RequestRoutes.readAnswer(from: &inner)
            reader.add(inner.finish())
            guard let request, let answer else { continue }
            answers.append(Given(index: index, request: request, answer: answer, body: item))
        }
        return answers
    }

    private static func answer(_ queue: [Given], _ call: Call) async -> [Outcome] {
        var outcomes: [Outcome] = []
        for given in queue { outcomes.append(await outcome(of: given, call)) }
        return outcomes
    }

    private static func outcome(of given: Given, _ call: Call) async -> Outcome {
        let base = JSONPointer.root.appending("answers").appending(given.index)
        do {
            try call.requireScope(given.answer.user == nil ? .requestsRespond : .respondAs)
            guard let id = RequestID(given.request) else {
                throw Problem.notFound(.requestNotFound, "there is no such request")
            }
            let options = CommandOptions(
                principal: call.caller.principal,
                idempotencyKey: call.options.idempotencyKey.map { "\($0) \(given.index)" },
                body: given.body.serialized(), respondAsync: call.preferences.respondsAsync)
            let result = try await call.gateway.answer(given.answer, to: id, in: call.scope, options: options)
            if case .response(let response) = call.reply(to: result, kind: AnswerRequest.kind) {
                return Outcome(
                    index: given.index, request: given.request, status: response.status, body: response.body)
            }
            return refused(given, Problem.unexpected)
        } catch let problem as Problem {
            return refused(given, problem)
        } catch let error as GatewayError {
            return refused(given, Problem(error, under: base.appending("response"), within: base))
        } catch {
            return refused(given, Problem.unexpected)
        }
    }

    private static func refused(_ given: Given, _ problem: Problem) -> Outcome {
        var writer = JSONWriter(reserving: 512)
        problem.write(into: &writer, requestID: nil)
        return Outcome(index: given.index, request: given.request, status: problem.status, body: writer.bytes)
    }
}
