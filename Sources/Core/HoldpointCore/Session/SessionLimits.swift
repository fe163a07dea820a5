/// Limits of one session; each has a line in docs/operating.md.
package struct SessionLimits: Sendable, Equatable {
    /// Bytes of one event's data.
    package var eventBytes = 256 * 1_024
    /// Bytes of a session's state.
    package var stateBytes = 4 * 1_024 * 1_024
    /// Requests that may be pending at once.
    package var openRequests = 100
    /// Requests that one session may open in all.
    package var totalRequests = 4_096
    /// Labels of a session.
    package var labels = 32
    /// Characters of a label's name and of its value.
    package var labelLength = 256
    /// Events of one session after which its workflow goes on as a new session, as soon as nothing is open.
    package var eventsBeforeContinuing: Int64 = 10_000
    /// Events of one session after which its workflow fails, since something was always open.
    package var workflowEvents: Int64 = 50_000

    package init() {}

    /// The limits as documented.
    package static let standard = SessionLimits()
}
