/// Which events of a project its webhook can be told of.
package enum WebhookEvents {
    /// Whether a webhook is told of an event if it does not name types: what becomes of questions to humans, and what
    /// came of the calls that they were about, as far as a project's watchers see it at all.
    ///
    /// - Parameter isOnFeed: whether a project's watchers see the event.
    package static func isTold(_ type: EventType, isOnFeed: Bool) -> Bool {
        isOnFeed && (type.text.hasPrefix("hitl_") || outcomes.contains(type.text))
    }

    private static let outcomes: Set<String> = ["tool_completed", "tool_failed"]

    /// The types that a webhook may name, in the order of the registry.
    package static let names: [String] = EventRegistry.types.compactMap { type in
        isTold(type.type, isOnFeed: type.isOnFeed) ? type.type.text : nil
    }
}
