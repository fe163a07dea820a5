import HTTPServer
import HoldpointCore
import HoldpointPorts

/// Server-sent events: a session's log as it grows, and the feed of a project.
enum StreamRoutes {
    static let all = [
        Route(
            .get, Route.projectPrefix + "/sessions/{id}/stream", [.sessionsRead],
            "A session's events from the first on; ends after the session does.", query: [.afterSequence],
            isStream: true,
            replies: ReplyForm.stream, session),
        Route(
            .get, Route.projectPrefix + "/stream", [.sessionsRead],
            "The project's feed from now on, or after a position.", query: [.afterPosition, .types], isStream: true,
            replies: ReplyForm.stream, refusals: [410], feed),
    ]

    private static func session(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let id = try call.sessionID()
        let after = try position(of: call) { Call.number($0) } ?? 0
        return try await open(call) { subscriber in
            try await call.gateway.watch(
                session: id, in: call.scope, after: after, subscriber: subscriber, sink: call.edge.sink)
        }
    }

    private static func feed(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let types = try types(of: call)
        let after = try position(of: call) { FeedPosition($0) }
        return try await open(call) { subscriber in
            try await call.gateway.watch(
                feedOf: call.scope, after: after, types: types, subscriber: subscriber, sink: call.edge.sink)
        }
    }

    /// Where to go on: after `Last-Event-ID`, which a reconnecting client adds to the same URL, or after `?after=`.
    private static func position<Position>(
        of call: Call, _ parse: (String) -> Position?
    ) throws(Problem) -> Position? {
        let header = call.request.headers.values("Last-Event-ID")
        let given = header.last.map { ("header:Last-Event-ID", $0) } ?? call.query["after"].map { ("query:after", $0) }
        guard let (pointer, text) = given else { return nil }
        guard header.count <= 1, let position = parse(text) else {
            throw Problem.invalid(pointer, "must be the id of an event of this stream")
        }
        return position
    }

    private static func types(of call: Call) throws(Problem) -> Set<EventType>? {
        guard let text = call.query["types"] else { return nil }
        var types: Set<EventType> = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let type = EventRegistry.type(named: String(name)), type.isOnFeed else {
                throw Problem.invalid("query:types", "must be a list, with commas, of \(feedTypes)")
            }
            types.insert(type.type)
        }
        return types
    }

    private static let feedTypes = EventRegistry.types.filter { $0.isOnFeed }.map { $0.type.text }
        .joined(separator: ", ")

    private static let headers: HTTPHeaders = [
        "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
    ]

    /// Subscribes first, so that a refusal still has a status of its own, and then opens the stream.
    private static func open(
        _ call: Call, _ watch: @escaping @Sendable (SubscriberID) async throws -> WatchStart
    ) async throws -> HTTPReply {
        let (gateway, sink, client) = (call.gateway, call.edge.sink, call.client)
        let subscriber = sink.reserve()
        let unwatch: HTTPWork = { _ in await gateway.unwatch(subscriber, sink: sink) }
        let leave: @Sendable () -> Void = {
            sink.forget(subscriber)
            client.perform(unwatch)
        }
        client.onDisconnect(leave)
        let opening = await sink.opening(
            of: subscriber, client: client, { try await watch(subscriber) }, unwatch: unwatch)
        switch opening {
        case .begun:
            return .eventStream(headers: headers) { stream in
                sink.open(subscriber, on: stream)
                stream.onClose(leave)
            }
        case .failed(let error):
            sink.forget(subscriber)
            throw error
        case .nothingLeft, .gone:
            sink.forget(subscriber)
            return .response(HTTPResponse(status: 204))
        }
    }
}
