package import HoldpointCore
package import HoldpointPorts

extension Engine {
    package func watch(
        session id: SessionID, in scope: Scope, after sequence: Int64, subscriber: SubscriberID, sink: any EventSink
    ) async throws(GatewayError) -> WatchStart {
        var state = try await session(id, in: scope).state
        if state.sequence < sequence, let stored = try await stored(state.identity.key, in: scope) {
            // While the session is in doubt about a commit, its subscribers may have seen more than it knows.
            state = stored.state
        }
        guard sequence <= state.sequence else {
            throw .rejected(Rejection(.cursorInvalid, "the session has \(state.sequence) events"))
        }
        do {
            return try await hub.watch(
                state.identity, head: state.sequence, isFinal: state.status.isFinal, after: sequence,
                subscriber: subscriber, sink: sink)
        } catch {
            throw GatewayError(SessionFailure(error))
        }
    }

    package func watch(
        feedOf scope: Scope, after position: FeedPosition?, types: Set<EventType>?, subscriber: SubscriberID,
        sink: any EventSink
    ) async throws(GatewayError) -> WatchStart {
        let bounds = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.feedBounds(in: scope)
        }
        // The very beginning is no place that anybody has read up to: it asks for whatever is kept.
        if let position, position != .start, position < bounds.oldest {
            throw .rejected(Rejection(.positionGone, "the feed is kept from position \(bounds.oldest) on"))
        }
        if let position, bounds.head < position {
            throw .rejected(Rejection(.cursorInvalid, "the feed ends at position \(bounds.head)"))
        }
        try await reading { () throws(JournalError) in
            try await self.hub.watch(
                feedOf: scope, after: position ?? bounds.head, types: types, subscriber: subscriber, sink: sink)
        }
        return .streaming
    }

    package func unwatch(_ subscriber: SubscriberID, sink: any EventSink) async {
        await hub.unwatch(subscriber, sink: sink)
    }
}
