import JSON

/// What happens while nobody answers a request: who is asked then as well, and when people are told again.
///
/// None of it answers: silence is never a yes (I8).
package struct RequestFollowUp: Sendable, Equatable {
    /// When people are told again, in milliseconds after the request was opened, the earliest first.
    package let reminders: [Int64]
    /// Who may answer from when on as well, the earliest first.
    package private(set) var escalation: [EscalationStep]

    package init(reminders: [Int64] = [], escalation: [EscalationStep] = []) {
        self.reminders = reminders
        self.escalation = escalation
    }

    /// Whether there is nothing to it.
    var isEmpty: Bool { reminders.isEmpty && escalation.isEmpty }

    /// Reads the members `reminders` and `escalation`, with times in seconds after the request is opened.
    ///
    /// - Parameters:
    ///   - expiry: the seconds from opening to the deadline, beyond which nothing can follow.
    ///   - isRecorded: whether it was checked before.
    static func read(
        from reader: inout JSONObjectReader, expiry: Int64?, isRecorded: Bool = false
    ) -> RequestFollowUp {
        let latest = min((expiry ?? .max) - 1, RequestLimits.expirySeconds)
        var seconds: [Int64] = []
        let items = reader.optionalArray("reminders", maximumCount: PeopleLimits.reminders, nullable: true) ?? []
        for (index, item) in items.enumerated() {
            let place = reader.pointer(to: "reminders").appending(index)
            guard let second = item.int64Value, second >= 1, second <= latest else {
                reader.add([JSONViolation(pointer: place, detail: Self.detail(latest, expiry))])
                continue
            }
            if seconds.contains(second) { reader.add([JSONViolation(pointer: place, detail: "is in the list twice")]) }
            seconds.append(second)
        }
        return RequestFollowUp(
            reminders: seconds.sorted().map { $0 * 1_000 },
            escalation: readSteps(from: &reader, latest: latest, expiry, isRecorded))
    }

    private static func readSteps(
        from reader: inout JSONObjectReader, latest: Int64, _ expiry: Int64?, _ isRecorded: Bool
    ) -> [EscalationStep] {
        let items = reader.optionalArray("escalation", maximumCount: PeopleLimits.escalationSteps, nullable: true) ?? []
        var steps: [EscalationStep] = []
        for (index, item) in items.enumerated() {
            var inner = JSONObjectReader(item, at: reader.pointer(to: "escalation").appending(index))
            let after = inner.requiredInt64("after", range: 1...RequestLimits.expirySeconds)
            if let after, after > latest { inner.fail("after", detail(latest, expiry)) }
            if let after, let last = steps.last, after * 1_000 <= last.afterMilliseconds {
                inner.fail("after", "must be later than the step before")
            }
            if inner.requiredValue("approvers")?.isNull == true { inner.fail("approvers", "must be an object") }
            let approvers =
                isRecorded
                ? Approvers.readRecorded("approvers", from: &inner) : Approvers.read("approvers", from: &inner)
            if let approvers, approvers.quorum > 1 {
                let place = inner.pointer(to: "approvers").appending("quorum")
                inner.add([JSONViolation(pointer: place, detail: "belongs to the request: a step does not change it")])
            }
            reader.add(inner.finish())
            if let after, let approvers {
                steps.append(EscalationStep(afterMilliseconds: after * 1_000, approvers: approvers))
            }
        }
        return steps
    }

    private static func detail(_ latest: Int64, _ expiry: Int64?) -> String {
        if expiry != nil, latest < 1 { return "nothing can follow before a deadline of one second" }
        return "must be a whole number of seconds from 1 to \(latest)" + (expiry == nil ? "" : ", before the deadline")
    }

    /// Writes the members that are not empty.
    func writeMembers(into writer: inout JSONWriter) {
        if !reminders.isEmpty {
            writer.member("reminders", .some(.array(reminders.map { .integer($0 / 1_000) })))
        }
        if escalation.isEmpty { return }
        writer.key(plain: "escalation")
        writer.beginArray()
        for step in escalation {
            writer.beginObject()
            writer.member("after", step.afterMilliseconds / 1_000)
            writer.key(plain: "approvers")
            step.approvers.write(into: &writer)
            writer.endObject()
        }
        writer.endArray()
    }

    /// The same with steps that are as strict as these besides.
    func requiring(_ approvers: Approvers) -> RequestFollowUp {
        var copy = self
        copy.escalation = escalation.map { step in
            let merged = step.approvers.merged(with: approvers)
            return EscalationStep(
                afterMilliseconds: step.afterMilliseconds,
                approvers: Approvers(
                    accreditation: merged.accreditation, circles: merged.circles, quorum: 1,
                    excludesRequester: merged.excludesRequester))
        }
        return copy
    }
}

/// Who else may answer a request from some time on.
package struct EscalationStep: Sendable, Equatable {
    /// Milliseconds after the request was opened.
    package let afterMilliseconds: Int64
    /// Who they are; the accreditation is that of this step.
    package let approvers: Approvers

    package init(afterMilliseconds: Int64, approvers: Approvers) {
        self.afterMilliseconds = afterMilliseconds
        self.approvers = approvers
    }
}
