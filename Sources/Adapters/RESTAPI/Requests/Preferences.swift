/// One preference of RFC 7240 that a route may honour.
package enum Preference: String, Sendable, Hashable {
    /// `wait=N`: answer when there is news, after N seconds at the latest.
    case wait
    /// `respond-async`: store the command and answer at once.
    case respondAsync = "respond-async"
}

/// What a caller prefers, as far as the route honours it; other preferences are ignored, as RFC 7240 has it.
struct Preferences: Sendable, Equatable {
    private(set) var waitSeconds: Int64?
    private(set) var respondsAsync = false

    /// Reads the `Prefer` headers; throws for a `wait` that is no number of seconds within the limit.
    init(_ fields: [String], allowed: [Preference], _ configuration: RESTConfiguration) throws(Problem) {
        guard !fields.isEmpty, !allowed.isEmpty else { return }
        for member in fields.flatMap({ $0.split(separator: ",") }) {
            let preference = member.prefix { $0 != ";" }
            let parts = preference.split(separator: "=", maxSplits: 1).map(Self.trimmed)
            guard let name = parts.first.flatMap({ Preference(rawValue: $0.lowercased()) }), allowed.contains(name)
            else { continue }
            switch name {
            case .respondAsync: respondsAsync = true
            case .wait:
                guard waitSeconds == nil, parts.count == 2,
                    let seconds = Self.seconds(parts[1], upTo: configuration.maximumWaitSeconds)
                else {
                    throw Problem.invalid(
                        "header:Prefer", "wait must be given once, as 0 to \(configuration.maximumWaitSeconds) seconds")
                }
                waitSeconds = seconds
            }
        }
    }

    private static func seconds(_ text: Substring, upTo maximum: Int64) -> Int64? {
        let bare = text.first == "\"" && text.last == "\"" && text.count >= 2 ? text.dropFirst().dropLast() : text
        guard !bare.isEmpty, bare.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let seconds = Int64(bare) else { return nil }
        return seconds <= maximum ? seconds : nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var rest = text
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}
