import HTTPServer
import HoldpointCore
import HoldpointEngine
import PostgresJournal

/// What a later release might change: its tables, and the forms of what it stores.
struct LaterFittings: ServerFittings {
    /// The number of the forms that it reads, one more than the product's.
    static let formats = DataFormats.number + 1

    let isEager: Bool

    func begin() {}

    func fit(_ configuration: PostgresJournalConfiguration) -> PostgresJournalConfiguration {
        var configuration = configuration
        configuration.schema = configuration.schema.adding(
            PostgresSchema.Step(
                [
                    "alter table sessions add column priority int4",
                    "create index sessions_priority on sessions(priority, key) where priority is not null",
                    "create table session_notes(session uuid primary key, note bytea not null)",
                    "grant select, insert on session_notes to holdpoint_engine",
                ], admitsEarlier: true))
        configuration.formats = Self.formats
        configuration.release = "later"
        return configuration
    }

    func fit(_ ports: EnginePorts) -> EnginePorts {
        EnginePorts(
            journal: LaterJournal(base: ports.journal, hasher: ports.hasher, isEager: isEager),
            directory: ports.directory, streams: ports.streams, clock: ports.clock, entropy: ports.entropy,
            hasher: ports.hasher, secretBox: ports.secretBox, signer: ports.signer,
            expressions: ports.expressions, documents: ports.documents, calls: ports.calls, executors: ports.executors)
    }

    func fit(_ handler: @escaping HTTPHandler) -> HTTPHandler { handler }
}
