package import HoldpointPorts
import PostgresClient

extension PostgresJournal {
    /// The keyed fingerprint of the key under which all nodes seal; nil if none has been told yet.
    package func sealingKeyFingerprint() async throws(JournalError) -> String? {
        do throws(PostgresError) {
            return try await overseer.run(Self.selectFingerprint).rows.first?.text(0)
        } catch {
            throw JournalError(error)
        }
    }

    /// Remembers the key under which all nodes seal by its keyed fingerprint, and returns the one that is remembered:
    /// the first that was told, for ever.
    package func rememberSealingKey(fingerprint: String) async throws(JournalError) -> String {
        var segment = PostgresSegment(Self.insertFingerprint, [.text(fingerprint)])
        segment.add(Self.selectFingerprint)
        do throws(PostgresError) {
            let results = try await lease.run(segment, on: LeaseConnections.waiting)
            guard let row = results.last?.rows.first else { throw .unexpectedValue(column: 0, .noSuchColumn) }
            return try row.text(0)
        } catch {
            throw JournalError(error)
        }
    }

    private static let insertFingerprint = PostgresStatement(
        "insert into sealing(fingerprint) values($1) on conflict do nothing")
    private static let selectFingerprint = PostgresStatement("select fingerprint from sealing")
}
