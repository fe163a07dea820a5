package import JSON

/// The one registry of event types; an event that is added is added here.
package enum EventRegistry {
    /// Every type that this release can read, in the order of the documentation.
    package static let types: [any SessionEvent.Type] = [
        SessionStarted.self, MessageReceived.self, StepCompleted.self,
        RequestOpened.self, RequestVoted.self, RequestClaimed.self, RequestReleased.self, RequestDelegated.self,
        RequestReminded.self, RequestEscalated.self, RequestAnswered.self, RequestExpired.self, RequestCancelled.self,
        WorkflowAdvanced.self, TimerSet.self, TimerFired.self, TimerCancelled.self,
        ToolProposed.self, ToolDispatched.self, ToolPostponed.self, ToolDoubted.self,
        ToolCompleted.self,
        ToolFailed.self, ToolBlocked.self, HumansNotified.self, HumansDeferred.self, CallVetoed.self,
        ChildStarted.self, ChildFinished.self, EventEmitted.self,
        SessionContinued.self,
        SessionPaused.self, SessionResumed.self,
        SessionCompleted.self, SessionFailed.self, SessionCancelled.self,
    ]

    private static let byName: [String: any SessionEvent.Type] = Dictionary(
        types.map { ($0.type.text, $0) }, uniquingKeysWith: { first, _ in first })

    /// The type of that name, or nil: then a later release wrote it, and this node must leave the session alone.
    package static func type(named name: String) -> (any SessionEvent.Type)? { byName[name] }

    /// Reads an event; nil for a type that this release does not know.
    package static func event(named name: String, data: [UInt8]) throws(MalformedRecord) -> (
        any SessionEvent
    )? {
        guard let type = byName[name] else { return nil }
        do {
            return try type.init(recorded: try JSONParser.parse(data, limits: recordedLimits))
        } catch let error as MalformedRecord {
            throw error
        } catch {
            throw MalformedRecord(what: name, violations: [])
        }
    }

    /// What this process wrote itself may be as large as any configuration allows.
    package static let recordedLimits = JSONLimits(maximumBytes: 64 << 20, maximumDepth: 128)
}
