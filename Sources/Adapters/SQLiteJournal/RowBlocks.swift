import SQLiteClient

/// A sparse index: which blocks of 64 neighbouring rows of a table hold rows of a project.
///
/// Rows of one project come in runs, so that a note for a block is made once in many rows, where an entry for each
/// row would cost as much as a tenth of a commit. A reader goes through a project's blocks in order and looks at the
/// rows in each; at worst, when 64 projects take turns, it reads 64 rows for each that it wants.
struct RowBlocks {
    /// The rows of a block.
    static let size: Int64 = 64

    /// The tables that are indexed so; the numbers stand in `blocks.kind`.
    enum Kind: Int64 {
        case sessions = 0
        case requests = 1
        case events = 2
    }

    private struct Place: Hashable {
        let kind: Kind
        let project: Int64
    }

    private var noted: [Place: Int64] = [:]

    /// Notes that a row belongs to a project.
    mutating func note(
        _ kind: Kind, row: Int64, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) {
        let place = Place(kind: kind, project: project)
        let block = row / Self.size
        guard noted[place] != block else { return }
        let insert = try connection.statement("INSERT INTO blocks VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING")
        try insert.bind(kind.rawValue, at: 1)
        try insert.bind(project, at: 2)
        try insert.bind(block, at: 3)
        try insert.run()
        noted[place] = block
    }

    /// Forgets what was noted, after it was undone.
    mutating func forget() {
        noted.removeAll(keepingCapacity: true)
    }
}
