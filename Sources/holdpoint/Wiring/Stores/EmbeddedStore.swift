import EventLoop
import HoldpointPorts
import JSON
import LocalStreams
import RESTAPI
import SQLiteJournal

/// The store of a node that keeps everything in one folder.
struct EmbeddedStore: NodeStore {
    let clock: any Clock = SystemClock()
    let streams: any StreamBus = LocalStreams()
    let secretBox: any SecretBox
    let signer: any Signer
    private let database: SQLiteJournal
    private let folder: String

    var journal: any Journal { database }
    var directory: any Directory { database }
    var logMembers: [(String, JSONValue)] { [("data", .string(folder))] }

    /// Opens the folder, makes what is missing and locks it against another engine.
    ///
    /// - Parameter loop: where the engine is to run.
    init(_ configuration: SQLiteJournalConfiguration, on loop: EventLoop) async throws(CommandFailure) {
        folder = configuration.folder
        do throws(JournalUnusable) {
            database = try SQLiteJournal(configuration, clock: clock, atEndOfTurn: loop.executeAtEndOfTurn)
        } catch {
            throw CommandFailure(error)
        }
        do throws(CommandFailure) {
            try await Self.refuseLostKey(in: folder, database)
            secretBox = try SealingKey.box(in: folder)
            signer = try SealingKey.signer(at: SealingKey.path(in: folder))
        } catch {
            await database.close()
            throw error
        }
    }

    func makeFirstKey(_ given: APIKey?) async throws(CommandFailure) -> APIKey? {
        try await FirstStart.prepare(directory, key: given, at: clock.now())
    }

    func metrics() async -> [Metric] { [] }

    func close() async { await database.close() }

    /// A fresh key beside old data would make every secret in it unreadable, and nobody would notice for a while.
    private static func refuseLostKey(in folder: String, _ journal: SQLiteJournal) async throws(CommandFailure) {
        guard !SealingKey.exists(in: folder) else { return }
        let isEmpty: Bool
        do throws(JournalError) { isEmpty = try await journal.isEmpty() } catch { throw CommandFailure(error) }
        guard isEmpty else {
            throw CommandFailure(
                .dataDamaged,
                "\(folder)/\(SealingKey.fileName) is missing, and the data was sealed with it; put the file back")
        }
    }
}
