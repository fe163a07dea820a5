extension PostgresSchema {
    /// Audit logs: the rows of each project, where its log ends, and up to which event its feed is audited.
    ///
    /// Rows are only ever added, by any role that is no superuser's.
    static let audit =
        [
            """
            create table audit_log(
                project int8 not null, tenant int8 not null, n int8 not null, entry bytea not null,
                hash bytea not null, request bytea, signature bytea, primary key(project, n),
                foreign key(project, tenant) references projects(id, tenant))
            """,
            "create index audit_log_request on audit_log(project, request) where request is not null",
            """
            create table audit_heads(
                project int8 primary key, tenant int8 not null, n int8 not null, hash bytea not null,
                xid int8 not null, place int8 not null,
                foreign key(project, tenant) references projects(id, tenant)) with (fillfactor = 50)
            """,
        ]
        + ["audit_log", "audit_heads"].flatMap { enginePolicies(of: $0) + [apiPolicy(of: $0)] }
        + [
            "grant select on audit_log, audit_heads to holdpoint_api",
            "grant select, insert on audit_log to holdpoint_engine",
            "grant select, insert, update on audit_heads to holdpoint_engine",
        ]
}
