extension JournalSchema {
    /// The users of projects, each as a document: nothing but the id is looked for.
    static let people = """
        CREATE TABLE users(
            id INTEGER PRIMARY KEY, project INTEGER NOT NULL REFERENCES projects, name TEXT NOT NULL,
            document BLOB NOT NULL, updated INTEGER NOT NULL, UNIQUE(project, name)) STRICT;
        """
}
