import HoldpointCore

/// The forms of events: what each type of them holds.
extension Component {
    /// An event as it was recorded, of one of the types that there are.
    static let eventForm = Schema.oneOf(
        EventRegistry.types.map { type in
            .object([
                ("seq", .integer(1)), ("type", .constant(type.type.text)), ("time", .time), ("session", .text()),
                ("data", eventData[type.type.text] ?? .object([])),
            ])
        })

    /// Members that several types have.
    private enum Member {
        static let by = ("by", Schema.text())
        static let reason = ("reason", Schema.text().orNull)
        static let why = ("reason", Schema.text())
        static let call = ("call", Schema.integer(1))
        static let key = ("key", Schema.text(pattern: "^[0-9a-f]{32}$"))
        static let request = ("request", Schema.text())
        static let session = ("session", Schema.text())
        static let timer = ("timer", Schema.integer(1))
        static let task = ("task", Schema.text())
        static let child = ("child", Schema.integer(1))
    }

    /// Where a call comes from that people may release.
    private static let deferredAction = Schema.object([
        Member.session, ("effect", .integer(1)), ("tool", .text()), Member.task, ("function", Schema.text().orNull),
    ])

    /// The `data` of each type.
    private static let eventData = [workflowData, peopleData].reduce(into: ownData) { all, more in
        all.merge(more) { own, _ in own }
    }

    private static let ownData: [String: Schema] = [
        "session_started": .object(
            [
                ("id", .text()), ("agent", .text()), ("version", .integer(1)), ("kind", .choice(of: Program.self)),
                ("interpreter", .integer(1)), ("input", .anything), ("labels", .map(of: .text())),
                ("on_behalf_of", Schema.text().orNull), Member.by,
            ],
            optional: [
                ("parent", .object([Member.key, Member.session, ("effect", .integer(1)), ("depth", .integer(1))])),
                ("continues", .object([Member.session, ("first", .text())])), ("deferred", deferredAction),
            ]),
        "message_received": .object([("content", .anything), Member.by]),
        "step_completed": .object([("name", .text()), ("data", .anything), Member.by]),
        "hitl_requested": .reference(.request),
        "hitl_expired": .object([Member.request, ("answered", .boolean), ("response", .anything)]),
        "hitl_cancelled": .object([Member.request, Member.reason, Member.by]),
        "session_paused": .object([Member.reason, Member.by]),
        "session_resumed": .object([Member.reason, Member.by]),
        "session_completed": .object([("output", .anything)]),
        "session_failed": .object([("error", .anything)]),
        "session_cancelled": .object([Member.reason, Member.by]),
    ]

    private static let workflowData: [String: Schema] = [
        "workflow_advanced": .object([("tasks", .list(of: .text())), ("place", Schema.anyObject.orNull)]),
        "timer_set": .object([("due", .time), ("cause", .choice(of: WorkflowEffect.TimerCause.self)), Member.task]),
        "timer_fired": .object([Member.timer]),
        "timer_cancelled": .object([Member.timer]),
        "tool_proposed": .object(
            [
                Member.task, ("tool", .text()), ("arguments", .anyObject), ("arguments_digest", .text()),
                ("authentication", Schema.anyObject.orNull), ("raw", .boolean), ("redirects", .boolean),
                ("idempotent", .boolean),
            ],
            optional: [
                ("policy", .reference(.judgedVerdict)),
                ("approval", .object([Member.request, ("effect", .integer(1)), ("kept", .boolean)])),
            ]),
        "tool_blocked": .object([
            ("task", Schema.text().orNull), ("tool", .text()), ("arguments", .anyObject), ("arguments_digest", .text()),
            ("policy", Schema.reference(.judgedVerdict).orNull),
        ]),
        "hitl_deferred": .object([
            Member.session, Member.key, ("tool", .text()), ("arguments_digest", .text()),
            ("action", deferredAction),
        ]),
        "hitl_vetoed": .object([Member.request, ("tool", .text()), ("arguments_digest", .text())]),
        "hitl_notified": .object([
            Member.call, ("tool", .text()), ("arguments_digest", .text()),
            ("policy", Schema.reference(.judgedVerdict).orNull),
        ]),
        "tool_dispatched": .object([Member.call, ("until", .time)]),
        "tool_postponed": .object([
            Member.call, Member.why, ("not_before", .time), ("attempts", .integer(0)),
        ]),
        "tool_doubted": .object([Member.call, Member.request, Member.why]),
        "tool_completed": .object([Member.call, ("response", .anything)]),
        "tool_failed": .object([Member.call, ("error", .anything), ("abandoned", .boolean)]),
        "child_started": .object([
            Member.session, Member.key, Member.task, ("namespace", .text()), ("name", .text()), ("version", .text()),
            ("input", .anything),
        ]),
        "child_finished": .oneOf([
            .object([Member.child, ("output", .anything)]),
            .object([Member.child, ("error", .anything)]),
            .object([Member.child, ("abandoned", .boolean)]),
        ]),
        "event_emitted": .object([("event", .anyObject)]),
        "session_continued": .object([Member.session, Member.key]),
    ]
}
