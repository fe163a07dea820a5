import EventLoop
import HTTPServer
import HoldpointEngine
import JSON
import RESTAPI

extension NodeServer {
    /// The API in front of the engine, with the limits that were set.
    func makeAPI(for engine: Engine, _ access: AccessLog?) -> RESTAPI {
        var rest = RESTConfiguration()
        rest.maximumBodyBytes = configuration.http.maximumBodyBytes
        rest.rateLimit = configuration.edge.rateLimit
        rest.allowedOrigins = configuration.edge.origins
        if let access { rest.observe = { access.note($0) } }
        return RESTAPI(gateway: engine, configuration: rest)
    }

    /// The log of requests, if it was asked for.
    func makeAccessLog() throws(CommandFailure) -> AccessLog? {
        guard configuration.edge.logsAccess else { return nil }
        do throws(EventLoopError) {
            return try AccessLog(log, clock: SystemClock())
        } catch {
            throw CommandFailure(.failed, error.description)
        }
    }

    /// Serves `/metrics`, if an address was given for it.
    func serveMetrics(
        of engine: Engine, over store: any NodeStore, _ api: RESTAPI, _ server: HTTPServer, on loop: EventLoop
    ) async throws(CommandFailure) -> MetricsServer? {
        guard let address = configuration.edge.metrics else { return nil }
        let metrics = MetricsServer(at: address, of: engine, over: store, api, server, on: loop)
        let port = try await metrics.listen()
        log.write(.info, "metrics_listening", [("address", .string("\(metrics.host):\(port)"))])
        return metrics
    }
}
