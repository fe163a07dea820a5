import HTTPServer
import HoldpointEngine
import PostgresJournal

/// What may stand between the parts of a server: nothing in the product; faults in its tests.
protocol ServerFittings: Sendable {
    /// Called once, when the process is set up and before anything is opened.
    func begin()

    /// How the shared store is opened, made from how it would be.
    func fit(_ configuration: PostgresJournalConfiguration) -> PostgresJournalConfiguration

    /// The ports that the engine gets, made from the real ones.
    func fit(_ ports: EnginePorts) -> EnginePorts

    /// The handler that the HTTP server gets, made from the real one.
    func fit(_ handler: @escaping HTTPHandler) -> HTTPHandler
}

/// Nothing between the parts.
struct ShippedFittings: ServerFittings {
    func begin() {}

    func fit(_ configuration: PostgresJournalConfiguration) -> PostgresJournalConfiguration { configuration }

    func fit(_ ports: EnginePorts) -> EnginePorts { ports }

    func fit(_ handler: @escaping HTTPHandler) -> HTTPHandler { handler }
}
