import EventLoop
import HoldpointCore
import HoldpointPorts
import PostgresJournal
import SQLiteJournal
import SealedSecrets

/// The store as a command uses it that is no server: the data folder, or the database if `--postgres` names one.
struct StoreTool: Sendable {
    /// What a command is about to do.
    enum Purpose: Sendable {
        /// Make or change tenants, projects and keys.
        case change
        /// Look, and change nothing.
        case inspection
    }

    let journal: any Journal
    let directory: any Directory
    let hasher: any Hasher = SHA256Hasher()
    private let letGo: @Sendable () async -> Void

    /// Opens what the settings name.
    init(_ settings: Settings, for purpose: Purpose) async throws(CommandFailure) {
        if let url = settings.givenText(.postgres) {
            let loop = try Self.loop()
            let journal = try await Self.database(PostgresJournalConfiguration(connectionString: url), on: loop)
            self.journal = journal
            directory = journal
            letGo = {
                await journal.close()
                // The process ends next: a thread that does not end in time holds up nothing.
                try? loop.stop()
            }
        } else {
            let journal = try Self.folder(settings, purpose)
            self.journal = journal
            directory = journal
            letGo = { await journal.close() }
        }
    }

    /// Lets the store go.
    func close() async { await letGo() }

    /// Every project of every tenant, by name.
    func scopes() async throws(JournalError) -> [Scope] {
        let page = 500
        var scopes: [Scope] = []
        var tenant: TenantName?
        repeat {
            let tenants = try await directory.tenants(after: tenant, limit: page)
            for tenant in tenants {
                var project: ProjectName?
                repeat {
                    let projects = try await directory.projects(of: tenant, after: project, limit: page) ?? []
                    scopes += projects.map { Scope(tenant: tenant, project: $0) }
                    project = projects.count == page ? projects.last : nil
                } while project != nil
            }
            tenant = tenants.count == page ? tenants.last : nil
        } while tenant != nil
        return scopes
    }

    /// Opens the store for changes, does something, and lets the store go whatever became of it.
    static func use(
        _ settings: Settings, _ body: (StoreTool) async throws -> ExitCode
    ) async throws -> ExitCode {
        let store = try await StoreTool(settings, for: .change)
        do {
            let status = try await body(store)
            await store.close()
            return status
        } catch {
            await store.close()
            throw error
        }
    }

    /// Opens a shared database, does something, and closes it whatever became of it.
    static func use<Output>(
        _ configuration: PostgresJournalConfiguration, on loop: EventLoop,
        _ body: (PostgresJournal) async throws(CommandFailure) -> Output
    ) async throws(CommandFailure) -> Output {
        let journal = try await database(configuration, on: loop)
        do throws(CommandFailure) {
            let output = try await body(journal)
            await journal.close()
            return output
        } catch {
            await journal.close()
            throw error
        }
    }

    private static func database(
        _ configuration: PostgresJournalConfiguration, on loop: EventLoop
    ) async throws(CommandFailure) -> PostgresJournal {
        do throws(JournalUnusable) {
            return try await PostgresJournal.open(configuration, on: loop, clock: SystemClock())
        } catch {
            throw CommandFailure(error)
        }
    }

    /// A loop for the connections of a command.
    static func loop() throws(CommandFailure) -> EventLoop {
        do throws(EventLoopError) {
            return try EventLoop.start(name: "holdpoint")
        } catch {
            throw CommandFailure(.failed, error.description)
        }
    }

    private static func folder(_ settings: Settings, _ purpose: Purpose) throws(CommandFailure) -> SQLiteJournal {
        let folder = try DataFolder.path(settings)
        let role: SQLiteJournalConfiguration.Role = purpose == .change ? .tool : .inspector
        let journal: SQLiteJournal
        do throws(JournalUnusable) {
            journal = try SQLiteJournal(SQLiteJournalConfiguration(folder: folder, role: role), clock: SystemClock())
        } catch {
            throw CommandFailure(error)
        }
        if purpose == .change { _ = try SealingKey.box(in: folder) }
        return journal
    }
}

extension CommandFailure {
    /// A store that cannot be opened.
    init(_ error: JournalUnusable) {
        let status: ExitCode =
            switch error.kind {
            case .inUse: .dataInUse
            case .newerFormat: .dataNewer
            case .neededByEarlier: .refused
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
