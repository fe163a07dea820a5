import HTTPServer
import HoldpointCore
import PostgresJournal

/// Something that can be set on the command line, in the environment and in the configuration file.
struct Setting: Sendable, Hashable {
    /// What values look like.
    enum Form: Sendable, Hashable {
        case text
        case number(ClosedRange<Int>)
        case oneOf([String])
    }

    /// The key in the configuration file; the other two names come from it.
    let name: String
    /// What the value is called in the help.
    let value: String
    /// What it does, in one line.
    let summary: String
    /// The default as text; nil if there is none.
    let standard: String?
    /// What its values look like.
    let form: Form
    /// Whether its value may hold a secret, so that it is shown nowhere.
    let isSecret: Bool

    private init(
        _ name: String, _ value: String, _ summary: String, standard: String? = nil, form: Form = .text,
        isSecret: Bool = false
    ) {
        self.isSecret = isSecret
        self.name = name
        self.value = value
        self.summary = summary
        self.standard = standard
        self.form = form
    }

    /// The option's name, with its dashes.
    var flag: String { "--" + String(name.map { $0 == "_" ? "-" : $0 }) }

    /// The variable's name.
    var variable: String { "HOLDPOINT_" + name.uppercased() }
}

extension Setting {
    static let output = Setting(
        "output", "FORMAT", "How results are printed: text or json.", standard: "text",
        form: .oneOf(Output.Format.allCases.map(\.rawValue)))
    static let configuration = Setting("config", "FILE", "A JSON file with settings.")

    static let url = Setting("url", "URL", "The server to talk to.", standard: "http://127.0.0.1:8080")
    static let key = Setting(
        "key", "KEY", "The API key; better given by the environment than on the command line.", isSecret: true)
    static let project = Setting("project", "NAME", "The project to work in.", standard: "default")

    static let authorities = Setting(
        "ca", "FILE", "The authorities, as PEM, that an https server's certificate must be of.",
        standard: "the system's")

    static let data = Setting(
        "data", "DIR", "The data folder; of no use with --postgres.",
        standard: "$XDG_STATE_HOME/holdpoint or ~/.local/state/holdpoint")
    static let listen = Setting(
        "listen", "ADDRESS:PORT", "Where to listen: a numeric address; port 0 takes a free one.",
        standard: "127.0.0.1:8080")
    static let tlsCertificate = Setting(
        "tls_certificate", "FILE", "The certificate chain to serve HTTPS with, as PEM; without it: plain HTTP.")
    static let tlsKey = Setting("tls_key", "FILE", "The certificate's private key, as PEM, not encrypted.")
    static let node = Setting("node", "NAME", "The name of this node.", standard: "the host's name")
    static let postgres = Setting(
        "postgres", "URL", "The database that nodes share, as libpq's URI or connection string; with --redis.",
        isSecret: true)
    static let redis = Setting(
        "redis", "URL", "The Redis through which nodes hear of one another; with --postgres.", isSecret: true)
    static let sealingKey = Setting(
        "sealing_key", "FILE", "The key under which nodes that share a database seal secrets; the same for all.")
    static let leaseSeconds = Setting(
        "lease_seconds", "N", "How long a node that shares a database keeps its shards without a sign of life.",
        standard: String(shared.leaseDuration.components.seconds), form: .number(2...60))
    static let postgresReaders = Setting(
        "postgres_readers", "N", "Connections that read within projects from a shared database.",
        standard: String(shared.readers), form: .number(1...64))
    static let developmentKey = Setting(
        "dev_key", "KEY", "The key that is made on an empty store, as hp_ID_SECRET.", standard: "random",
        isSecret: true)
    static let keyRate = Setting(
        "key_rate", "N", "Requests per second that each key may make. 0: no limit.", standard: "0",
        form: .number(0...1_000_000))
    static let keyBurst = Setting(
        "key_burst", "N", "Requests that a key with a rate may make at once after a pause.", standard: "100",
        form: .number(1...1_000_000))
    static let allowedOrigins = Setting(
        "allowed_origins", "ORIGINS", "Web pages that may call from a browser, as https://HOST, with commas.",
        standard: "none")
    static let metricsListen = Setting(
        "metrics_listen", "ADDRESS:PORT", "Where to serve /metrics, without a key, to whoever reaches the address.",
        standard: "nowhere")
    static let accessLog = Setting(
        "access_log", "on|off", "Whether each request leaves a line in the log.", standard: "off",
        form: .oneOf(["on", "off"]))
    static let allowAddress = Setting(
        "allow_address", "LIST",
        "What workflows and webhooks may call besides public addresses: addresses, blocks and host names, with commas.",
        standard: "none")
    static let callTimeoutSeconds = Setting(
        "call_timeout_seconds", "N", "How long one attempt at a workflow's call may take.", standard: "30",
        form: .number(1...86_400))
    static let callAuthorities = Setting(
        "call_authorities", "FILE",
        "The authorities, as PEM, that calls of workflows and webhooks trust instead of the system's.",
        standard: "the system's")
    static let operatorKey = Setting(
        "operator_key", "KEY", "The key that administers every tenant, as hp_ID_SECRET.", standard: "none",
        isSecret: true)
    static let drainSeconds = Setting(
        "drain_seconds", "N", "How long a stop waits for replies and streams.", standard: "10",
        form: .number(1...3_600))

