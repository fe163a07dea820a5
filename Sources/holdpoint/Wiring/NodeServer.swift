import EventLoop
import HTTPEffects
import HTTPServer
import HoldpointEngine
import HoldpointPorts
import JSON

/// A node in one process: wired over its store, served, and stopped in good order.
struct NodeServer: Sendable {
    /// How often the log tells what the engine coped with, and what is away or back.
    private static let troubleInterval = Duration.seconds(1)

    let configuration: ServerConfiguration
    let fittings: any ServerFittings
    let log = ServerLog(clock: SystemClock())

    init(_ configuration: ServerConfiguration, fittings: any ServerFittings = ShippedFittings()) {
        self.configuration = configuration
        self.fittings = fittings
    }

    /// What is told to whoever starts a server.
    struct Address: Sendable {
        let url: String
        /// The key that was made, on the first start only.
        let key: APIKey?
    }

    /// Serves until a signal or a failure; `announce` is called once the address is taken, before the engine begins.
    func run(announce: @Sendable (Address) -> Void) async throws(CommandFailure) {
        ProcessSetup.prepare()
        fittings.begin()
        let loop: EventLoop
        do throws(EventLoopError) {
            loop = try EventLoop.start(name: "holdpoint")
        } catch {
            throw CommandFailure(.failed, error.description)
        }
        // Before the store is touched: a start that is refused changes nothing.
        let certificate = try configuration.tls.map { files throws(CommandFailure) in
            try ServedCertificate(files, log: log)
        }
        let store = try await configuration.place.open(
            for: configuration.engine.node, fittings: fittings, on: loop)
        let failure: String?
        do throws(CommandFailure) {
            failure = try await serve(store, certificate, on: loop, announce)
        } catch {
            await store.close()
            throw error
        }
        if let failure {
            log.write(.error, "failed", [("detail", .string(failure))])
            throw CommandFailure(.failed, failure)
        }
        log.write(.info, "stopped")
    }

    /// Serves, and closes the store once it has; returns why the engine ended, if it did by itself.
    private func serve(
        _ store: any NodeStore, _ certificate: ServedCertificate?, on loop: EventLoop,
        _ announce: @Sendable (Address) -> Void
    ) async throws(CommandFailure) -> String? {
        let stops: StopRequests
        do throws(EventLoopError) {
            stops = try StopRequests(
                on: loop, limit: configuration.http.drainDeadline + StopRequests.patience, log: log)
        } catch {
            throw CommandFailure(.failed, error.description)
        }
        let calls = HTTPEffects(loop: loop, configuration: configuration.calls.effects)
        let ports = try makePorts(over: store, calls: calls, on: loop)
        let engine = Engine(configuration: configuration.engine, ports: fittings.fit(ports))
        let access = try makeAccessLog()
        let api = makeAPI(for: engine, access)
        let server = makeServer(for: api, on: loop, credentials: certificate?.credentials)
        do throws(EventLoopError) {
            try certificate?.keepCurrent(on: server)
        } catch {
            throw CommandFailure(.failed, error.description)
        }
        let port = try await listen(server)
        let metrics = try await serveMetrics(of: engine, over: store, api, server, on: loop)
        // Only now that the address is ours: a key that was made but could not be shown would be lost.
        announce(Address(url: url(port: port), key: try await store.makeFirstKey(configuration.developmentKey)))
        // The engine's work stays on the loop's thread, where its callers are; the store has threads of its own.
        let running = Task<String?, Never>(executorPreference: loop.taskExecutor) {
            do throws(EngineFailure) {
                try await engine.run()
                stops.engineEnded(nil)
                return nil
            } catch {
                stops.engineEnded(error.detail)
                return error.detail
            }
        }
        logListening(on: port, over: store)
        let trouble = TroubleLog(of: engine, log: log)
        let watch = loop.schedule(every: Self.troubleInterval) {
            Task(executorPreference: loop.taskExecutor) {
                await trouble.tellCounts()
                await trouble.tellProblems()
            }
        }
        let failure = await waitForEnd(stops, server, engine, trouble)
        if let detail = await running.value, failure == nil {
            log.write(.warning, "stop_not_clean", [("detail", .string(detail))])
        }
        await calls.stop()
        await metrics?.drain()
        watch.cancel()
        await trouble.tellCounts()
        await store.close()
        do throws(EventLoopError) {
            try loop.stop()
            try access?.finish()
        } catch {
            log.write(.warning, "loop_not_stopped")
        }
        return failure
    }
}
