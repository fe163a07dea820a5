import HoldpointCore
import HoldpointPorts

/// Who may write what, and when (I2).
extension Model {
    /// Notes the right that a node names when it sends events to the store.
    mutating func noteSent(_ commit: SessionCommit) {
        for event in commit.events { sent[event.chain, default: []].insert(commit.fence) }
    }

    /// An event is written under the fence that stands in the store in that moment, and by somebody who named it.
    mutating func judgeWriter(of event: RecordedEvent, against fence: Fence) {
        guard let named = sent[event.chain], named.contains(fence) else {
            let others = (sent[event.chain] ?? []).map(Self.text).sorted().joined(separator: ", ")
            return fail(
                "I2", "\(event.type) \(event.sequence) was written under \(Self.text(fence)); named was \(others)")
        }
    }

    private static func text(_ fence: Fence) -> String {
        "epoch \(fence.epoch) generation \(fence.generation) of shard \(fence.shard.number)"
    }
}
