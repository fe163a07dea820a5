import HTTPClient
import JSON

/// A client of the REST API, within one project or, for the operator, of the whole server.
struct RESTClient: Sendable {
    /// An answer of the server that is no refusal.
    struct Reply: Sendable {
        let status: Int
        let value: JSONValue
    }

    private static let patience = Duration.seconds(75)

    private let url: String
    private let key: String
    /// The segments that stand before every path.
    private let base: [String]
    private let authoritiesFile: String?

    /// Who calls, and where.
    enum Role: Sendable {
        /// The holder of a key, within the project that the settings name.
        case keyHolder
        /// The operator, above all projects.
        case administrator
    }

    init(_ settings: Settings, as role: Role = .keyHolder) throws(CommandFailure) {
        let own = role == .administrator ? settings.givenText(.operatorKey) : nil
        guard let key = own ?? settings.text(.key), !key.isEmpty else {
            let variables = role == .administrator ? "HOLDPOINT_OPERATOR_KEY" : "HOLDPOINT_KEY, or give --key"
            throw CommandFailure(.usage, "no API key: set \(variables)")
        }
        self.key = key
        var url = settings.text(.url) ?? ""
        while url.hasSuffix("/") { url.removeLast() }
        self.url = url
        base = role == .administrator ? ["v1"] : ["v1", "projects", settings.text(.project) ?? "default"]
        authoritiesFile = settings.givenText(.authorities)
    }

    /// Sends a request and returns the answer; throws for a refusal, with the server's own sentence.
    ///
    /// - Parameters:
    ///   - path: the segments under the project, or under the version for the operator.
    ///   - query: names and values; a nil value is left out.
    ///   - prefer: the value of the `Prefer` header.
    func call(
        _ method: String, _ path: [String], query: [(String, String?)] = [], body: JSONValue? = nil,
        prefer: String? = nil
    ) throws(CommandFailure) -> Reply {
        var request = HTTPClient.Request(
            method: method, url: address(path, query), headers: headers(prefer: prefer), body: body?.serialized(),
            timeout: Self.patience, authoritiesFile: authoritiesFile)
        if body != nil { request.headers.append(HTTPClient.Header("Content-Type", "application/json")) }
        do {
            return try Self.judge(try HTTPClient.perform(request))
        } catch let error as HTTPClientError {
            throw Self.failure(error)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
    }

    /// The items of a list, page by page, at most `limit` of them.
    func list(
        _ path: [String], query: [(String, String?)], limit: Int
    ) throws(CommandFailure) -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            let size = String(min(limit - items.count, 100))
            let page = try call("GET", path, query: query + [("limit", size), ("cursor", cursor)]).value
            items += page["items"]?.arrayValue ?? []
            cursor = page["next_cursor"]?.stringValue
        } while cursor != nil && items.count < limit
        return Array(items.prefix(limit))
    }

    /// Follows an event stream until it ends or the receiver stops it.
    func stream(
        _ path: [String], query: [(String, String?)], lastEventID: String?,
        receive: @escaping (ServerSentEvent) -> HTTPClient.StreamDecision
    ) throws(HTTPClientError) -> HTTPClient.StreamEnd {
        var request = HTTPClient.Request(
            url: address(path, query), headers: headers(prefer: nil), timeout: .seconds(60),
            authoritiesFile: authoritiesFile)
        request.headers.append(HTTPClient.Header("Accept", "text/event-stream"))
        if let lastEventID { request.headers.append(HTTPClient.Header("Last-Event-ID", lastEventID)) }
        return try HTTPClient.stream(request, onEvent: receive)
    }

    private func headers(prefer: String?) -> [HTTPClient.Header] {
        let common = [HTTPClient.Header("Authorization", "Bearer \(key)")]
        return common + (prefer.map { [HTTPClient.Header("Prefer", $0)] } ?? [])
    }

    private func address(_ path: [String], _ query: [(String, String?)]) -> String {
        let target = (base + path).map(PercentEncoding.encode).joined(separator: "/")
        let items = query.compactMap { name, value in value.map { "\(name)=\(PercentEncoding.encode($0))" } }
        return "\(url)/\(target)" + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
    }
}

extension RESTClient {
    /// Reads an answer; a status from 400 on is thrown.
    static func judge(_ response: HTTPClient.Response) throws(CommandFailure) -> Reply {
        let value = (try? JSONParser.parse(response.body, limits: JSONLimits(maximumBytes: 64 << 20))) ?? .null
        guard response.status >= 400 else { return Reply(status: response.status, value: value) }
        var detail = value["detail"]?.stringValue ?? value["title"]?.stringValue ?? "the server answered"
        detail += " (\(response.status)" + (value["code"]?.stringValue.map { " \($0)" } ?? "") + ")"
        for error in value["errors"]?.arrayValue ?? [] {
            let pointer = error["pointer"]?.stringValue ?? ""
            detail += "\n  \(pointer.isEmpty ? "the document" : pointer): \(error["detail"]?.stringValue ?? "")"
        }
        if let winner = value["winner"], !winner.isNull { detail += "\n  winner: \(winner.text)" }
        throw CommandFailure(exitCode(of: response.status), detail)
    }

    /// What a failed transfer means to a script.
    static func failure(_ error: HTTPClientError) -> CommandFailure {
        switch error {
        case .invalidRequest(let reason): CommandFailure(.usage, "--url, --ca or a header does not do: \(reason)")
        case .unreachable, .transferFailed: CommandFailure(.unreachable, error.description)
        case .timedOut: CommandFailure(.timedOut, error.description)
        case .responseTooLarge: CommandFailure(.failed, error.description)
        }
    }

    private static func exitCode(of status: Int) -> ExitCode {
        switch status {
        case 404: .notFound
        case 408, 429, 502, 503, 504: .unreachable
        case 500...: .failed
        default: .refused
        }
    }
}

/// Text in a URL (RFC 3986): everything but unreserved characters is escaped.
enum PercentEncoding {
    static func encode(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }
}
