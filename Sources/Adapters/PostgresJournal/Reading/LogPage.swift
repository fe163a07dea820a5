import HoldpointPorts

/// A page of events that is being gathered from rows of which each holds those of one commit.
struct LogPage<Item> {
    private let limit: Int
    private var bytes = 0
    /// What the page holds.
    private(set) var items: [Item] = []

    /// An empty page.
    ///
    /// - Parameter limit: how many items it takes.
    init(limit: Int) {
        self.limit = limit
    }

    /// How many items more it takes, unless their bytes end it before.
    var room: Int { limit - items.count }

    /// Whether it takes no further item.
    var isFull: Bool { room <= 0 || bytes >= JournalPage.bytes }

    /// Takes an item whose data has so many bytes; none if it is full.
    mutating func append(_ item: Item, bytes count: Int) {
        guard !isFull else { return }
        items.append(item)
        bytes += count
    }
}
