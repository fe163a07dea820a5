/// What befell the nodes of a run, beside the faults of single calls, and what they did about it.
package enum Happening: String, Sendable, Hashable, CaseIterable {
    /// A node died, with everything that it had in memory.
    case crash
    /// A node was asked to stop, and stopped.
    case stop
    /// A node stood still for a while, and went on as if nothing had happened.
    case freeze
    /// The store went away, for one node or for all.
    case storeCut
    /// The store became slow for one node.
    case storeSlow
    /// The streams went away, for one node or for all.
    case streamsCut
    /// Everything in the streams was lost.
    case flush
    /// The store's clock was set.
    case clockStep
    /// The store ended a lease whose node did not know.
    case leaseLoss
    /// A node was told to give shards up, and others to take them.
    case moveOrder
    /// A node learnt that it owned shards whose owner had died.
    case takeover
    /// A node gave shards up for another.
    case handOver
    /// The store refused a commit of a node that had lost its right to it.
    case fencedCommit
}
