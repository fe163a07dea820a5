extension PostgresSchema {
    /// The users of projects, each as a document: nothing but the id is looked for.
    static let people =
        [
            """
            create table users(
                tenant int8 not null, project int8 not null, id text collate "C" not null, document bytea not null,
                updated int8 not null, primary key(project, id),
                foreign key(project, tenant) references projects(id, tenant))
            """
        ]
        + enginePolicies(of: "users") + [
            apiPolicy(of: "users"),
            "grant select on users to holdpoint_api",
            "grant select, insert, update, delete on users to holdpoint_engine",
        ]
}
