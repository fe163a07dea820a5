import HoldpointTesting
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct LeaseConformanceTests {
        @Test(arguments: LeaseConformance.cases)
        func `nodes share the store as they must`(promise: ConformanceCase<SharedStore>) async throws {
            try await PostgresScene.run { scene in
                let store = SharedStore(
                    directory: try await scene.journal(),
                    process: { try await scene.journal { $0.leaseDuration = .seconds(60) } },
                    // As if a minute had gone by: only the database's clock judges a lease.
                    letLeasesPass: {
                        try await scene.execute(
                            "update nodes set expires_at = expires_at - interval '61 s' where not fenced")
                    })
                try await promise.run(store)
            }
        }
    }
}
