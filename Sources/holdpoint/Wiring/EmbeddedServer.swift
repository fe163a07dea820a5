import EventLoop
import HTTPEffects
import HoldpointEngine
import HoldpointPorts
import JSON
import SQLiteJournal

/// A node that runs in one process on one folder: wired, served, and stopped in good order.
struct EmbeddedServer: Sendable {
    /// How often the log tells what the engine coped with.
    private static let troubleInterval = Duration.seconds(5)

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
        // Before the folder is touched: a start that is refused changes nothing.
        let certificate = try configuration.tls.map { files throws(CommandFailure) in
            try ServedCertificate(files, log: log)
        }
        let store = try await EmbeddedStore(configuration, on: loop)
        do throws(CommandFailure) {
            try await serve(store, certificate, on: loop, announce)
            await store.journal.close()
        } catch {
            await store.journal.close()
            throw error
        }
    }

    private func serve(
        _ store: EmbeddedStore, _ certificate: ServedCertificate?, on loop: EventLoop,
        _ announce: @Sendable (Address) -> Void
    ) async throws(CommandFailure) {
        let stops: StopRequests
        do throws(EventLoopError) {
            stops = try StopRequests(on: loop)
        } catch {
            throw CommandFailure(.failed, error.description)
        }
        let engine = Engine(configuration: configuration.engine, ports: fittings.fit(store.ports))
        let access = try makeAccessLog()
        let api = makeAPI(for: engine, access)
        let server = makeServer(for: api, on: loop, credentials: certificate?.credentials)
        do throws(EventLoopError) {
            try certificate?.keepCurrent(on: server)
        } catch {
            throw CommandFailure(.failed, error.description)
        }
        let port = try await listen(server)
        let metrics = try await serveMetrics(of: engine, api, server, on: loop)
        // Only now that the address is ours: a key that was made but could not be shown would be lost.
        let key = try await FirstStart.prepare(store.ports, key: configuration.developmentKey)
        announce(Address(url: url(port: port), key: key))
        // The engine's work stays on the loop's thread, where its callers are; the store has threads of its own.
        let running = Task(executorPreference: loop.taskExecutor) {
            do throws(EngineFailure) {
                try await engine.run()
                stops.engineEnded(nil)
            } catch {
                stops.engineEnded(error.detail)
            }
        }
        log.write(
            .info, "listening",
            [
                ("address", .string("\(host):\(port)")), ("node", .string(configuration.engine.node.text)),
                ("data", .string(configuration.folder)),
            ])
        let trouble = TroubleLog(of: engine, log: log)
        let watch = loop.schedule(every: Self.troubleInterval) {
            Task(executorPreference: loop.taskExecutor) { await trouble.tell() }
        }
        let failure = await waitForEnd(stops, server, engine)
        await running.value
        await store.calls.stop()
        await metrics?.drain()
        watch.cancel()
        await trouble.tell()
        do throws(EventLoopError) {
            try loop.stop()
            try access?.finish()
        } catch {
            log.write(.warning, "loop_not_stopped")
        }
        if let failure {
            log.write(.error, "failed", [("detail", .string(failure))])
            throw CommandFailure(.failed, failure)
        }
        log.write(.info, "stopped")
    }
}
