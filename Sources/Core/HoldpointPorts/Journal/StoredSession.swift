package import HoldpointCore

/// What a store holds of a session, for rebuilding it.
package struct StoredSession: Sendable, Equatable {
    /// Which session.
    package let identity: SessionIdentity
    /// The latest snapshot, if it was asked for and there is one.
    package let snapshot: Snapshot?
    /// The events after the snapshot, or all.
    package let tail: [RecordedEvent]
    /// Why the session is quarantined, if it is.
    package let quarantine: String?

    package init(identity: SessionIdentity, snapshot: Snapshot?, tail: [RecordedEvent], quarantine: String?) {
        self.identity = identity
        self.snapshot = snapshot
        self.tail = tail
        self.quarantine = quarantine
    }
}

/// A session within its scope, by key.
package struct SessionReference: Sendable, Hashable {
    /// Tenant and project.
    package let scope: Scope
    /// The internal key.
    package let key: SessionKey

    package init(scope: Scope, key: SessionKey) {
        self.scope = scope
        self.key = key
    }
}

extension SessionIdentity {
    /// The session by scope and key.
    package var reference: SessionReference { SessionReference(scope: scope, key: key) }
}

/// A session that has a deadline.
package struct SessionDeadline: Sendable, Equatable {
    /// Which session.
    package let identity: SessionIdentity
    /// When its next deadline falls due.
    package let wakeAt: Timestamp

    package init(identity: SessionIdentity, wakeAt: Timestamp) {
        self.identity = identity
        self.wakeAt = wakeAt
    }
}

/// A request as the store's projection has it, with the data of the events that opened and closed it.
package struct RequestRecord: Sendable, Equatable {
    /// Which request.
    package let id: RequestID
    /// Whose.
    package let session: SessionIdentity
    /// Its type.
    package let type: RequestType
    /// Its status.
    package let status: RequestStatus
    /// The data of the `hitl_requested` event.
    package let opened: [UInt8]
    /// The event that closed it, if one did.
    package let closed: RecordedEvent?

    package init(
        id: RequestID, session: SessionIdentity, type: RequestType, status: RequestStatus, opened: [UInt8],
        closed: RecordedEvent?
    ) {
        self.id = id
        self.session = session
        self.type = type
        self.status = status
        self.opened = opened
        self.closed = closed
    }
}

/// Which sessions to list.
package struct SessionQuery: Sendable, Equatable {
    /// Only those with this status; `quarantined` means those with the mark.
    package var status: SessionStatus?
    /// Only those of this agent.
    package var agent: AgentName?
    /// Only those older than this one.
    package var before: SessionKey?
    /// At most so many.
    package var limit: Int

    package init(status: SessionStatus? = nil, agent: AgentName? = nil, before: SessionKey? = nil, limit: Int) {
        self.status = status
        self.agent = agent
        self.before = before
        self.limit = limit
    }
}

/// Which requests to list.
package struct RequestQuery: Sendable, Equatable {
    /// Only those with this status.
    package var status: RequestStatus?
    /// Only those of this type.
    package var type: RequestType?
    /// Only those of this session.
    package var session: SessionKey?
    /// Only those listed after this one in the store's own order, newest first.
    package var before: RequestID?
    /// At most so many.
    package var limit: Int

    package init(
        status: RequestStatus? = nil, type: RequestType? = nil, session: SessionKey? = nil,
        before: RequestID? = nil, limit: Int
    ) {
        self.status = status
        self.type = type
        self.session = session
        self.before = before
        self.limit = limit
    }
}

/// How large a page of events may become.
package enum JournalPage {
    /// Bytes of its items' data at which a page takes no further item; its last one may go beyond.
    package static let bytes = 1 << 20

    /// Whether a page was ended by its bytes, so that more may follow.
    package static func isFull(_ events: [RecordedEvent]) -> Bool {
        var sum = 0
        for event in events {
            sum += event.data.count
            if sum >= bytes { return true }
        }
        return false
    }
}

/// One item of a project's feed.
package struct FeedItem: Sendable, Equatable {
    /// Its place.
    package let position: FeedPosition
    /// Whose event.
    package let session: SessionIdentity
    /// The event.
    package let event: RecordedEvent

    package init(position: FeedPosition, session: SessionIdentity, event: RecordedEvent) {
        self.position = position
        self.session = session
        self.event = event
    }
}

/// The ends of a project's feed.
package struct FeedBounds: Sendable, Equatable {
    /// Reading may start after this position or any later one; after an older one something is missing.
    package let oldest: FeedPosition
    /// The last position.
    package let head: FeedPosition

    package init(oldest: FeedPosition, head: FeedPosition) {
        self.oldest = oldest
        self.head = head
    }
}

/// Sessions whose due work is loaded together after an unclean death, written down before (I10).
package struct RecoveryGroup: Sendable, Equatable {
    /// Chosen by the writer; unique among standing groups.
    package let id: Int64
    /// 0 for a mark; for a suspicion, one more than the deaths under a mark of exactly these sessions.
    package let deaths: Int64
    /// The sessions.
    package let members: [SessionIdentity]

    package init(id: Int64, deaths: Int64, members: [SessionIdentity]) {
        self.id = id
        self.deaths = deaths
        self.members = members
    }
}
