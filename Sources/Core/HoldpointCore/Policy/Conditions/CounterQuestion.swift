import JSON

/// The name of a counter within its project, with everything that it is kept apart by.
package struct CounterKey: Sendable, Hashable {
    /// Canonical JSON (RFC 8785): equal values have equal texts, however they were written.
    package let text: String

    /// Reads back the `text` of a key.
    package init(recorded text: String) {
        self.text = text
    }

    init(_ parts: [JSONValue]) throws(PolicyDoubt) {
        do {
            text = String(decoding: try CanonicalJSON.encode(.array(parts)), as: UTF8.self)
        } catch {
            throw PolicyDoubt("a value that calls are told apart by has no canonical form")
        }
        guard text.utf8.count <= PolicyLimits.keyBytes else {
            throw PolicyDoubt("a value that calls are told apart by is longer than \(PolicyLimits.keyBytes) bytes")
        }
    }
}

/// What a policy must know of earlier calls before it can judge one, and what that call adds.
package struct CounterQuestion: Sendable, Hashable {
    /// Which counter.
    package let key: CounterKey
    /// Milliseconds before the call of which the counter is asked; 0 for ever.
    package let window: Int64
    /// What the call adds to it: one, or its amount in millionths.
    package let amount: Int64
    /// Whether it is added only once the call leaves; if not, a call that waits counts as well, until it is rejected.
    package let countsAtDispatch: Bool

    package init(key: CounterKey, window: Int64, amount: Int64, countsAtDispatch: Bool) {
        self.key = key
        self.window = window
        self.amount = amount
        self.countsAtDispatch = countsAtDispatch
    }
}

/// What is known of earlier calls.
package struct PolicyFacts: Sendable {
    private var values: [CounterQuestion: Int64] = [:]

    package init() {}

    /// What a counter has; nil if nobody has looked.
    package subscript(question: CounterQuestion) -> Int64? {
        get { values[question] }
        set { values[question] = newValue }
    }
}
