import HoldpointPorts
import PostgresClient
import Testing

extension PostgresJournalTests {
    struct RowSecurityTests {
        /// Two tenants, the first with two projects, and a row of each project in every table of projects' rows.
        private func fill(_ scene: PostgresScene) async throws -> [String] {
            try await scene.execute(
                "insert into tenants(name) values('a'), ('b')",
                "insert into projects(tenant, name) values(1, 'one'), (1, 'two'), (2, 'one')",
                "insert into recovery_groups values(1, 0)")
            let tables = try await names(scene, Self.projectTables)
            for table in tables {
                for (project, tenant) in [(1, 1), (2, 1), (3, 2)] { try await insert(scene, table, tenant, project) }
            }
            return tables
        }

        /// A row with some value of the right type in every column, so that tables of later steps are filled as well.
        private func insert(_ scene: PostgresScene, _ table: String, _ tenant: Int, _ project: Int) async throws {
            let columns = try await scene.pool.run(Self.columns, [.text(table)]).rows
            var names: [String] = []
            var values: [String] = []
            for column in columns {
                let name = try column.text(0)
                names.append(name)
                values.append(value(of: name, type: try column.text(1), in: table, tenant, project))
            }
            try await scene.execute(
                "insert into \(table)(\(names.joined(separator: ", "))) values(\(values.joined(separator: ", ")))")
        }

        private func value(
            of column: String, type: String, in table: String, _ tenant: Int, _ project: Int
        ) -> String {
            switch (column, type) {
            case ("tenant", _): "\(tenant)"
            case ("project", _): "\(project)"
            case ("party", _): "1"
            case (_, "uuid"): "'00000000-0000-7000-8000-00000000000\(project)'"
            case (_, "bytea"): "'\\x0\(project)'"
            case (_, "text"): "'\(table)-\(project)'"
            case (_, "boolean"): "true"
            default: "\(project)"
            }
        }

        private func names(_ scene: PostgresScene, _ statement: PostgresStatement) async throws -> [String] {
            try await scene.pool.run(statement).rows.map { try $0.text(0) }
        }

        private static let tables = PostgresStatement(
            """
            select relname from pg_class where relnamespace = 'holdpoint'::regnamespace and relkind in ('r', 'p')
            order by 1
            """)
        private static let projectTables = PostgresStatement(
            """
            select relname from pg_class c where relnamespace = 'holdpoint'::regnamespace and relkind in ('r', 'p')
                and exists(select from pg_attribute where attrelid = c.oid and attname = 'tenant')
                and relname <> 'projects' order by 1
            """)
        private static let columns = PostgresStatement(
            """
            select attname, format_type(atttypid, null) from pg_attribute
            where attrelid = ('holdpoint.' || $1)::regclass and attnum > 0 and not attisdropped
            """)

        /// How many rows a role sees, with these settings; an error counts as none.
        private func rows(
            _ scene: PostgresScene, of table: String, as role: String, _ settings: [String: String] = [:]
        ) async -> Int64 {
            var segment = PostgresSegment()
            for (name, value) in settings.sorted(by: { $0.key < $1.key }) + [("role", role)] {
                segment.add(PostgresStatement("select set_config($1, $2, true)"), [.text(name), .text(value)])
            }
            segment.add(PostgresStatement("select count(*) from \(table)"))
            return (try? await scene.pool.run(segment).last?.rows.first?.integer(0)) ?? 0
        }

        @Test func `I5: the api role sees the rows of the project that it names, and no others, of any table`()
            async throws
        {
            try await PostgresScene.run { scene in
                let filled = Set(try await fill(scene))
                var readable: Set<String> = []
                for table in try await names(scene, Self.tables) where table != "schema_version" {
                    #expect(await rows(scene, of: table, as: "holdpoint_api") == 0, "\(table) without a setting")
                    let foreign = ["app.tenant": "2", "app.project": "1"]
                    #expect(await rows(scene, of: table, as: "holdpoint_api", foreign) == 0, "\(table) of a tenant")
                    let none = ["app.tenant": "1", "app.project": "3"]
                    #expect(await rows(scene, of: table, as: "holdpoint_api", none) == 0, "\(table) of a project")
                    let half = ["app.tenant": "1"]
                    #expect(await rows(scene, of: table, as: "holdpoint_api", half) == 0, "\(table) without a project")
                    let own = ["app.tenant": "1", "app.project": "2"]
                    let count = await rows(scene, of: table, as: "holdpoint_api", own)
                    #expect(count <= 1, "\(table)")
                    if count == 1 { readable.insert(table) }
                }
                let hidden: Set = ["projects", "keys", "recovery_members"]
                #expect(readable == filled.subtracting(hidden))
            }
        }

