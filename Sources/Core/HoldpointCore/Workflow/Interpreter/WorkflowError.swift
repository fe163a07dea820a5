package import JSON

/// An error that a workflow raised, in the form of the DSL: a problem document (RFC 9457) with an instance pointer.
package struct WorkflowError: Error, Sendable, Equatable {
    /// A URI that names the kind of error.
    package let type: String
    /// The status, as HTTP has them.
    package let status: Int64
    /// A short summary, if there is one.
    package let title: String?
    /// What happened this time, if that is known.
    package let detail: String?
    /// The task where it was raised, as a pointer into the document.
    package let instance: String

    package init(type: String, status: Int64, title: String?, detail: String?, instance: String) {
        self.type = type
        self.status = status
        self.title = title
        self.detail = detail
        self.instance = instance
    }

    /// An error of a kind that the DSL or this engine defines.
    init(_ kind: Kind, _ detail: String, at instance: String, status: Int64? = nil) {
        self.init(
            type: kind.type, status: status ?? kind.status, title: kind.title, detail: detail,
            instance: instance)
    }

    /// The problem document, without what is not known.
    package var json: JSONValue {
        var object: JSONObject = ["type": .string(type), "status": .integer(status)]
        if let title { object["title"] = .string(title) }
        if let detail { object["detail"] = .string(detail) }
        object["instance"] = .string(instance)
        return .object(object)
    }

    /// Reads a problem document; what is missing is that of a runtime error at `instance`.
    package init(_ problem: JSONValue, at instance: String) {
        self.init(
            type: problem["type"]?.stringValue ?? Kind.runtime.type,
            status: problem["status"]?.int64Value ?? Kind.runtime.status,
            title: problem["title"]?.stringValue,
            detail: problem["detail"]?.stringValue, instance: problem["instance"]?.stringValue ?? instance
        )
    }

    /// The kinds that the interpreter raises itself.
    package enum Kind: String, Sendable, CaseIterable {
        /// A value that the document computes does not fit where it goes.
        case configuration
        /// Data does not fit a schema, or has no canonical form.
        case validation
        /// An expression has no value.
        case expression
        /// A time limit was reached.
        case timeout
        /// A call went wrong.
        case communication
        /// A limit of the engine was reached.
        case runtime
        /// A human said no.
        case rejected
        /// A request expired without an answer, and without a default that stands for one.
        case expired
        /// A request was withdrawn.
        case withdrawn
        /// The policy keeps the call from agents.
        case blocked

        /// The type: the DSL's where it has one.
        package var type: String {
            switch self {
            case .configuration, .validation, .expression, .timeout, .communication, .runtime:
                "https://serverlessworkflow.io/spec/1.0.0/errors/\(rawValue)"
            case .rejected, .expired, .withdrawn: "urn:holdpoint:problem:request_\(rawValue)"
            case .blocked: "urn:holdpoint:problem:tool_blocked"
            }
        }

        /// The status unless a better one is known.
        package var status: Int64 {
            switch self {
            case .configuration, .validation, .expression: 400
            case .rejected, .blocked: 403
            case .timeout, .expired: 408
            case .withdrawn: 410
            case .communication, .runtime: 500
            }
        }

        var title: String {
            switch self {
            case .configuration: "Configuration error"
            case .validation: "Validation failed"
            case .expression: "Expression failed"
            case .timeout: "Timed out"
            case .communication: "Communication failed"
            case .runtime: "Runtime error"
            case .rejected: "Rejected by a human"
            case .expired: "Request expired"
            case .withdrawn: "Request withdrawn"
            case .blocked: "Blocked by the policy"
            }
        }
    }
}

extension WorkflowError {
    /// What fails a workflow whose next step would not fit its log or its state.
    package init(tooLargeUnder limits: SessionLimits) {
        self.init(
            .runtime,
            "the next step needs an event over \(limits.eventBytes) bytes or a state over \(limits.stateBytes) bytes",
            at: "")
    }

    /// What fails a workflow that the engine itself cannot carry on.
    package init(engineFault detail: String) {
        self.init(.runtime, detail, at: "")
    }

    /// What a workflow is told that cannot start another one.
    package init(starting child: ChildEffect, _ kind: Kind, _ detail: String) {
        self.init(kind, detail, at: child.task)
    }
}
