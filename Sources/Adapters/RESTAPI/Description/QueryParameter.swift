import HoldpointCore
import HoldpointPorts

/// A parameter of a route's query.
package struct QueryParameter: Sendable, Equatable {
    /// Its name.
    package let name: String
    /// What its values look like.
    package let schema: Schema

    private static let limits = RESTConfiguration()

    /// How many items a page of a list may have.
    static let listLimit = QueryParameter(name: "limit", schema: .integer(1, to: limits.maximumListLimit))
    /// How many events a page of a log may have.
    static let eventLimit = QueryParameter(name: "limit", schema: .integer(1, to: limits.maximumEventLimit))
    /// Where the next page begins, as the last page said.
    static let cursor = QueryParameter(name: "cursor", schema: .text(minimum: 1))
    /// After which event of a session to begin.
    static let afterSequence = QueryParameter(name: "after", schema: .integer(0))
    /// After which row of the audit log to begin.
    static let afterRow = QueryParameter(name: "after", schema: .integer(0))
    /// After which position of the feed to begin.
    static let afterPosition = QueryParameter(name: "after", schema: .text(minimum: 1))
    /// Which types of events to send, with commas.
    static let types = QueryParameter(name: "types", schema: .text(pattern: "^[a-z_]+(,[a-z_]+)*$"))
    /// Sessions of one status.
    static let sessionStatus = QueryParameter(name: "status", schema: .choice(of: SessionStatus.self))
    /// Requests of one status.
    static let requestStatus = QueryParameter(name: "status", schema: .choice(of: RequestStatus.self))
    /// Deliveries of one status.
    static let deliveryStatus = QueryParameter(name: "status", schema: .choice(of: DeliveryState.Status.self))
    /// Requests of one type.
    static let requestType = QueryParameter(name: "type", schema: .choice(of: RequestType.self))
    /// Sessions of one agent.
    static let agent = QueryParameter(name: "agent", schema: Component.agentName)
    /// Requests of one session.
    static let session = QueryParameter(name: "session", schema: Component.sessionID)
}
