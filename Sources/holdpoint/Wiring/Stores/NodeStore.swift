import HoldpointPorts
import JSON
import RESTAPI

/// What a node keeps its data in, and hears other nodes through: opened for its engine, closed after it.
///
/// Nothing above knows which one it is.
protocol NodeStore: Sendable {
    /// The truth.
    var journal: any Journal { get }
    /// Tenants, projects, keys and agents.
    var directory: any Directory { get }
    /// Doorbells and deliveries.
    var streams: any StreamBus { get }
    /// The time by which deadlines are judged.
    var clock: any Clock { get }
    /// Seals what is secret in it.
    var secretBox: any SecretBox { get }
    /// Signs what is decided in it.
    var signer: any Signer { get }

    /// How the log names it; nothing secret.
    var logMembers: [(String, JSONValue)] { get }

    /// Makes what there is to try if that is this node's to do and the store is empty; nil if nothing was made.
    func makeFirstKey(_ given: APIKey?) async throws(CommandFailure) -> APIKey?

    /// What it shows of itself; there is no tenant in it, and nothing secret.
    func metrics() async -> [Metric]

    /// Lets everything go; before the loop stops that it was opened on.
    func close() async
}
