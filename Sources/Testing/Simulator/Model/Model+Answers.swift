import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

/// An answer that somebody sent, once or many times.
struct SentAnswer: Sendable {
    let request: RequestID
    let principal: Principal
    /// The answer as the log may show it: with handles in the place of secrets.
    let visible: JSONValue
    /// The secret values in it, by field.
    let secrets: [(name: String, value: String)]
    /// Whether it is one that fits the request.
    let fits: Bool
    /// When it was first acknowledged as stored (202).
    var storedAt: Timestamp?
}

extension Model {
    /// Notes an answer before it is sent; returns its number.
    mutating func send(_ answer: SentAnswer) -> Int {
        answers.append(answer)
        return answers.count - 1
    }

    /// 200 means applied: this answer, by this person, is in the log (I3).
    mutating func acknowledge(_ number: Int) {
        let answer = answers[number]
        let expected = Closing.answered(by: answer.principal.text, response: answer.visible)
        let closing = asked[answer.request]?.closing
        let isVote =
            asked[answer.request]?.tally.all.contains {
                $0.by == answer.principal.text && $0.response == answer.visible
            }
            ?? false
        if closing != expected, !isVote {
            fail(
                "I3", "200 for an answer of \(answer.principal), but request \(answer.request) is \(Self.text(closing))"
            )
        }
    }

    /// 202 means stored.
    mutating func noteStored(_ number: Int, at time: Timestamp) {
        if answers[number].storedAt == nil { answers[number].storedAt = time }
    }

    /// A refusal must have its reason in the log, or in the answer itself.
    mutating func refuse(_ number: Int, _ rejection: Rejection, at time: Timestamp) {
        let answer = answers[number]
        let request = asked[answer.request]
        let own = Closing.answered(by: answer.principal.text, response: answer.visible)
        // The log shows handles only: the same person may have sent other secrets before.
        let hasTwin = answers.indices.contains { other in
            other != number && answers[other].request == answer.request
                && answers[other].principal == answer.principal && answers[other].visible == answer.visible
        }
        let isJust =
            switch rejection.code {
            case .invalidAnswer: !answer.fits
            case .alreadyAnswered:
                if case .answered = request?.closing { request?.closing != own || hasTwin } else { false }
            case .requestExpired:
                request?.closing == .expired
                    || request?.expiresAt.map { $0 <= time.adding(milliseconds: tolerance) } ?? false
            case .requestCancelled: request?.closing == .cancelled
            default: isJust(rejection.code, for: answer)
            }
        if !isJust {
            fail(
                "refusal",
                "\(rejection) for an answer of \(answer.principal) to \(answer.request), which is "
                    + "\(Self.text(request?.closing)); it fits: \(answer.fits)")
        }
    }

    /// The secrets that the opener is given are those of the answer that won (I9).
    mutating func judge(_ values: [(name: String, value: String)], of request: RequestID) {
        guard case .answered(let by, let response) = asked[request]?.closing else {
            return fail("I1", "secrets of \(request) were given, but nobody has answered")
        }
        let winners = answers.filter {
            $0.request == request && $0.principal.text == by && $0.visible == response
        }
        let isRight = winners.contains { winner in
            winner.secrets.count == values.count
                && zip(winner.secrets, values).allSatisfy { $0.name == $1.name && $0.value == $1.value }
        }
        if !isRight { fail("I9", "the secrets of \(request) are not those that were sent") }
    }

    static func text(_ closing: Closing?) -> String {
        switch closing {
        case nil: "pending"
        case .answered(let by, let response): "answered by \(by): \(response.text)"
        case .expired: "expired"
        case .cancelled: "cancelled"
        }
    }
}
