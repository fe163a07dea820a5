/// A pending request within a session's state.
package struct PendingRequest: Sendable, Equatable {
    /// The request as it was opened.
    package let request: HumanRequest
    /// The number of the event that opened it: the id of the open effect.
    package let sequence: Int64
    /// Bytes of that event's data.
    let openingBytes: Int
    private var progressBox: RequestProgressBox?

    init(request: HumanRequest, sequence: Int64, heldBytes: Int, progress: RequestProgress? = nil) {
        self.request = request
        self.sequence = sequence
        openingBytes = heldBytes
        progressBox = progress.map { RequestProgressBox($0) }
    }

    /// What was done about it; nil if nothing was.
    package internal(set) var progress: RequestProgress? {
        get { progressBox?.value }
        set { progressBox = newValue.map { RequestProgressBox($0) } }
    }

    /// Bytes of event data that it holds on to.
    var heldBytes: Int { openingBytes + (progressBox?.value.heldBytes ?? 0) }

    /// The next time at which something is to be done about it: it expires, people are told again, or more are asked.
    var nextDueAt: Timestamp? {
        let followUp = request.followUp
        if followUp.isEmpty { return request.expiresAt }
        let progress = progressBox?.value ?? RequestProgress()
        let reminder = followUp.reminders.dropFirst(Int(clamping: progress.reminded)).first
        let step = followUp.escalation.dropFirst(Int(clamping: progress.escalated)).first?.afterMilliseconds
        let next = [reminder, step].compactMap(\.self).min().map { request.createdAt.adding(milliseconds: $0) }
        return [request.expiresAt, next].compactMap(\.self).min()
    }

    /// How many of its reminders are due.
    func dueReminders(at now: Timestamp) -> Int64 {
        Int64(request.followUp.reminders.count { request.createdAt.adding(milliseconds: $0) <= now })
    }

    /// How many steps of its escalation are due.
    func dueSteps(at now: Timestamp) -> Int64 {
        let due = request.followUp.escalation.count {
            request.createdAt.adding(milliseconds: $0.afterMilliseconds) <= now
        }
        return Int64(due)
    }
}

extension PendingRequest {
    /// Whether somebody may answer, and by which list.
    enum Admission: Equatable {
        /// They may, by this list; nil where everybody may.
        case admitted(by: Approvers?)
        /// They may not.
        case refused(ApproverRefusal)
    }

    /// Whether somebody may answer whose word was received at that time.
    ///
    /// A step of the escalation counts from its time on, or from when it was recorded if the clocks differ.
    func admission(of person: Person?, onBehalfOf: String?, at time: Timestamp) -> Admission {
        guard let approvers = request.approvers else { return .admitted(by: nil) }
        guard let person else { return .refused(.isNobody) }
        let requester = requester(onBehalfOf: onBehalfOf)
        guard let refusal = approvers.refusal(of: person, requester: requester) else {
            return .admitted(by: approvers)
        }
        // Who asked for it may not answer it by any other way either.
        if refusal == .isRequester { return .refused(refusal) }
        for delegate in progress?.delegates ?? []
        where delegate.user == person.user && delegate.approvers.refusal(of: person, requester: requester) == nil {
            return .admitted(by: delegate.approvers)
        }
        let steps = max(dueSteps(at: time), progress?.escalated ?? 0)
        for step in request.followUp.escalation.prefix(Int(clamping: steps))
        where step.approvers.refusal(of: person, requester: requester) == nil {
            return .admitted(by: step.approvers)
        }
        return .refused(refusal)
    }

    /// Who wants what the request asks for.
    func requester(onBehalfOf: String?) -> Requester {
        Requester(
            onBehalfOf: onBehalfOf,
            openers: [request.openedBy, request.reopening?.principal].compactMap(\.self))
    }

    /// Who holds it against somebody whose word was received at that time; nil if nobody does.
    func claim(against person: Person?, at time: Timestamp) -> RequestClaim? {
        progress?.claim.flatMap { $0.holds(at: time) && $0.user != person?.user ? $0 : nil }
    }
}
