extension JournalSchema {
    /// The versions of projects' policies, which of them is in force, and what their counters have.
    ///
    /// An entry is small and belongs to one place in one order: with its key it is the whole row.
    static let policies = """
        CREATE TABLE policies(
            id INTEGER PRIMARY KEY, project INTEGER NOT NULL REFERENCES projects, version INTEGER NOT NULL,
            document BLOB NOT NULL, principal TEXT NOT NULL, created INTEGER NOT NULL,
            UNIQUE(project, version)) STRICT;
        ALTER TABLE projects ADD COLUMN policy INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE counters(
            id INTEGER PRIMARY KEY, project INTEGER NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL,
            UNIQUE(project, key)) STRICT;
        CREATE TABLE counter_entries(
            counter INTEGER NOT NULL, session BLOB NOT NULL, number INTEGER NOT NULL, project INTEGER NOT NULL,
            time INTEGER NOT NULL, amount INTEGER NOT NULL, until INTEGER,
            PRIMARY KEY(counter, session, number)) STRICT, WITHOUT ROWID;
        CREATE INDEX counter_entries_until ON counter_entries(counter, until) WHERE until IS NOT NULL;
        """
}
