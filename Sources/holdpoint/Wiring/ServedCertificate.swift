import EventLoop
import Glibc
import HTTPServer
import HoldpointCore
import JSON

/// The certificate that a server shows, and its replacement while the server runs.
struct ServedCertificate: Sendable {
    /// How often the files are looked at for a change.
    static let checkInterval = Duration.seconds(10)

    /// What the server begins with.
    let credentials: TLSCredentials
    private let files: Locked<TLSFiles>
    private let log: ServerLog

    /// Reads both files; a server that cannot show a certificate does not start.
    init(_ files: TLSFiles, log: ServerLog) throws(CommandFailure) {
        var files = files
        do throws(TLSFailure) {
            credentials = try files.load()
        } catch {
            throw CommandFailure(.usage, error.description)
        }
        self.files = Locked(files)
        self.log = log
    }

    /// Reads the files again at SIGHUP, and when they have changed: new connections are shown what they hold then.
    ///
    /// A pair that cannot be used is told in the log, and the one before stays; so does each connection's.
    func keepCurrent(on server: HTTPServer) throws(EventLoopError) {
        try server.loop.onSignal(SIGHUP) { renew(on: server) { files throws(TLSFailure) in try files.load() } }
        server.loop.schedule(every: Self.checkInterval) {
            renew(on: server) { files throws(TLSFailure) in try files.loadIfChanged() }
        }
    }

    private func renew(
        on server: HTTPServer, _ read: (inout TLSFiles) throws(TLSFailure) -> sending TLSCredentials?
    ) {
        do throws(TLSFailure) {
            // Only the loop's thread comes here: nobody waits for the lock while the files are read.
            guard let credentials = try files.withLock(read) else { return }
            server.use(credentials)
            let expiry = Timestamp(milliseconds: credentials.expiresAtSeconds * 1_000)
            log.write(.info, "certificate_renewed", [("expires_at", .string(expiry.description))])
        } catch {
            log.write(.warning, "certificate_refused", [("detail", .string(error.description))])
        }
    }
}
