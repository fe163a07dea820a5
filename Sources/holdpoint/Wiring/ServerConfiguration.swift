import Glibc
import HTTPServer
import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import SQLiteJournal
import SealedSecrets

/// What a server is told at its start.
struct ServerConfiguration: Sendable {
    /// The data folder.
    let folder: String
    /// The engine's limits and intervals.
    private(set) var engine: EngineConfiguration
    /// The HTTP server's address and limits.
    var http: HTTPServerConfiguration
    /// The certificate and key to serve HTTPS with; nil for plain HTTP.
    let tls: TLSFiles?
    /// Who may use the API how, and who may watch it.
    let edge: EdgeConfiguration
    /// Whom the calls of workflows may reach.
    let calls: CallConfiguration
    /// The store's limits.
    let journal: SQLiteJournalConfiguration
    /// The key that is made on an empty store, if it was given.
    let developmentKey: APIKey?

    /// Reads the settings; throws for what cannot be.
    init(_ settings: Settings) throws(CommandFailure) {
        folder = try DataFolder.path(settings)
        let name = settings.text(.node) == Setting.node.standard ? HostName.current : settings.text(.node) ?? ""
        do throws(InvalidName) {
            engine = Self.engine(try NodeName(name), settings)
        } catch {
            throw CommandFailure(.usage, "--node: \(error)")
        }
        engine.operatorKey = try Self.key(.operatorKey, settings).map { OperatorKey($0, hasher: SHA256Hasher()) }
        http = try Self.http(settings)
        edge = try EdgeConfiguration(settings)
        calls = try CallConfiguration(settings)
        engine.callTimeoutMilliseconds = calls.timeoutMilliseconds
        tls = try Self.tls(settings)
        var journal = SQLiteJournalConfiguration(folder: folder, role: .engine)
        let bytes = settings.number(.databaseBytes)
        journal.maximumDatabaseBytes = bytes > 0 ? Int64(bytes) : nil
        self.journal = journal
        developmentKey = try Self.key(.developmentKey, settings)
    }

    private static func key(_ setting: Setting, _ settings: Settings) throws(CommandFailure) -> APIKey? {
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

/// Where the data is.
enum DataFolder {
    /// The folder that the settings name, or the one of the user's state (XDG Base Directory Specification).
    static func path(_ settings: Settings) throws(CommandFailure) -> String {
        if let given = settings.givenText(.data) { return given }
        if let state = variable("XDG_STATE_HOME") { return state + "/holdpoint" }
        guard let home = variable("HOME") else {
            throw CommandFailure(.usage, "there is no HOME to keep the data in; give --data DIR")
        }
        return home + "/.local/state/holdpoint"
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
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
