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
    init(
        at address: ListenAddress, of engine: Engine, over store: any NodeStore, _ api: RESTAPI, _ main: HTTPServer,
        on loop: EventLoop
    ) {
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
                await EngineMetrics.of(engine) + store.metrics() + main.statistics().metrics + api.metrics
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
}
