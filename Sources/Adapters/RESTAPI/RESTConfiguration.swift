import JSON

/// The limits of the REST API.
package struct RESTConfiguration: Sendable, Equatable {
    /// The longest body in bytes; default 1 MiB.
    ///
    /// Set the HTTP server's `maximumBodyBytes` to the same.
    package var maximumBodyBytes = 1 << 20
    /// How deep arrays and objects may nest in a body.
    package var maximumDepth = 64
    /// The longest `Prefer: wait=N`, in seconds.
    package var maximumWaitSeconds: Int64 = 60
    /// The largest `limit` of a list.
    package var maximumListLimit: Int64 = 100
    /// The largest `limit` of a page of events.
    package var maximumEventLimit: Int64 = 1_000
    /// The page of a list whose `limit` is not given.
    package var standardListLimit: Int64 = 20
    /// The page of events whose `limit` is not given.
    package var standardEventLimit: Int64 = 100

    /// All defaults.
    package init() {}

    /// What a body may cost to read.
    var bodyLimits: JSONLimits { JSONLimits(maximumBytes: maximumBodyBytes, maximumDepth: maximumDepth) }
}
