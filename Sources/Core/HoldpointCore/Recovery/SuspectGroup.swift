/// A row that recovery writes down about sessions whose due work is loaded together after an unclean death (I10).
///
/// There are two sorts. With no deaths it is a **mark**: these sessions are being loaded now, and if the process dies
/// the mark is still standing. With deaths it is a **suspicion**: they stood under a mark when a process died, and it
/// stays until their due work is committed. A suspicion says nothing about what is being loaded, so a death elsewhere
/// does not count against it.
package struct SuspectGroup: Sendable, Equatable {
    /// Unique among the rows that stand.
    package let id: Int64
    /// 0 for a mark; for a suspicion, one more than the deaths under a mark of exactly these sessions.
    package let deaths: Int64
    /// The sessions, in the order in which their work is done.
    package let members: [SessionIdentity]

    package init(id: Int64, deaths: Int64, members: [SessionIdentity]) {
        self.id = id
        self.deaths = deaths
        self.members = members
    }

    /// Whether these sessions are, or were at an unclean death, under work.
    package var isMark: Bool { deaths == 0 }
}
