import EventLoop
import HTTPServer
import HoldpointEngine
import HoldpointPorts
import RESTAPI

/// The server of `/metrics`, on an address of its own and without keys: whoever reaches the address may read it.
///
/// There is no tenant in the numbers, but they are of all tenants together: no tenant's key should open them.
struct MetricsServer: Sendable {
    /// Connections to the address of the metrics that may be open at once.
    static let maximumConnections = 64

    private let server: HTTPServer
    /// Where it listens, as it stands in a URL.
    let host: String

    /// Makes the server; nothing is opened yet.
    init(at address: ListenAddress, of engine: Engine, _ api: RESTAPI, _ main: HTTPServer, on loop: EventLoop) {
        var http = HTTPServerConfiguration()
        http.address = address.address
        http.port = address.port
        http.maximumConnections = Self.maximumConnections
        http.maximumBodyBytes = 0
        http.refusal = RESTAPI.refusal()
        host = ListenAddress.host(address.address)
        server = HTTPServer(
            loop: loop, configuration: http,
            handler: MetricsEndpoint.handler {
                await Self.metrics(of: engine) + main.statistics().metrics + api.metrics
            })
    }

    /// Opens the listening socket; returns its port.
    func listen() async throws(CommandFailure) -> UInt16 {
        do throws(HTTPServerError) {
            return try await server.start()
        } catch {
            switch error {
            case .invalidAddress: throw CommandFailure(.usage, "\(Setting.metricsListen.flag): \(error)")
            case .cannotListen: throw CommandFailure(.cannotListen, "\(error)")
            case .outOfMemory, .notStartable: throw CommandFailure(.failed, "\(error)")
            }
        }
    }

    /// Ends it.
    func drain() async { await server.drain() }

    private static func metrics(of engine: Engine) async -> [Metric] {
        let statistics = await engine.statistics()
        return [
            Metric(
                gauge: "holdpoint_ready", "1 while commands are taken, else 0.",
                await engine.readiness().isReady ? 1 : 0),
            Metric(
                gauge: "holdpoint_resident_sessions", "Sessions that are in memory.", await engine.residentSessions),
            Metric(
                counter: "holdpoint_snapshots_refused", "Snapshots that did not verify, so that the log was folded.",
                statistics.snapshotsRefused),
            Metric(
                counter: "holdpoint_commits_in_doubt", "Commits whose outcome was unknown at first.",
                statistics.commitsInDoubt),
            Metric(
                counter: "holdpoint_sessions_quarantined", "Sessions that were quarantined.",
                statistics.sessionsQuarantined),
        ]
    }
}