    // Defaults that other parts of the program have are taken from there, so that they cannot differ.
    private static let http = HTTPServerConfiguration()
    private static let session = SessionLimits.standard
    private static let shared = PostgresJournalConfiguration(connectionString: "")

    static let bodyBytes = Setting(
        "body_bytes", "N", "The largest body of a request.", standard: String(http.maximumBodyBytes),
        form: .number(1_024...(64 << 20)))
    static let eventBytes = Setting(
        "event_bytes", "N", "The largest data of one event.", standard: String(session.eventBytes),
        form: .number(1_024...(16 << 20)))
    static let stateBytes = Setting(
        "state_bytes", "N", "The largest state of a session.", standard: String(session.stateBytes),
        form: .number(4_096...(64 << 20)))
    static let openRequests = Setting(
        "open_requests", "N", "Requests that one session may have pending.", standard: String(session.openRequests),
        form: .number(1...4_096))
    static let databaseBytes = Setting(
        "database_bytes", "N", "The largest database; commits beyond it fail as on a full disk. 0: no limit.",
        standard: "0", form: .number(0...(1 << 46)))
    static let connections = Setting(
        "connections", "N", "Connections that may be open at once.", standard: String(http.maximumConnections),
        form: .number(1...1_000_000))
    static let requestsInFlight = Setting(
        "requests_in_flight", "N", "HTTP requests that may be under work at once.",
        standard: String(http.maximumRequestsInFlight), form: .number(1...100_000))

    /// The settings of a client of the REST API.
    static let client = [url, key, project, authorities]
    /// The settings of the server.
    static let server = [
        listen, tlsCertificate, tlsKey, data, postgres, redis, sealingKey, node, leaseSeconds, postgresReaders,
        developmentKey, operatorKey, drainSeconds, bodyBytes, eventBytes, stateBytes, openRequests, databaseBytes,
        connections, requestsInFlight, keyRate, keyBurst, allowedOrigins, metricsListen, accessLog, allowAddress,
        callTimeoutSeconds, callAuthorities,
    ]
    /// The settings that say where the data is, for commands beside a server.
    static let store = [data, postgres]
    /// Every setting.
    static let all = client + server + [output, configuration]
    /// Those whose values are shown nowhere.
    static let secrets = all.filter(\.isSecret)

    /// Variables that this project's scripts and tests read; they are not misspelt settings.
    static let scriptVariables = ["HOLDPOINT_BINARY", "HOLDPOINT_FAULTY_BINARY", "HOLDPOINT_JSON_SCHEMA_SUITE"]
}
