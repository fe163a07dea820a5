import HTTPClient
import HTTPServer
import HoldpointCore
import JSON

/// What comes over the wire besides JSON: heads of requests, targets, event streams, URLs and addresses.
enum WireInputs {
    private static let limits = HeadScanner.Limits(
        headBytes: 4_096, headerCount: 16, targetBytes: 1_024, bodyBytes: 1 << 20)

    /// A head is judged alike, however the network cut it.
    static func head(_ input: [UInt8]) throws(Finding) {
        let whole = Reading(of: input, cutEvery: max(input.count, 1))
        for size in [1, 2, 3, 7, 64, 1_000] where size < input.count {
            let cut = Reading(of: input, cutEvery: size)
            try require(cut == whole, "cut every \(size) bytes it is \(cut) and not \(whole)")
        }
        guard case .complete(let end) = whole.verdict else { return }
        try require(input[..<end].suffix(4).elementsEqual("\r\n\r\n".utf8), "a head ends with an empty line")
        try require((whole.contentLength ?? 0) <= 1 << 20, "an announced body is within the limit")
        let line = input.prefix { $0 != 0x0D }.split(separator: 0x20, omittingEmptySubsequences: false)
        let request = HTTPRequest(method: .get, target: String(decoding: line[1], as: UTF8.self))
        for segment in request.percentDecodedPathSegments() ?? [] {
            try require(!segment.utf8.contains(0), "a segment has no NUL")
        }
        for (name, value) in request.queryItems() ?? [] {
            try require(!name.utf8.contains(0) && !value.utf8.contains(0), "a query has no NUL")
        }
    }

    /// What a scanner made of a head that came in pieces.
    private struct Reading: Equatable {
        var verdict = HeadScanner.Verdict.incomplete
        var contentLength: Int?
        var isHead = false
        var isHTTP10 = false

        init(of input: [UInt8], cutEvery size: Int) {
            var scanner = HeadScanner()
            var start = 0
            while start < input.count, verdict == .incomplete {
                let piece = Array(input[start..<min(start + size, input.count)])
                verdict = piece.withUnsafeBytes { scanner.scan($0, limits: WireInputs.limits) }
                if case .complete(let end) = verdict { verdict = .complete(end: start + end) }
                start += size
            }
            if case .refused = verdict { return }
            contentLength = scanner.contentLength
            isHead = scanner.isHead
            isHTTP10 = scanner.isHTTP10
        }
    }

    /// A stream of events is read alike, however the network cut it.
    static func eventStream(_ input: [UInt8]) throws(Finding) {
        let whole = events(of: input, cutEvery: max(input.count, 1))
        for size in [1, 2, 3, 7] where size < input.count {
            try require(events(of: input, cutEvery: size) == whole, "cut every \(size) bytes it is the same")
        }
    }

    private static func events(of input: [UInt8], cutEvery size: Int) -> [ServerSentEvent]? {
        var parser = ServerSentEventParser(maximumEventBytes: 1_024)
        var found: [ServerSentEvent] = []
        for start in stride(from: 0, to: input.count, by: size) {
            guard let events = try? parser.consume(input[start..<min(start + size, input.count)]) else { return nil }
            found += events
        }
        return found
    }

    /// A URL and a reference on two lines, each also read as an address, a time and a template.
    static func url(_ input: [UInt8]) throws(Finding) {
        var lines = InputLines(input)
        let base = lines.line()
        let reference = lines.line()
        for text in [base, reference] {
            try address(text)
            try time(text)
            if let template = try? URITemplate(text) {
                let values = template.variables.map { ($0, JSONValue.string(reference)) }
                _ = try? template.expanded(with: JSONObject(values))
            }
        }
        guard let url = try? WebURL(base) else { return }
        try same(url)
        guard let target = try? url.resolving(reference) else { return }
        try same(target)
        let isReference = !reference.isEmpty && reference.first != "#"
        try require(!isReference || !target.hasDotSegments || reference.first == "?", "dot segments are resolved")
    }

    /// Whoever reads the text of a URL reads the same URL.
    private static func same(_ url: WebURL) throws(Finding) {
        guard let again = try? WebURL(url.text) else { throw Finding(description: "\(url.text) is a URL again") }
        try require(again == url, "\(url.text) is the same URL")
        try require(url.text.utf8.allSatisfy { 0x21...0x7E ~= $0 }, "a URL is made of visible ASCII")
    }

    private static func address(_ text: String) throws(Finding) {
        guard let address = IPAddress(text) else { return }
        try require(IPAddress(address.description) == address, "\(address) is the same address")
    }

    private static func time(_ text: String) throws(Finding) {
        guard let time = Timestamp(text) else { return }
        try require(Timestamp(time.description) == time, "\(time) is the same time")
    }
}
