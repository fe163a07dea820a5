extension PostgresSchema {
    /// Tables whose rows belong to a project, and that the api role reads within one.
    private static let projectTables = [
        "agents", "project_secrets", "sessions", "events", "snapshots", "requests", "secrets", "feed", "commands",
        "idempotency", "tombstones",
    ]

    /// Tables whose rows belong to a tenant, and that only the engine role reads.
    private static let tenantTables = ["projects", "keys", "recovery_members"]

    /// Row level security, in force for the owner as well.
    ///
    /// The engine reads everything and writes rows of those tenants only that the segment has named before; the api
    /// reads the one project that the segment has named. Who has named none gets an error, never a row. The settings
    /// are read once in a statement, by a sub-select, and not once for each row.
    static let policies =
        projectTables.flatMap { enginePolicies(of: $0) + [apiPolicy(of: $0)] }
        + tenantTables.flatMap { enginePolicies(of: $0) } + [
            "alter table tenants enable row level security, force row level security",
            "create policy engine_select on tenants for select to holdpoint_engine using (true)",
            // A tenant has no number yet by which it could be named.
            "create policy engine_insert on tenants for insert to holdpoint_engine with check (true)",
        ]

    /// The policies of a table whose rows belong to a tenant.
    static func enginePolicies(of table: String) -> [String] {
        let named = "tenant = any((select string_to_array(current_setting('app.tenants'), ',')::int8[])::int8[])"
        return [
            "alter table \(table) enable row level security, force row level security",
            "create policy engine_select on \(table) for select to holdpoint_engine using (true)",
            "create policy engine_insert on \(table) for insert to holdpoint_engine with check (\(named))",
            """
            create policy engine_update on \(table) for update to holdpoint_engine
                using (\(named)) with check (\(named))
            """,
            "create policy engine_delete on \(table) for delete to holdpoint_engine using (\(named))",
        ]
    }

    /// The policy of a table that the api role reads within a project.
    static func apiPolicy(of table: String) -> String {
        """
        create policy api_select on \(table) for select to holdpoint_api using (
            tenant = (select current_setting('app.tenant')::int8)
            and project = (select current_setting('app.project')::int8))
        """
    }

    /// Who may do what at all.
    ///
    /// Events, records of keys against repetition and the feed are only ever added to, until their session is retired.
    static let grants = [
        "grant usage on schema holdpoint to holdpoint_engine, holdpoint_api",
        "grant select on schema_version to holdpoint_engine, holdpoint_api",
        "grant select, insert on sealing to holdpoint_engine",
        "grant select on \(projectTables.joined(separator: ", ")) to holdpoint_api",
        """
        grant select, insert on tenants, projects, agents, events, feed, idempotency, tombstones to holdpoint_engine
        """,
        """
        grant select, insert, update on keys, sessions, snapshots, requests, commands to holdpoint_engine
        """,
        """
        grant select, insert, update, delete on project_secrets, secrets, recovery_groups, recovery_members, nodes,
            fences to holdpoint_engine
        """,
        "grant select, update on shards to holdpoint_engine",
        "grant usage on sequence incarnations to holdpoint_engine",
    ]
}
