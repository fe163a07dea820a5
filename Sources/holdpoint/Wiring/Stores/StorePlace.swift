import EventLoop
import HoldpointPorts
import SQLiteJournal

/// Where a node keeps its data.
enum StorePlace: Sendable {
    /// In a folder, for itself.
    case folder(SQLiteJournalConfiguration)
    /// In a database, shared with other nodes.
    case servers(StoreServers)

    /// Reads the settings; throws for what cannot be.
    init(_ settings: Settings) throws(CommandFailure) {
        if let servers = try StoreServers(settings) {
            self = .servers(servers)
        } else {
            if let setting = [Setting.sealingKey, .leaseSeconds, .postgresReaders].first(where: settings.isGiven) {
                throw CommandFailure(.usage, "\(setting.flag) is only of use with --postgres and --redis")
            }
            var journal = SQLiteJournalConfiguration(folder: try DataFolder.path(settings), role: .engine)
            let bytes = settings.number(.databaseBytes)
            journal.maximumDatabaseBytes = bytes > 0 ? Int64(bytes) : nil
            self = .folder(journal)
        }
    }

    /// Opens it for an engine that is to run on the loop.
    func open(
        for node: NodeName, fittings: any ServerFittings, on loop: EventLoop
    ) async throws(CommandFailure) -> any NodeStore {
        switch self {
        case .folder(let configuration): try await EmbeddedStore(configuration, on: loop)
        case .servers(let servers): try await DistributedStore(servers, for: node, fittings: fittings, on: loop)
        }
    }
}

/// The servers that nodes share, as the settings name them; the URLs may hold passwords and are shown nowhere.
struct StoreServers: Sendable {
    let postgres: String
    let redis: String
    /// The file with the key under which secrets are sealed.
    let sealingKey: String
    /// For how long a node's lease stands.
    let lease: Duration
    /// Connections that read within projects.
    let readers: Int

    /// Reads the settings; nil if they name neither server.
    init?(_ settings: Settings) throws(CommandFailure) {
        switch (settings.givenText(.postgres), settings.givenText(.redis)) {
        case (nil, nil): return nil
        case (let postgres?, let redis?):
            self.postgres = postgres
            self.redis = redis
        case (_?, nil): throw CommandFailure(.usage, "--postgres is only of use to a server together with --redis")
        case (nil, _?): throw CommandFailure(.usage, "--redis is only of use to a server together with --postgres")
        }
        guard let key = settings.givenText(.sealingKey) else {
            throw CommandFailure(
                .usage, "nodes that share a database need --sealing-key FILE, the same for all; migrate makes it")
        }
        if settings.isGiven(.databaseBytes) {
            throw CommandFailure(.usage, "\(Setting.databaseBytes.flag) is for a data folder, not for --postgres")
        }
        sealingKey = key
        lease = .seconds(settings.number(.leaseSeconds))
        readers = settings.number(.postgresReaders)
    }
}
