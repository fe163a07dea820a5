package import HoldpointCore
package import HoldpointPorts
import PostgresClient

extension PostgresJournal {
    /// What the database's clock shows: the time by which all nodes judge leases and deadlines.
    package func time() async throws(JournalError) -> Timestamp {
        do throws(PostgresError) {
            guard let row = try await lease.run(Self.selectTime, on: LeaseConnections.waiting).rows.first else {
                throw .unexpectedValue(column: 0, .noSuchColumn)
            }
            return Timestamp(milliseconds: try row.integer(0))
        } catch {
            throw JournalError(error)
        }
    }

    private static let selectTime = PostgresStatement(
        "select (extract(epoch from clock_timestamp()) * 1000)::int8")
}
