extension JournalSchema {
    /// The webhooks of projects, and what they are still to be told of.
    ///
    /// `due` is when the next attempt at a pending delivery is due, and of others when they are to be forgotten; the
    /// status 0 is that of a pending one.
    static let outbox = """
        CREATE TABLE webhooks(
            project INTEGER PRIMARY KEY REFERENCES projects, id BLOB NOT NULL, revision INTEGER NOT NULL,
            url TEXT NOT NULL, types TEXT, enabled INTEGER NOT NULL, disabled TEXT, box BLOB NOT NULL,
            created INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT;
        CREATE TABLE outbox(
            id INTEGER PRIMARY KEY, project INTEGER NOT NULL, webhook BLOB NOT NULL, session BLOB NOT NULL,
            name TEXT NOT NULL, shard INTEGER NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL,
            created INTEGER NOT NULL, status INTEGER NOT NULL, attempts INTEGER NOT NULL, tries INTEGER NOT NULL,
            due INTEGER NOT NULL, code INTEGER, error TEXT, attempted INTEGER) STRICT;
        CREATE UNIQUE INDEX outbox_event ON outbox(session, seq);
        CREATE INDEX outbox_due ON outbox(project, webhook, due) WHERE status = 0;
        CREATE INDEX outbox_status ON outbox(project, webhook, status, id);
        CREATE INDEX outbox_over ON outbox(due) WHERE status <> 0;
        """
}
