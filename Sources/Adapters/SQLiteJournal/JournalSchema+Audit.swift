extension JournalSchema {
    /// Audit logs: the rows of each project, where its log ends, and up to which event its feed is audited.
    static let audit = """
        CREATE TABLE audit_log(
            id INTEGER PRIMARY KEY, project INTEGER NOT NULL, n INTEGER NOT NULL, entry BLOB NOT NULL,
            hash BLOB NOT NULL, request TEXT, signature BLOB) STRICT;
        CREATE UNIQUE INDEX audit_log_n ON audit_log(project, n);
        CREATE INDEX audit_log_request ON audit_log(project, request) WHERE request IS NOT NULL;
        CREATE TABLE audit_heads(
            project INTEGER PRIMARY KEY REFERENCES projects, n INTEGER NOT NULL, hash BLOB NOT NULL,
            position INTEGER NOT NULL) STRICT;
        """
}
