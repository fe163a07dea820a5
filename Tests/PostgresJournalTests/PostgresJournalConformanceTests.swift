import HoldpointTesting
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct PostgresJournalConformanceTests {
        @Test(arguments: JournalConformance.cases)
        func `the store keeps the promise`(promise: ConformanceCase<JournalConformance.Store>) async throws {
            try await PostgresScene.run { scene in try await promise.run(try await scene.journal()) }
        }
    }
}
