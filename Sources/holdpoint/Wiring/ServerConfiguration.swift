import Glibc
import HTTPServer
import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import SealedSecrets

/// What a server is told at its start.
struct ServerConfiguration: Sendable {
    /// Where the data is.
    let place: StorePlace
    /// The engine's limits and intervals.
    private(set) var engine: EngineConfiguration
    /// The HTTP server's address and limits.
    var http: HTTPServerConfiguration
    /// The certificate and key to serve HTTPS with; nil for plain HTTP.
    let tls: TLSFiles?
    /// Who may use the API how, and who may watch it.
    let edge: EdgeConfiguration
    /// Whom the calls of workflows and deliveries to webhooks may reach.
    let calls: CallConfiguration
    /// The key that is made on an empty folder, if it was given.
    let developmentKey: APIKey?

    /// Reads the settings; throws for what cannot be.
    init(_ settings: Settings) throws(CommandFailure) {
        place = try StorePlace(settings)
        let name = settings.text(.node) == Setting.node.standard ? HostName.current : settings.text(.node) ?? ""
        do throws(InvalidName) {
            engine = Self.engine(try NodeName(name), settings)
        } catch {
            throw CommandFailure(.usage, "--node: \(error)")
        }
        engine.operatorKey = try Self.key(.operatorKey, settings).map { OperatorKey($0, hasher: SHA256Hasher()) }
        http = try Self.http(settings)
        edge = try EdgeConfiguration(settings)
        var calls = try CallConfiguration(settings)
        calls.makeRoom(for: engine)
        self.calls = calls
        engine.callTimeoutMilliseconds = calls.timeoutMilliseconds
        tls = try Self.tls(settings)
        developmentKey = try Self.key(.developmentKey, settings)
        if case .servers = place, developmentKey != nil {
            throw CommandFailure(
                .usage, "\(Setting.developmentKey.variable) is for a data folder; with --postgres give it to migrate")
        }
    }

    /// The key that a setting gives, if it does.
    static func key(_ setting: Setting, _ settings: Settings) throws(CommandFailure) -> APIKey? {
        guard let text = settings.givenText(setting) else { return nil }
        guard let key = APIKey(text) else {
            throw CommandFailure(.usage, "\(setting.variable) must have the form \(APIKey.form)")
        }
        return key
    }

    private static func engine(_ node: NodeName, _ settings: Settings) -> EngineConfiguration {
        var engine = EngineConfiguration(node: node)
        engine.sessionLimits.eventBytes = settings.number(.eventBytes)
        engine.sessionLimits.stateBytes = settings.number(.stateBytes)
        engine.sessionLimits.openRequests = settings.number(.openRequests)
        return engine
    }

    private static func tls(_ settings: Settings) throws(CommandFailure) -> TLSFiles? {
        switch (settings.givenText(.tlsCertificate), settings.givenText(.tlsKey)) {
        case (nil, nil): nil
        case (let certificate?, let key?): TLSFiles(certificate: certificate, key: key)
        default: throw CommandFailure(.usage, "--tls-certificate and --tls-key are only of use together")
        }
    }

    private static func http(_ settings: Settings) throws(CommandFailure) -> HTTPServerConfiguration {
        let place = try ListenAddress(settings.text(.listen) ?? "", setting: .listen)
        var http = HTTPServerConfiguration()
        http.address = place.address
        http.port = place.port
        http.maximumBodyBytes = settings.number(.bodyBytes)
        http.maximumConnections = settings.number(.connections)
        http.maximumRequestsInFlight = settings.number(.requestsInFlight)
        http.drainDeadline = .seconds(settings.number(.drainSeconds))
        return http
    }
}

/// The host's name, as far as it does for a node's.
enum HostName {
    static var current: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "holdpoint" }
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (try? NodeName(text))?.text ?? "holdpoint"
    }
}
