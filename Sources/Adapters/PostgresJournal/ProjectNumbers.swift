import HoldpointCore
import HoldpointPorts
import PostgresClient

/// Two numbers that stand for the names of a project in rows; they never change.
struct ProjectNumbers: Sendable, Hashable {
    /// The tenant's.
    let tenant: Int64
    /// The project's; unique by itself.
    let project: Int64

    /// The parameters `$1` and `$2` of every statement within a project.
    var values: [PostgresValue] { [.int8(tenant), .int8(project)] }
}

/// The tenants whose rows a segment may change.
enum Tenants {
    /// Names the tenants beyond which the rest of a segment cannot write; for `writer`.
    static func name(_ tenants: some Sequence<Int64>, in segment: inout PostgresSegment) {
        let list = Set(tenants).sorted().map { "\($0)" }.joined(separator: ",")
        segment.add(statement, [.text(list)])
    }

    private static let statement = PostgresStatement("select set_config('app.tenants', $1, true)")
}

extension PostgresJournal {
    /// The numbers of a project; nil if there is none.
    func numbers(of scope: Scope) async throws(JournalError) -> ProjectNumbers? {
        do throws(PostgresError) {
            return try await projects.numbers(of: scope)
        } catch {
            throw JournalError(error, reading: true)
        }
    }
}
