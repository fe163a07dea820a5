package import JSON

/// What a request asks, typed, with the rules for its answer.
package protocol RequestQuestion: Sendable, Equatable {
    /// The type on the wire.
    static var type: RequestType { get }

    /// Reads the fields of this type from the body that opens a request.
    ///
    /// What is wrong is recorded in the reader; nil only where something was.
    static func read(from reader: inout JSONObjectReader, title: String) -> Self?

    /// Writes the fields of this type as members of an object that is already begun.
    func write(into writer: inout JSONWriter)

    /// The JSON Schema (2020-12) of an answer, for clients that draw forms.
    var answerSchema: JSONValue { get }

    /// What is wrong with an answer, as pointers into it; empty if it fits.
    ///
    /// The actor judges with this. Values of secret fields are handles by then (I9).
    func violations(ofAnswer answer: JSONValue) -> [JSONViolation]

    /// The full form of a default that was given in short, such as a bare option id.
    func expandedDefault(_ value: JSONValue) -> JSONValue

    /// What is wrong with declaring any default for this type at all, or nil.
    var refusalOfDefault: String? { get }

    /// What is wrong with a response schema of the caller's own, or nil.
    var refusalOfResponseSchema: String? { get }
}

extension RequestQuestion {
    package func expandedDefault(_ value: JSONValue) -> JSONValue { value }
    package var refusalOfDefault: String? { nil }
    package var refusalOfResponseSchema: String? { nil }
}

/// The one registry of request types.
package enum RequestQuestions {
    /// The question of each type, in the order of `RequestType`.
    package static func question(for type: RequestType) -> any RequestQuestion.Type {
        switch type {
        case .clarification: ClarificationQuestion.self
        case .decision: DecisionQuestion.self
        case .environment: EnvironmentQuestion.self
        case .permission: PermissionQuestion.self
        }
    }
}

/// Whether two questions of possibly different types are equal.
func areEqual(_ left: any RequestQuestion, _ right: any RequestQuestion) -> Bool {
    func compare<Question: RequestQuestion>(_ left: Question) -> Bool {
        (right as? Question) == left
    }
    return compare(left)
}
