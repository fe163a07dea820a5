package import JSON

/// Something that an advance of a workflow brings about; each becomes one event, in this order.
package enum WorkflowAct: Sendable, Equatable {
    /// An effect is opened; its id is the number of its event.
    case opened(id: Int64, WorkflowEffect)
    /// An effect is given up before it came to anything.
    case closed(effect: Int64, OpenWorkflowEffect.Kind)
    /// A CloudEvent (1.0, JSON form) goes out.
    case emitted(JSONValue)
    /// People are told of a call that runs without their word.
    case notified(call: Int64, HTTPCallEffect)
    /// A call is not made, since the policy keeps it from agents.
    case blocked(HTTPCallEffect)
    /// It waits for people to release it, in a session that is started with that input.
    case deferred(HTTPCallEffect, input: JSONValue)
    /// A call that was released is stopped, by that request.
    case vetoed(HTTPCallEffect, RequestID)
}

/// An effect as it is opened, with all that whoever performs it needs.
package enum WorkflowEffect: Sendable, Equatable {
    /// Why a timer runs.
    package enum TimerCause: String, Sendable, CaseIterable {
        case wait
        case timeout
        case retry
    }

    /// A timer.
    case timer(due: Timestamp, cause: TimerCause, task: String)
    /// An HTTP call.
    case call(HTTPCallEffect)
    /// A question to a human; the draft's `body` is what is stored.
    case request(RequestID, RequestDraft, task: String)
    /// A session of another workflow.
    case child(ChildEffect)

    /// What a state keeps of it.
    package var kind: OpenWorkflowEffect.Kind {
        switch self {
        case .timer(let due, _, _): .timer(due: due)
        case .call: .call
        case .request(let id, _, _): .request(id)
        case .child: .child
        }
    }

    package static func == (left: WorkflowEffect, right: WorkflowEffect) -> Bool {
        switch (left, right) {
        case (.timer(let due, let cause, let task), .timer(let otherDue, let otherCause, let otherTask)):
            due == otherDue && cause == otherCause && task == otherTask
        case (.call(let call), .call(let other)): call == other
        case (.request(let id, let draft, let task), .request(let otherID, let otherDraft, let otherTask)):
            id == otherID && draft.body == otherDraft.body && task == otherTask
        case (.child(let child), .child(let other)): child == other
        default: false
        }
    }
}

/// An HTTP call that a workflow makes.
package struct HTTPCallEffect: Sendable, Equatable {
    /// The task that makes it.
    package let task: String
    /// `{method, uri, headers, query, body?}`: exactly this is sent (I7).
    package let arguments: JSONValue
    /// SHA-256 of the canonical arguments.
    package let digest: Digest
    /// `{scheme: basic, username, password}`, `{scheme: bearer, token}`, or the scheme and `secret`, a name to resolve.
    package let authentication: JSONValue?
    /// Whether the body is wanted as base64 rather than parsed.
    package let isRaw: Bool
    /// Whether redirections are answers like others.
    package let followsRedirects: Bool
    /// Whether an unknown outcome may be repeated (RFC 9110, section 9.2.2).
    package let isIdempotent: Bool
    /// What the project's policy said of it; nil where there is none.
    package var verdict: JudgedVerdict?
    /// The permission that lets it run, if a policy or the workflow asked for one under a policy.
    package var approval: CallApproval?
}

/// What a human allowed: this call, and none but this one (I7).
package struct CallApproval: Sendable, Equatable {
    /// The permission that was answered.
    package let request: RequestID
    /// The number of the event that opened it: what the call adds to counters was added under it.
    package let effect: Int64
    /// Whether what it added then is what the call adds; if not, the call was judged again and adds for itself.
    package let keepsReservations: Bool

    package init(request: RequestID, effect: Int64, keepsReservations: Bool) {
        self.request = request
        self.effect = effect
        self.keepsReservations = keepsReservations
    }
}

/// A session of another workflow that a task starts.
package struct ChildEffect: Sendable, Equatable {
    /// The task that starts it.
    package let task: String
    /// `document.namespace` of the other workflow.
    package let namespace: String
    /// Its `document.name`.
    package let name: String
    /// Its `document.version`, or `latest`.
    package let version: String
    /// What it is started with.
    package let input: JSONValue

    package init(task: String, namespace: String, name: String, version: String, input: JSONValue) {
        self.task = task
        self.namespace = namespace
        self.name = name
        self.version = version
        self.input = input
    }
}
