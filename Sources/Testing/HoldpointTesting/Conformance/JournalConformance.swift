package import HoldpointPorts

/// What every store must do, whichever it is: run each case on a fresh, empty store.
package enum JournalConformance {
    /// A store as the engine sees it.
    package typealias Store = any Journal & Directory

    /// Every promise of `Journal` and `Directory`.
    package static let cases: [ConformanceCase<Store>] =
        fences + commits + refusals + readings + inbox + sends + requests + feed + recovery + isolation + directory
        + administration + people + secrets + retention + policies + counters + webhooks + outbox + audit

    /// A case on a scene.
    static func scene(
        _ name: String, _ run: @escaping @Sendable (JournalScene) async throws -> Void
    ) -> ConformanceCase<Store> {
        ConformanceCase(name) { store in try await run(try await JournalScene(store)) }
    }
}
