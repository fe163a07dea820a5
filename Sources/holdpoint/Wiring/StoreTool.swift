import HoldpointCore
import HoldpointPorts
import SQLiteJournal
import SealedSecrets

/// The data folder as a command uses it that is no server.
struct StoreTool: Sendable {
    let journal: SQLiteJournal
    let hasher: any Hasher

    /// Opens the folder that the settings name.
    init(_ settings: Settings, role: SQLiteJournalConfiguration.Role) throws(CommandFailure) {
        let folder = try DataFolder.path(settings)
        do throws(JournalUnusable) {
            journal = try SQLiteJournal(SQLiteJournalConfiguration(folder: folder, role: role), clock: SystemClock())
        } catch {
            throw CommandFailure(error)
        }
        if role == .tool { _ = try SealingKey.box(in: folder) }
        hasher = SHA256Hasher()
    }

    /// Lets the folder go.
    func close() async { await journal.close() }

    /// Opens the folder for changes, does something, and lets the folder go whatever became of it.
    static func use(
        _ settings: Settings, _ body: (StoreTool) async throws -> ExitCode
    ) async throws -> ExitCode {
        let store = try StoreTool(settings, role: .tool)
        do {
            let status = try await body(store)
            await store.close()
            return status
        } catch {
            await store.close()
            throw error
        }
    }
}

extension CommandFailure {
    /// A store that cannot be opened.
    init(_ error: JournalUnusable) {
        let status: ExitCode =
            switch error.kind {
            case .inUse: .dataInUse
            case .newerFormat: .dataNewer
            case .notAccessible: .dataInaccessible
            case .damaged: .dataDamaged
            }
        self.init(status, error.description)
    }

    /// A store that did not do what it was asked.
    init(_ error: JournalError) {
        switch error {
        case .corrupt(let detail): self.init(.dataDamaged, detail)
        case .unavailable(let detail), .refused(let detail), .inDoubt(let detail): self.init(.failed, detail)
        default: self.init(.failed, "the store refused: \(error)")
        }
    }
}
