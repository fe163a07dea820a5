package import HoldpointCore
import HoldpointPorts

/// The names of everything in Redis; they are public, and operators grant rights by them.
enum StreamNames {
    /// The group that reads stored commands.
    static let group = "router"
    /// The mirror of commands that were given up.
    static let dead = "hitl:dead"

    /// The tail of a session's events, and the channel of its doorbells.
    static func session(_ session: SessionIdentity) -> String {
        "hp:\(session.scope.tenant):\(session.scope.project):\(session.id)"
    }

    /// The channel of the doorbells of a project's feed.
    static func feed(_ scope: Scope) -> String { "hp:\(scope.tenant):\(scope.project)" }

    /// The channel of the outcomes that callers at a node wait for.
    static func outcomes(_ node: NodeName) -> String { "hitl:outcome:\(node)" }

    /// A channel by what it brings.
    static func channel(_ topic: DoorbellTopic) -> String {
        switch topic {
        case .session(let session): self.session(session)
        case .feed(let scope): feed(scope)
        }
    }
}

/// A stream of a shard's stored commands.
package struct CommandStream: Sendable, Hashable {
    /// Whose commands.
    package let shard: Shard
    /// Whether they are answers.
    package let isAnswer: Bool

    init(of shard: Shard, isAnswer: Bool) {
        self.shard = shard
        self.isAnswer = isAnswer
    }

    /// Reads a stream's name; nil for any other.
    package init?(name: String) {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let number = UInt8(parts[2]) else { return nil }
        switch (parts[0], parts[1]) {
        case ("hitl", "response"): self.init(of: Shard(number), isAnswer: true)
        case ("session", "command"): self.init(of: Shard(number), isAnswer: false)
        default: return nil
        }
    }

    /// Its name.
    package var name: String { isAnswer ? "hitl:response:\(shard)" : "session:command:\(shard)" }

    /// Both streams of each shard.
    static func all(of shards: [Shard]) -> [CommandStream] {
        shards.flatMap { [CommandStream(of: $0, isAnswer: true), CommandStream(of: $0, isAnswer: false)] }
    }
}
