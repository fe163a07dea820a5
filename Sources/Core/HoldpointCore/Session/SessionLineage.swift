package import JSON

/// The session whose workflow runs another one.
package struct SessionParent: Sendable, Equatable {
    /// Its internal name.
    package let key: SessionKey
    /// Its name in the API.
    package let session: SessionID
    /// The number of its event that started the child.
    package let effect: Int64
    /// How many sessions the child is within; 1 for the first.
    package let depth: Int64

    package init(key: SessionKey, session: SessionID, effect: Int64, depth: Int64) {
        self.key = key
        self.session = session
        self.effect = effect
        self.depth = depth
    }

    /// Reads what `json` wrote; nil for anything else.
    package init?(recorded value: JSONValue) {
        guard let key = value["key"]?.stringValue.flatMap({ Identifier128(hexadecimal: $0) }),
            let session = value["session"]?.stringValue.flatMap({ try? SessionID($0) }),
            let effect = value["effect"]?.int64Value, let depth = value["depth"]?.int64Value
        else { return nil }
        self.init(key: SessionKey(key), session: session, effect: effect, depth: depth)
    }

    /// The form in which events have it.
    package var json: JSONValue {
        [
            "key": .string(key.description), "session": .string(session.text), "effect": .integer(effect),
            "depth": .integer(depth),
        ]
    }
}

/// The sessions before one that goes on for another.
package struct SessionLineage: Sendable, Equatable {
    /// The one right before.
    package let previous: SessionID
    /// The one with which it all began.
    package let first: SessionID

    package init(previous: SessionID, first: SessionID) {
        self.previous = previous
        self.first = first
    }

    /// Reads what `json` wrote; nil for anything else.
    package init?(recorded value: JSONValue) {
        guard let previous = value["session"]?.stringValue.flatMap({ try? SessionID($0) }),
            let first = value["first"]?.stringValue.flatMap({ try? SessionID($0) })
        else { return nil }
        self.init(previous: previous, first: first)
    }

    /// The form in which events have it.
    package var json: JSONValue { ["session": .string(previous.text), "first": .string(first.text)] }
}
