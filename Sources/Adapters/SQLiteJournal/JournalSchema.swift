import SQLiteClient

/// The tables, and the steps that bring an older file up to date; steps are only ever added.
enum JournalSchema {
    /// Marks the file as Holdpoint's (`HPNT`); kept in the file's header.
    static let applicationID: Int64 = 0x4850_4E54

    /// The format that this release writes.
    static var version: Int64 { Int64(steps.count) }

    /// Brings the file from one version to the next; `steps[0]` starts from an empty file.
    ///
    /// Names of tenants and projects are interned as numbers, and all tables have row ids: keys that grow are cheap to
    /// insert, and with one writer the row id of an event is its place in the order of commits, so that it serves as
    /// the position in the feed. Indexes are as few as the queries allow; those over open things are partial, and what
    /// a project has in the order of rows is found by `blocks` (see `RowBlocks`).
    static let steps: [String] = [
        """
        CREATE TABLE tenants(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE projects(
            id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL REFERENCES tenants, name TEXT NOT NULL,
            UNIQUE(tenant, name)) STRICT;
        CREATE TABLE keys(
            id INTEGER PRIMARY KEY, public TEXT NOT NULL UNIQUE, digest BLOB NOT NULL,
            tenant INTEGER NOT NULL REFERENCES tenants, project INTEGER REFERENCES projects, scopes TEXT NOT NULL,
            created INTEGER NOT NULL) STRICT;
        CREATE TABLE agents(
            id INTEGER PRIMARY KEY, project INTEGER NOT NULL REFERENCES projects, name TEXT NOT NULL,
            version INTEGER NOT NULL, program TEXT NOT NULL, input_schema BLOB, labels BLOB NOT NULL,
            created INTEGER NOT NULL, UNIQUE(project, name, version)) STRICT;

        CREATE TABLE blocks(
            kind INTEGER NOT NULL, project INTEGER NOT NULL, block INTEGER NOT NULL,
            PRIMARY KEY(kind, project, block)) STRICT, WITHOUT ROWID;

        CREATE TABLE node(id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, clean INTEGER NOT NULL) STRICT;
        CREATE TABLE shards(
            shard INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, generation INTEGER NOT NULL) STRICT;
        WITH RECURSIVE all_shards(n) AS (VALUES(0) UNION ALL SELECT n + 1 FROM all_shards WHERE n < 255)
            INSERT INTO shards SELECT n, 0, 0 FROM all_shards;

        CREATE TABLE sessions(
            id INTEGER PRIMARY KEY, project INTEGER NOT NULL, key BLOB NOT NULL, name TEXT NOT NULL,
            agent TEXT NOT NULL, shard INTEGER NOT NULL, status INTEGER NOT NULL, head INTEGER NOT NULL, wake INTEGER,
            created INTEGER NOT NULL, updated INTEGER NOT NULL, quarantine TEXT) STRICT;
        CREATE UNIQUE INDEX sessions_key ON sessions(key);
        CREATE UNIQUE INDEX sessions_name ON sessions(project, name);
        CREATE INDEX sessions_due ON sessions(wake, key) WHERE wake IS NOT NULL;

        CREATE TABLE events(
            id INTEGER PRIMARY KEY, session INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL,
            type TEXT NOT NULL, feed INTEGER, chain BLOB NOT NULL, data BLOB NOT NULL) STRICT;
        CREATE UNIQUE INDEX events_seq ON events(session, seq);

        CREATE TABLE snapshots(
            session INTEGER PRIMARY KEY, codec INTEGER NOT NULL, seq INTEGER NOT NULL, chain BLOB NOT NULL,
            digest BLOB NOT NULL, state BLOB NOT NULL) STRICT;

        CREATE TABLE requests(
            id INTEGER PRIMARY KEY, made INTEGER NOT NULL, high INTEGER NOT NULL, low INTEGER NOT NULL,
            project INTEGER NOT NULL, session INTEGER NOT NULL, type INTEGER NOT NULL, status INTEGER NOT NULL,
            opened INTEGER NOT NULL, closed INTEGER) STRICT;
        CREATE UNIQUE INDEX requests_key ON requests(made, high, low);
        CREATE INDEX requests_session ON requests(session);
        CREATE INDEX requests_pending ON requests(project) WHERE status = 0;

        CREATE TABLE secrets(
            id INTEGER PRIMARY KEY, project INTEGER NOT NULL, session INTEGER NOT NULL, request TEXT NOT NULL,
            field TEXT NOT NULL, box BLOB NOT NULL) STRICT;
        CREATE UNIQUE INDEX secrets_request ON secrets(request, field);
        CREATE INDEX secrets_session ON secrets(session);

        CREATE TABLE commands(
            id INTEGER PRIMARY KEY, key BLOB NOT NULL, project INTEGER NOT NULL, session BLOB NOT NULL,
            name TEXT NOT NULL, shard INTEGER NOT NULL, kind TEXT NOT NULL, sealed BLOB NOT NULL,
            principal TEXT NOT NULL, received INTEGER NOT NULL, attempts INTEGER NOT NULL, outcome BLOB) STRICT;
        CREATE UNIQUE INDEX commands_key ON commands(key);
        CREATE INDEX commands_open ON commands(key) WHERE outcome IS NULL;
        CREATE INDEX commands_session ON commands(session, key) WHERE outcome IS NULL;

        CREATE TABLE idempotency(
            id INTEGER PRIMARY KEY, project INTEGER NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,
            reply BLOB NOT NULL, session BLOB NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
        CREATE UNIQUE INDEX idempotency_key ON idempotency(project, key);

        CREATE TABLE recovery_groups(id INTEGER PRIMARY KEY, deaths INTEGER NOT NULL) STRICT;
        CREATE TABLE recovery_members(
            id INTEGER PRIMARY KEY, party INTEGER NOT NULL, project INTEGER NOT NULL, session BLOB NOT NULL,
            name TEXT NOT NULL) STRICT;
        CREATE INDEX recovery_members_party ON recovery_members(party);
        """,
        """
        ALTER TABLE keys ADD COLUMN replaced BLOB;
        ALTER TABLE keys ADD COLUMN replaced_until INTEGER;
        ALTER TABLE keys ADD COLUMN rotated INTEGER;
        ALTER TABLE keys ADD COLUMN revoked INTEGER;
        CREATE INDEX keys_tenant ON keys(tenant, public);
        """,
        "ALTER TABLE agents ADD COLUMN definition BLOB;",
        """
        CREATE TABLE project_secrets(
            id INTEGER PRIMARY KEY, project INTEGER NOT NULL REFERENCES projects, name TEXT NOT NULL,
            box BLOB NOT NULL, updated INTEGER NOT NULL, UNIQUE(project, name)) STRICT;
        """,
        "ALTER TABLE node ADD COLUMN started INTEGER NOT NULL DEFAULT 0;",
        """
        CREATE TABLE retentions(
            project INTEGER PRIMARY KEY REFERENCES projects, days INTEGER NOT NULL, mode TEXT NOT NULL) STRICT;
        CREATE TABLE tombstones(
            project INTEGER NOT NULL, name TEXT NOT NULL, key BLOB NOT NULL, retired INTEGER NOT NULL,
            PRIMARY KEY(project, name)) STRICT, WITHOUT ROWID;
        CREATE TABLE archives(
            id INTEGER PRIMARY KEY, project INTEGER NOT NULL, name TEXT NOT NULL, key BLOB NOT NULL,
            retired INTEGER NOT NULL, page INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE(project, name, page)) STRICT;
        CREATE TABLE feed_starts(project INTEGER PRIMARY KEY, position INTEGER NOT NULL) STRICT;
        CREATE INDEX sessions_ended ON sessions(project, updated, key) WHERE status IN (3, 4, 5);
        CREATE INDEX commands_decided ON commands(session) WHERE outcome IS NOT NULL;
        CREATE INDEX idempotency_session ON idempotency(session);
        """,
        policies,
        people,
        outbox,
        audit,
    ]

    /// Brings the file up to this release's version, in one transaction.
    static func migrate(_ connection: SQLiteConnection) throws(SQLiteError) {
        // The lock comes first: another process may be doing the same.
        try connection.execute("BEGIN IMMEDIATE")
        do {
            let present = Int64(try connection.pragma("user_version")) ?? 0
            for step in steps.dropFirst(Int(clamping: present)) { try connection.execute(step) }
            if present < version {
                try connection.execute("PRAGMA application_id=\(applicationID)")
                try connection.execute("PRAGMA user_version=\(version)")
            }
            try connection.execute("COMMIT")
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            throw error
        }
    }
}
