import HoldpointCore
import HoldpointPorts

/// The webhooks of projects as the store has them, remembered for a moment: that there is none as well, since every
/// commit that tells of a request asks.
///
/// One that is put on another node is told of nothing that is committed here before the moment is over.
actor WebhookCache {
    /// A webhook, ready to be told.
    struct Ready: Sendable {
        /// As it is stored.
        let record: WebhookRecord
        /// Where it is told; nil if a later release allowed a place that this one does not call.
        let url: WebURL?
        /// What signs; nil if it does not open on this node.
        let secrets: WebhookSecrets?
    }

    private struct Entry: Sendable {
        let webhook: Ready?
        let until: Timestamp
    }

    private let ports: EnginePorts
    private let milliseconds: Int64
    private let capacity: Int
    private var entries: [Scope: Entry] = [:]
    /// Counts changes that were made here.
    private var changes = 0
    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(ports: EnginePorts, configuration: EngineConfiguration) {
        self.ports = ports
        executor = ports.executors.executor()
        milliseconds = configuration.cacheMilliseconds
        capacity = configuration.cacheEntries
    }

    /// The project's webhook; nil if it has none.
    func webhook(in scope: Scope) async throws(JournalError) -> Ready? {
        let now = ports.clock.now()
        let until = now.adding(milliseconds: milliseconds)
        if let entry = entries[scope] {
            if now < entry.until { return entry.webhook }
            // One asks the store; who comes meanwhile is told what was known.
            entries[scope] = Entry(webhook: entry.webhook, until: until)
        }
        let changesBefore = changes
        let webhook: Ready?
        do {
            webhook = try await ports.directory.webhook(in: scope).map { ready($0, in: scope) }
        } catch {
            entries[scope] = nil
            throw error
        }
        // What was read before a change may be what it changed.
        if changesBefore != changes { return webhook }
        if entries.count >= capacity { entries = [:] }
        entries[scope] = Entry(webhook: webhook, until: until)
        return webhook
    }

    /// Forgets a webhook that was changed here, so that the change counts at once.
    func forget(_ scope: Scope) {
        changes += 1
        entries[scope] = nil
    }

    private func ready(_ record: WebhookRecord, in scope: Scope) -> Ready {
        Ready(
            record: record, url: try? WebURL(record.url),
            secrets: WebhookSealing(secretBox: ports.secretBox).secrets(of: record, in: scope))
    }
}

/// How the secrets of webhooks are sealed.
struct WebhookSealing: Sendable {
    let secretBox: any SecretBox

    /// The box of a webhook's secrets, which opens for this webhook alone.
    func box(of secrets: WebhookSecrets, for id: WebhookID, in scope: Scope) -> [UInt8] {
        secretBox.seal(secrets.encoded, context: Self.context(of: id, in: scope))
    }

    /// The secrets of a webhook; nil if they do not open on this node.
    func secrets(of record: WebhookRecord, in scope: Scope) -> WebhookSecrets? {
        guard let plain = try? secretBox.open(record.box, context: Self.context(of: record.id, in: scope)) else {
            return nil
        }
        return WebhookSecrets(encoded: plain)
    }

    private static func context(of id: WebhookID, in scope: Scope) -> String {
        "webhook \(scope) \(id.value.hexadecimal)"
    }
}
