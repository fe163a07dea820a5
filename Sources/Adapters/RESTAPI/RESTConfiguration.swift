import JSON

/// The limits of the REST API, and who may use it how.
package struct RESTConfiguration: Sendable {
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

    /// How often one key may call; nil: as often as it likes.
    package var rateLimit: RateLimit?
    /// The web pages that may call from a browser.
    package var allowedOrigins = AllowedOrigins.none
    /// Told of each request when it has been answered; must be short, and must not wait.
    package var observe: (@Sendable (AccessRecord) -> Void)?

    /// All defaults.
    package init() {}

    /// What a body may cost to read.
    var bodyLimits: JSONLimits { JSONLimits(maximumBytes: maximumBodyBytes, maximumDepth: maximumDepth) }
}
