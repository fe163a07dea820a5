/// What drives a session: the seam between the events that all sessions share and the programs that differ.
package enum Program: String, Sendable, Hashable, CaseIterable {
    /// The caller's own agent code: it appends steps, opens requests and ends the session over the API.
    case external
    /// A document of the CNCF Serverless Workflow DSL 1.0, interpreted.
    case workflow

    /// The version of the interpreter that `session_started` pins; a waiting session goes on as it began.
    package var interpreterVersion: Int64 {
        switch self {
        case .external: 1
        case .workflow: WorkflowLimits.interpreterVersion
        }
    }

    /// Whether steps, requests and the end come from outside; otherwise the program itself makes them.
    package var isDrivenFromOutside: Bool {
        switch self {
        case .external: true
        case .workflow: false
        }
    }
}
