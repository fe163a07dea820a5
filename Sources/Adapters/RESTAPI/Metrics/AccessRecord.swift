package import HoldpointPorts

/// What is known of one request when it has been answered: who asked for which route, and how it ended.
///
/// It holds nothing of what was asked or answered: no path, no query, no header, no body.
package struct AccessRecord: Sendable, Equatable {
    /// The id that the reply carries.
    package let requestID: String
    /// The method as it was asked; nil if the server refused the request before it had read it.
    package let method: String?
    /// The template of the route's path; nil if there is no such route.
    package internal(set) var route: String?
    /// The holder of the key; nil if there was no valid key.
    package internal(set) var caller: Caller?
    /// The project that was asked for, if it is the key's; nil for a route without one, or where it was refused.
    package internal(set) var project: String?
    /// The status of the reply.
    package internal(set) var status = 0
    /// From when the request was complete to when its reply began; for a stream, to its head.
    package internal(set) var duration = Duration.zero

    init(requestID: String, method: String?) {
        self.requestID = requestID
        self.method = method
    }
}
