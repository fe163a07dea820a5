import EventLoop
import HTTPServer
import HoldpointEngine
import JSON
import RESTAPI

extension EmbeddedServer {
    /// The address to listen on as it stands in a URL.
    var host: String {
        ListenAddress.host(configuration.http.address)
    }

    /// Where the server can be reached, once it listens on this port.
    func url(port: UInt16) -> String { "\(configuration.tls == nil ? "http" : "https")://\(host):\(port)" }

    /// The HTTP server with the API as its handler; nothing is opened yet.
    func makeServer(
        for api: RESTAPI, on loop: EventLoop, credentials: TLSCredentials?
    ) -> HTTPServer {
        var http = configuration.http
        http.refusal = api.refusal
        http.tls = credentials
        return HTTPServer(loop: loop, configuration: http, handler: fittings.fit(api.handler))
    }

    /// Opens the listening socket; returns its port.
    func listen(_ server: HTTPServer) async throws(CommandFailure) -> UInt16 {
        do throws(HTTPServerError) {
            return try await server.start()
        } catch {
            switch error {
            case .invalidAddress: throw CommandFailure(.usage, "--listen: \(error)")
            case .cannotListen: throw CommandFailure(.cannotListen, "\(error)")
            case .outOfMemory, .notStartable: throw CommandFailure(.failed, "\(error)")
            }
        }
    }

    /// Waits for a reason to stop, and stops; returns what went wrong, if something did.
    ///
    /// First no request is begun any more and those under way get their replies; then the engine lays down its shards.
    func waitForEnd(_ stops: StopRequests, _ server: HTTPServer, _ engine: Engine) async -> String? {
        for await reason in stops.reasons {
            switch reason {
            case .signal(let number):
                log.write(.info, "stopping", [("signal", .integer(Int64(number)))])
                await server.drain()
                await engine.stop()
                return nil
            case .engine(let failure):
                await server.drain()
                return failure ?? "the engine ended by itself"
            }
        }
        return nil
    }
}
