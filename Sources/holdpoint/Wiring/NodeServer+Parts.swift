import EventLoop
import HTTPEffects
import HTTPServer
import HoldpointEngine
import HoldpointPorts
import JSON
import RESTAPI
import SealedSecrets
import YAMLDocuments

extension NodeServer {
    /// The address to listen on as it stands in a URL.
    var host: String {
        ListenAddress.host(configuration.http.address)
    }

    /// Where the server can be reached, once it listens on this port.
    func url(port: UInt16) -> String { "\(configuration.tls == nil ? "http" : "https")://\(host):\(port)" }

    /// The ports of the engine: those of the store, and those that are this process's own.
    func makePorts(
        over store: any NodeStore, calls: HTTPEffects, on loop: EventLoop
    ) throws(CommandFailure) -> EnginePorts {
        EnginePorts(
            journal: store.journal, directory: store.directory, streams: store.streams, clock: store.clock,
            entropy: try SealingKey.entropy(), hasher: SHA256Hasher(), secretBox: store.secretBox, signer: store.signer,
            expressions: try ExpressionWorker.evaluator(), documents: YAMLDocuments(), calls: calls,
            executors: SharedExecutor(of: LoopIsolation(on: loop), continuations: loop.taskExecutor))
    }

    /// Says in the log that the server can be reached.
    func logListening(on port: UInt16, over store: any NodeStore) {
        let node = configuration.engine.node.text
        let members: [(String, JSONValue)] = [("address", .string("\(host):\(port)")), ("node", .string(node))]
        log.write(.info, "listening", members + store.logMembers)
    }

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
    func waitForEnd(
        _ stops: StopRequests, _ server: HTTPServer, _ engine: Engine, _ trouble: TroubleLog
    ) async -> String? {
        for await reason in stops.reasons {
            await trouble.endWatch()
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