        @Test func `I5: the api role may write nothing, and the owner sees no row of a tenant`() async throws {
            try await PostgresScene.run { scene in
                let filled = try await fill(scene)
                #expect(try await scene.number(Self.writesOfTheAPI) == 0)
                for table in filled + ["projects", "tenants"] {
                    #expect(await rows(scene, of: table, as: "holdpoint_owner") == 0, "\(table)")
                    #expect(await rows(scene, of: table, as: "holdpoint_engine") >= 2, "\(table)")
                }
                for table in ["nodes", "fences", "shards", "recovery_groups", "recovery_members"] {
                    #expect(try await scene.number(Self.rightsOfTheAPI(on: table)) == 0, "\(table)")
                }
                #expect(try await scene.number(Self.unforced) == 0)
            }
        }

        private static let writesOfTheAPI = """
            select count(*) from pg_class where relnamespace = 'holdpoint'::regnamespace
                and relkind in ('r', 'p')
                and has_table_privilege('holdpoint_api', oid, 'insert, update, delete, truncate, references, trigger')
            """
        /// Tables with a tenant whose row level security is not in force for everyone.
        private static let unforced = """
            select count(*) from pg_class c where relnamespace = 'holdpoint'::regnamespace and relkind in ('r', 'p')
                and (relname = 'tenants'
                    or exists(select from pg_attribute where attrelid = c.oid and attname = 'tenant'))
                and not (relrowsecurity and relforcerowsecurity)
            """

        private static func rightsOfTheAPI(on table: String) -> String {
            "select has_table_privilege('holdpoint_api', 'holdpoint.\(table)', 'select')::int"
        }

        @Test func `I5: the engine role cannot write a row of a tenant that the segment has not named`() async throws {
            try await PostgresScene.run { scene in
                let filled = try await fill(scene)
                for table in filled {
                    let copy = "update \(table) set tenant = tenant"
                    for tenants in ["1", "1,3"] {
                        let moved = "update \(table) set tenant = 2 where tenant = 1"
                        #expect(await change(scene, moved, tenants: tenants) == nil, "\(table)")
                    }
                    #expect((await change(scene, copy, tenants: nil) ?? 0) == 0, "\(table)")
                    let insert = "insert into \(table) select * from \(table) where tenant = 2 on conflict do nothing"
                    #expect(await change(scene, insert, tenants: "1") == nil, "\(table)")
                }
                // What is named can be written, and an update passes over the rows of others.
                #expect(await change(scene, "update sessions set head = head", tenants: "1") == 2)
                #expect(await change(scene, "update sessions set head = head", tenants: "1,2") == 3)
                let session = """
                    insert into sessions select gen_random_uuid(), 2, 3, 'x', null, 0, 0, 0, null, 0, 0, null
                    """
                #expect(await change(scene, session, tenants: "1") == nil)
                #expect(await change(scene, session, tenants: "2,1") == 1)
                // One row of another tenant, and nothing of the batch is stored.
                let batch = """
                    insert into sessions select gen_random_uuid(), t, p, 'y', null, 0, 0, 0, null, 0, 0, null
                    from (values(1, 1), (1, 2), (2, 3)) as b(t, p)
                    """
                #expect(await change(scene, batch, tenants: "1") == nil)
                #expect(try await scene.number("select count(*) from sessions where name = 'y'") == 0)
                #expect(await change(scene, batch, tenants: "1,2") == 3)
            }
        }

        /// What a statement changed as the engine role; nil if it was refused.
        private func change(_ scene: PostgresScene, _ text: String, tenants: String?) async -> Int? {
            var segment = PostgresSegment()
            for (name, value) in [("app.tenants", tenants), ("role", "holdpoint_engine")] {
                guard let value else { continue }
                segment.add(PostgresStatement("select set_config($1, $2, true)"), [.text(name), .text(value)])
            }
            segment.add(PostgresStatement(text))
            return try? await scene.pool.run(segment).last?.affectedRows
        }
    }
}
