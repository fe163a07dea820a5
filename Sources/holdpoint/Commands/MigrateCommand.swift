import EventLoop
import HoldpointPorts
import JSON
import PostgresJournal

/// The command that makes the tables that nodes share, and brings them to this release's version.
enum MigrateCommand {
    static let command = command(fittings: ShippedFittings())

    /// The command with something between the server's parts.
    static func command(fittings: any ServerFittings) -> Command {
        Command(
            "migrate", "Make or renew the tables in the database that nodes share.",
            details:
                "Run it before the first node is started, and before the first node of a later release; nodes that "
                + "run go on meanwhile where the tables admit them, else it says which to stop first. It only goes "
                + "forward, and leaves alone what a later release has made. With --finish, once every node runs this "
                + "release, it lets them write data in forms that earlier releases cannot read, which are refused "
                + "from then on; until then there is a way back. The login role must be a member of holdpoint_owner, "
                + "holdpoint_engine and holdpoint_api, or may create roles: then they are made. With --sealing-key the "
                + "key file is made, for its owner alone, if the database knows of none yet: copy it to every node. "
                + "HOLDPOINT_DEV_KEY makes tenant dev, project default and that key with every right if there is no "
                + "tenant; otherwise make them with tenant, project and key create.",
            options: [
                CommandOption("--finish", "End an upgrade: let this release's forms of data be written.")
            ] + [Setting.postgres, .sealingKey].map { CommandOption($0) },
            examples: [
                CommandExample(
                    "holdpoint migrate --postgres postgresql://holdpoint@db/holdpoint --sealing-key sealing.key",
                    "tables, and a key for all nodes"),
                CommandExample(
                    "HOLDPOINT_POSTGRES=postgresql://holdpoint@db/holdpoint holdpoint migrate", "tables alone"),
                CommandExample(
                    "HOLDPOINT_POSTGRES=postgresql://holdpoint@db/holdpoint holdpoint migrate --finish",
                    "when the last node has been replaced"),
            ]
        ) { call in try await migrate(call, fittings) }
    }

    private static func migrate(
        _ call: Invocation, _ fittings: any ServerFittings
    ) async throws(CommandFailure) -> ExitCode {
        guard let url = call.settings.givenText(.postgres) else {
            throw CommandFailure(.usage, "'migrate' needs --postgres URL; a data folder is migrated by serve")
        }
        let key = try ServerConfiguration.key(.developmentKey, call.settings)
        let loop = try StoreTool.loop()
        let configuration = fittings.fit(PostgresJournalConfiguration(connectionString: url))
        let (schema, formats) = (configuration.schema, configuration.formats)
        let migration: PostgresSchema.Migration
        let allowed: Int64?
        do throws(JournalUnusable) {
            migration = try await schema.migrate(url, formats: formats, on: loop)
            allowed = call.has("--finish") ? try await schema.allow(formats: formats, url, on: loop) : nil
        } catch {
            throw CommandFailure(error)
        }
        let path = call.settings.givenText(.sealingKey)
        let made =
            path != nil || key != nil
            ? try await StoreTool.use(configuration, on: loop) { journal throws(CommandFailure) in
                try await prepare(journal, sealingKey: path, key: key)
            } : nil
        // The process ends next: a thread that does not end in time holds up nothing.
        try? loop.stop()
        report(migration, allowed, made, call.output)
        return .success
    }

    /// Makes what was asked for and is not there; returns the key that was made.
    private static func prepare(
        _ journal: PostgresJournal, sealingKey path: String?, key: APIKey?
    ) async throws(CommandFailure) -> APIKey? {
        if let path {
            let box = try await SharedSealingKey.make(path, for: journal)
            try await SharedSealingKey(box, path: path).settle(in: journal)
        }
        guard let key else { return nil }
        return try await FirstStart.prepare(journal, key: key, at: SystemClock().now())
    }

    private static func report(
        _ migration: PostgresSchema.Migration, _ formats: Int64?, _ key: APIKey?, _ output: Output
    ) {
        let (from, to) = (migration.from, migration.to)
        let text =
            from == to ? "the tables have version \(to) already" : "the tables went from version \(from) to \(to)"
        output.result(
            [
                "from": .integer(from), "to": .integer(to), "formats": formats.map { .integer($0) } ?? .null,
                "key": key.map { .string($0.text) } ?? .null,
            ],
            text: text + (formats.map { "\nnodes may write forms of data up to \($0)" } ?? "")
                + (key.map { "\nkey (shown this once): \($0.text)" } ?? ""))
    }
}
