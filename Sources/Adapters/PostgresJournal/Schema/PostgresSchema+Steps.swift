extension PostgresSchema {
    /// The tables of this release.
    ///
    /// Steps are only ever added, and each gives what it makes to the roles that need it.
    package static let current = PostgresSchema(steps: [
        Step(directory + sealing + leases + sessions + inbox + recovery + policies + grants, admitsEarlier: false),
        Step(retention, admitsEarlier: false),
        Step(releases, admitsEarlier: false),
        Step(log, admitsEarlier: false),
        Step(room, admitsEarlier: true),
        Step(policyStores, admitsEarlier: true),
        Step(people, admitsEarlier: true),
        Step(outbox, admitsEarlier: true),
        Step(audit, admitsEarlier: true),
    ])

    /// Which releases may work on the tables, and which release each node runs.
    private static let releases = [
        // Before this step no release looked into these columns, so that none of them is admitted.
        "alter table schema_version add column oldest int4 not null default 1",
        "alter table schema_version add column formats int8 not null default 1",
        "alter table nodes add column release text, add column tables int4, add column formats int8",
    ]

    // Names compare byte by byte, as they do in the engine, whatever the database's own order is.

    /// Tenants, projects, keys, agents and the secrets of projects.
    private static let directory = [
        """
        create table tenants(
            id int8 generated always as identity primary key, name text collate "C" not null unique)
        """,
        """
        create table projects(
            id int8 generated always as identity primary key, tenant int8 not null references tenants,
            name text collate "C" not null, unique(tenant, name), unique(id, tenant))
        """,
        // A project of another tenant is refused here, and not only by the policies.
        """
        create table keys(
            public text collate "C" primary key, tenant int8 not null references tenants, project int8,
            digest bytea not null, scopes text not null, created int8 not null, replaced bytea, replaced_until int8,
            rotated int8, revoked int8, foreign key(project, tenant) references projects(id, tenant))
        """,
        "create index keys_tenant on keys(tenant, public)",
        """
        create table agents(
            tenant int8 not null, project int8 not null, name text collate "C" not null, version int8 not null,
            program text not null, definition bytea, input_schema bytea, labels bytea not null, created int8 not null,
            primary key(project, name, version), foreign key(project, tenant) references projects(id, tenant))
        """,
        """
        create table project_secrets(
            tenant int8 not null, project int8 not null, name text collate "C" not null, box bytea not null,
            updated int8 not null, primary key(project, name),
            foreign key(project, tenant) references projects(id, tenant))
        """,
    ]

    /// Which key secrets are sealed under, by its keyed fingerprint: at most one row.
    private static let sealing = [
        "create table sealing(single bool primary key default true check (single), fingerprint text not null)"
    ]

    /// Who lives, under which numbers they write, and what they own.
    private static let leases = [
        // Numbers of lives and of processes: none is given twice.
        "create sequence incarnations as int8",
        """
        create table nodes(
            name text collate "C" primary key, incarnation int8 not null, label text not null, started int8 not null,
            fenced bool not null default false, renewed_at timestamptz not null, expires_at timestamptz not null)
            with (fillfactor = 50)
        """,
        // The generation is part of the key, so that raising it waits for those who hold `for key share`.
        """
        create table fences(
            node text collate "C" not null, incarnation int8 not null, slot int2 not null, generation int8 not null,
            primary key(node, incarnation, slot, generation)) with (fillfactor = 50)
        """,
        // `unclean` is about the owner before: it stays until the present one gives the shard up or dies, too.
        """
        create table shards(
            shard int2 primary key check (shard between 0 and 255), epoch int8 not null default 0,
            owner text collate "C", incarnation int8, unclean bool not null default false) with (fillfactor = 50)
        """,
        "insert into shards(shard) select generate_series(0, 255)",
    ]

    /// Sessions, their logs, and what lists need of them.
    private static let sessions = [
        """
        create table sessions(
            key uuid primary key, tenant int8 not null, project int8 not null, name text collate "C" not null,
            agent text collate "C", shard int2 not null, status int2 not null, head int8 not null, wake int8,
            created int8 not null, updated int8 not null, quarantine bytea, unique(project, name))
            with (fillfactor = 80)
        """,
        // `nulls last` is what lists ask for, though there are none: in this order the primary key is of no use to the
        // planner, who would pass over the later sessions of all other projects.
        "create index sessions_project on sessions(project, key desc nulls last)",
        // In the order of time, and not by shard: a node with many shards would sort all that is due for each page.
        "create index sessions_due on sessions(wake, key) where wake is not null and quarantine is null",
        """
        create table events(
            session uuid not null, seq int8 not null, tenant int8 not null, project int8 not null, time int8 not null,
            type text not null, on_feed bool not null, chain bytea not null, data bytea not null,
            primary key(session, seq))
        """,
        """
        create table snapshots(
            session uuid primary key, tenant int8 not null, project int8 not null, codec int8 not null,
            seq int8 not null, chain bytea not null, digest bytea not null, state bytea not null)
            with (fillfactor = 70)
        """,
        // The id of a request has 22 bytes: six of time, sixteen of randomness. Lists are in the order of `n`, since
        // many requests may be opened within a millisecond.
        """
        create table requests(
            id bytea primary key, tenant int8 not null, project int8 not null, session uuid not null,
            type int2 not null, status int2 not null, opened int8 not null, closed int8,
            n int8 not null generated by default as identity) with (fillfactor = 80)
        """,
        "create index requests_project on requests(project, n desc)",
        "create index requests_session on requests(session, n desc)",
        "create index requests_pending on requests(project, n desc) where status = 0",
        """
        create table secrets(
            request bytea not null, field text not null, tenant int8 not null, project int8 not null,
            session uuid not null, box bytea not null, primary key(request, field))
        """,
        "create index secrets_session on secrets(session)",
        // What is left of a deleted session, so that a late repetition of its start is no second start.
        """
        create table tombstones(
            project int8 not null, tenant int8 not null, name text collate "C" not null, session uuid not null,
            deleted int8 not null, primary key(project, name))
        """,
        // The number of the transaction comes first: whoever reads up to the oldest that still runs misses nothing.
        """
        create table feed(
            project int8 not null, tenant int8 not null, xid int8 not null, n int4 not null, session uuid not null,
            seq int8 not null, primary key(project, xid, n))
        """,
    ]

    /// Commands from outside, and the keys against repeating them.
    ///
    /// Kinds, principals and keys are texts that may hold U+0000, kept as their UTF-8 bytes.
    private static let inbox = [
        """
        create table commands(
            id uuid primary key, tenant int8 not null, project int8 not null, session uuid not null,
            name text collate "C" not null, shard int2 not null, kind bytea not null, sealed bytea not null,
            principal bytea not null, received int8 not null, attempts int8 not null default 0, outcome bytea)
            with (fillfactor = 80)
        """,
        // In the order of receipt, and not by shard: a node with many shards would sort the backlog for each page.
        "create index commands_open on commands(id) where outcome is null",
        "create index commands_session on commands(session, id) where outcome is null",
        """
        create table idempotency(
            tenant int8 not null, project int8 not null, key bytea not null, fingerprint text not null,
            reply bytea not null, session uuid not null, name text collate "C" not null, created int8 not null,
            primary key(project, key))
        """,
    ]

    /// Marks of what was under work when a node died.
    private static let recovery = [
        "create table recovery_groups(id int8 primary key, deaths int8 not null)",
        """
        create table recovery_members(
            party int8 not null references recovery_groups on delete cascade, n int4 not null, tenant int8 not null,
            project int8 not null, session uuid not null, name text collate "C" not null, shard int2 not null,
            primary key(party, n))
        """,
        "create index recovery_members_shard on recovery_members(shard)",
    ]
}
