import HTTPServer
import RESTAPI

/// Who may use the API how, and who may watch it.
struct EdgeConfiguration: Sendable {
    /// How often one key may call; nil: as often as it likes.
    let rateLimit: RateLimit?
    /// The web pages that may call from a browser.
    let origins: AllowedOrigins
    /// Where `/metrics` is served; nil: nowhere.
    let metrics: ListenAddress?
    /// Whether each request leaves a line in the log.
    let logsAccess: Bool

    /// Reads the settings; throws for what cannot be.
    init(_ settings: Settings) throws(CommandFailure) {
        let rate = settings.number(.keyRate)
        rateLimit = rate > 0 ? RateLimit(requestsPerSecond: rate, burst: settings.number(.keyBurst)) : nil
        let texts = (settings.givenText(.allowedOrigins) ?? "").split(separator: ",").map(String.init)
        do throws(AllowedOrigins.InvalidOrigin) {
            origins = try AllowedOrigins(texts)
        } catch {
            throw CommandFailure(.usage, "\(Setting.allowedOrigins.flag): \(error)")
        }
        metrics = try settings.givenText(.metricsListen).map { text throws(CommandFailure) in
            try ListenAddress(text, setting: .metricsListen)
        }
        logsAccess = settings.text(.accessLog) == "on"
    }
}

/// An address and a port to listen on.
struct ListenAddress: Sendable, Equatable {
    /// The numeric address, without brackets.
    let address: String
    /// The port; 0 for any free one.
    let port: UInt16

    /// Reads `ADDRESS:PORT`; an IPv6 address stands in brackets, and `localhost` for the IPv4 loopback.
    init(_ text: String, setting: Setting) throws(CommandFailure) {
        guard let mark = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: mark)...]) else {
            throw CommandFailure(.usage, "\(setting.flag): '\(text)' is not ADDRESS:PORT")
        }
        var address = text[..<mark]
        if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
        self.address = address == "localhost" ? "127.0.0.1" : String(address)
        self.port = port
    }

    /// An address as it stands in a URL.
    static func host(_ address: String) -> String { address.contains(":") ? "[\(address)]" : address }
}
