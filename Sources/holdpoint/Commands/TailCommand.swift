import Glibc
import HTTPClient
import JSON

/// The command that prints events as they come.
enum TailCommand {
    /// Attempts to come back to a server that went away, one second apart.
    private static let attempts = 60

    static let command = Command(
        "tail", "Print the events of a session, or of the whole project.",
        details: "With a session: its log so far, and with -f what comes, until it ends. Without one: the project's "
            + "feed from now on, which always follows. A cut stream is resumed where it broke off, without gap or "
            + "double.",
        operands: [Operand("SESSION", "The session's id; left out, the project's feed.", isOptional: true)],
        options: [
            CommandOption("--follow", short: "-f", "Go on with what comes, until the session ends."),
            CommandOption("--after", value: "POSITION", "Begin after this seq, or id of the feed (0: all)."),
            CommandOption("--types", value: "A,B", "Only these types (feed only)."),
        ] + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint tail order-7", "the log of a session"),
            CommandExample("holdpoint tail -f order-7", "follow it to its end"),
            CommandExample(
                "holdpoint tail --types hitl_requested -o json", "every question to a human, as it is asked"),
        ]
    ) { call in
        let client = try RESTClient(call.settings)
        let session = call.operands.first
        if session != nil, call.value("--types") != nil {
            throw CommandFailure(.usage, "--types is for the feed only")
        }
        if let session, !call.has("--follow") { return try printLog(of: session, client, call) }
        let path = session.map { ["sessions", $0, "stream"] } ?? ["stream"]
        return try follow(path, client, call)
    }

    private static func printLog(of session: String, _ client: RESTClient, _ call: Invocation) throws -> ExitCode {
        var after = call.value("--after") ?? "0"
        while true {
            let page = try client.call(
                "GET", ["sessions", session, "events"], query: [("after", after), ("limit", "100")]
            ).value
            let items = page["items"]?.arrayValue ?? []
            for event in items { show(event, call, withSession: false) }
            guard page["has_more"]?.boolValue == true, let last = items.last?["seq"]?.int64Value else {
                return .success
            }
            after = String(last)
        }
    }

    private static func follow(_ path: [String], _ client: RESTClient, _ call: Invocation) throws -> ExitCode {
        let isFeed = path.count == 1
        // A session's log begins at its first event whenever it is asked for; the feed begins now.
        let place = Place(call.value("--after") ?? (isFeed ? nil : "0"))
        var failures = 0
        while true {
            do {
                let start = place.lastID == nil ? place.start : nil
                let end = try client.stream(
                    path, query: [("types", call.value("--types")), ("after", start)], lastEventID: place.lastID
                ) { event in
                    failures = 0
                    place.lastID = event.id
                    let value = (try? JSONParser.parse(event.data)) ?? .string(event.data)
                    show(value, call, withSession: isFeed)
                    return .goOn
                }
                if case .answered(let response) = end { _ = try RESTClient.judge(response) }
                // A session's stream ends with it; the feed only when the server stops.
                if !isFeed { return .success }
                guard place.isKnown else { throw CommandFailure(.unreachable, "the feed ended before its first event") }
            } catch let error as HTTPClientError {
                let failure = RESTClient.failure(error)
                // A feed from "now on" cannot be resumed before its first event has told its place.
                guard failure.status != .usage, place.isKnown, failures < attempts else { throw failure }
            }
            failures += 1
            guard failures <= attempts else { throw CommandFailure(.unreachable, "the server went away") }
            sleep(1)
        }
    }

    /// Where the stream stands; it is used on one thread, by the receiver and by the loop around it.
    private final class Place {
        let start: String?
        var lastID: String?

        /// Whether the stream can be resumed here without a gap.
        var isKnown: Bool { lastID != nil || start != nil }

        init(_ start: String?) {
            self.start = start
        }
    }

    private static func show(_ event: JSONValue, _ call: Invocation, withSession: Bool) {
        call.output.result(event, text: SessionText.event(event, withSession: withSession))
    }
}
