import HoldpointCore
import HoldpointPorts

extension MemoryStore {
    mutating func takeUp(_ node: NodeName, now: Timestamp) -> Tenure {
        let followsUncleanDeath = isTakenUp
        self.node = NodeRecord(name: node, startedAt: now, renewedAt: nil, isLive: true, shards: Shard.all.count)
        isTakenUp = true
        fences = fences.map { Fence(shard: $0.shard, epoch: $0.epoch + 1, generation: 1) }
        return Tenure(fences: fences, followsUncleanDeath: followsUncleanDeath)
    }

    mutating func layDown() {
        isTakenUp = false
        node = node.map {
            NodeRecord(name: $0.name, startedAt: $0.startedAt, renewedAt: nil, isLive: false, shards: 0)
        }
    }

    mutating func raiseGeneration(of fence: Fence) throws(JournalError) -> Fence {
        let index = Int(fence.shard.number)
        guard fences[index].epoch == fence.epoch else { throw .fenced }
        guard fences[index].generation == fence.generation else { return fences[index] }
        fences[index] = Fence(shard: fence.shard, epoch: fence.epoch, generation: fence.generation + 1)
        return fences[index]
    }

    mutating func setQuarantine(
        _ reason: String?, of key: SessionKey, in scope: Scope, fence: Fence
    ) throws(JournalError) {
        guard session(key, in: scope) != nil else { throw .refused("there is no such session") }
        guard fence == fences[Int(key.shard.number)] else { throw .fenced }
        lastTransaction += 1
        sessions[key]?.quarantine = reason
    }

    mutating func writeDown(_ group: RecoveryGroup) {
        strikeOff(group.id)
        groups.append(group)
        groups.sort { $0.id < $1.id }
    }

    mutating func strikeOff(_ group: Int64) { groups.removeAll { $0.id == group } }
}
