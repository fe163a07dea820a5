import HoldpointCore

/// The forms of what is said of nodes.
extension Component {
    static let readinessForm = Schema.object([
        ("status", .choice(of: ReadinessStatus.self)), ("parts", .map(of: .text())), ("problems", .list(of: .text())),
    ])

    static let nodeForm = Schema.object([
        ("name", .text()), ("started_at", .time), ("renewed_at", Schema.time.orNull), ("live", .boolean),
        ("shards", .integer(0, to: Int64(Shard.all.count))), ("release", Schema.text().orNull),
        ("formats", Schema.integer(1).orNull),
    ])
}
