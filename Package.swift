// swift-tools-version: 6.2
import PackageDescription

// A target is the only wall that the compiler guards, so there is one exactly where a rule must hold
// (docs/concepts.md, "Targets and who may import whom"); folders serve for the rest.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func library(_ name: String, in folder: String, uses dependencies: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, path: "Sources/\(folder)/\(name)",
        swiftSettings: settings)
}

func system(_ name: String, pkgConfig: String? = nil, package: String) -> Target {
    .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

func tests(_ name: String, uses dependencies: [String], besides data: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, path: "Tests/\(name)",
        exclude: data, swiftSettings: settings)
}

func executable(_ name: String, path: String, uses dependencies: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, path: path, swiftSettings: settings)
}

let package = Package(
    name: "holdpoint",
    products: [.executable(name: "holdpoint", targets: ["holdpoint"])],
    targets: [
        system("CEvent", pkgConfig: "libevent", package: "libevent-dev"),
        system("CEventOpenSSL", pkgConfig: "libevent_openssl", package: "libevent-dev"),
        system("CSQLite", pkgConfig: "sqlite3", package: "libsqlite3-dev"),
        system("CPostgres", pkgConfig: "libpq", package: "libpq-dev"),
        system("CHiredis", package: "libhiredis-dev"),
        system("CSodium", pkgConfig: "libsodium", package: "libsodium-dev"),
        system("COpenSSL", pkgConfig: "libcrypto", package: "libssl-dev"),
        system("CMimalloc", package: "libmimalloc-dev"),
        system("CCurl", pkgConfig: "libcurl", package: "libcurl4-openssl-dev"),
        system("CJQ", package: "libjq-dev"),
        system("CYAML", pkgConfig: "yaml-0.1", package: "libyaml-dev"),

        library("JSON", in: "Core"),
        library("HoldpointCore", in: "Core", uses: ["JSON"]),
        library("HoldpointPorts", in: "Core", uses: ["JSON", "HoldpointCore"]),

        library("HoldpointEngine", in: "Engine", uses: ["JSON", "HoldpointCore", "HoldpointPorts"]),

        library("EventLoop", in: "Clients", uses: ["CEvent"]),
        library("HTTPServer", in: "Clients", uses: ["CEvent", "CEventOpenSSL", "EventLoop"]),
        library("HTTPClient", in: "Clients", uses: ["CCurl", "CEvent", "EventLoop"]),
        library("SQLiteClient", in: "Clients", uses: ["CSQLite"]),
        library("PostgresClient", in: "Clients", uses: ["CPostgres", "EventLoop"]),
        library("RedisClient", in: "Clients", uses: ["CHiredis", "EventLoop"]),
        library("SodiumClient", in: "Clients", uses: ["CSodium"]),
        library("OpenSSLClient", in: "Clients", uses: ["COpenSSL"]),
        library("JQClient", in: "Clients", uses: ["CJQ", "EventLoop"]),
        library("YAMLClient", in: "Clients", uses: ["CYAML"]),
        library("Allocator", in: "Clients", uses: ["CMimalloc"]),

        library(
            "SQLiteJournal", in: "Adapters", uses: ["JSON", "HoldpointCore", "HoldpointPorts", "SQLiteClient"]),
        library(
            "PostgresJournal", in: "Adapters",
            uses: ["JSON", "HoldpointCore", "HoldpointPorts", "EventLoop", "PostgresClient"]),
        library(
            "RedisStreams", in: "Adapters",
            uses: ["HoldpointCore", "HoldpointPorts", "EventLoop", "RedisClient"]),
        library("LocalStreams", in: "Adapters", uses: ["HoldpointCore", "HoldpointPorts", "EventLoop"]),
        library(
            "SealedSecrets", in: "Adapters",
            uses: ["HoldpointCore", "HoldpointPorts", "SodiumClient", "OpenSSLClient"]),
        library("JQExpressions", in: "Adapters", uses: ["JSON", "HoldpointCore", "HoldpointPorts", "JQClient"]),
        library("YAMLDocuments", in: "Adapters", uses: ["JSON", "HoldpointPorts", "YAMLClient"]),
        library(
            "HTTPEffects", in: "Adapters", uses: ["HoldpointCore", "HoldpointPorts", "EventLoop", "HTTPClient"]),
        library(
            "RESTAPI", in: "Adapters",
            uses: ["JSON", "HoldpointCore", "HoldpointPorts", "EventLoop", "HTTPServer"]),

        library("HoldpointTesting", in: "Testing", uses: ["JSON", "HoldpointCore", "HoldpointPorts"]),
        library(
            "Simulator", in: "Testing",
            uses: ["JSON", "HoldpointCore", "HoldpointPorts", "HoldpointEngine", "HoldpointTesting"]),

        executable(
            "holdpoint", path: "Sources/holdpoint",
            uses: [
                "JSON", "HoldpointCore", "HoldpointPorts", "HoldpointEngine", "EventLoop", "HTTPServer", "HTTPClient",
                "Allocator", "SQLiteJournal", "LocalStreams", "PostgresJournal", "RedisClient", "RedisStreams",
                "SealedSecrets", "RESTAPI", "Simulator", "JQClient", "HTTPEffects", "JQExpressions", "YAMLDocuments",
            ]),
        // Never shipped: the product wired with ports that kill or trap at named points.
        executable(
            "holdpoint-faulty", path: "Tests/holdpoint-faulty",
            uses: [
                "JSON", "HoldpointCore", "HoldpointPorts", "HoldpointEngine", "EventLoop", "HTTPServer",
                "Allocator", "SQLiteJournal", "LocalStreams", "PostgresJournal", "RedisClient", "RedisStreams",
                "SealedSecrets", "RESTAPI", "HoldpointTesting", "JQClient", "HTTPClient", "HTTPEffects",
                "JQExpressions", "YAMLDocuments",
            ]),
        // Never shipped: the product as a later release might be, with forms of data that it does not know.
        executable(
            "holdpoint-later", path: "Tests/holdpoint-later",
            uses: [
                "JSON", "HoldpointCore", "HoldpointPorts", "HoldpointEngine", "EventLoop", "HTTPServer",
                "Allocator", "SQLiteJournal", "LocalStreams", "PostgresJournal", "RedisClient", "RedisStreams",
                "SealedSecrets", "RESTAPI", "HoldpointTesting", "JQClient", "HTTPClient", "HTTPEffects",
                "JQExpressions", "YAMLDocuments",
            ]),
        // Never shipped: the worker of the tests of expressions; in the product it is the product itself.
        executable("expression-worker", path: "Tests/expression-worker", uses: ["JQClient"]),
        executable(
            "holdpoint-bench", path: "Benchmarks/holdpoint-bench",
            uses: [
                "JSON", "HoldpointCore", "HoldpointPorts", "HoldpointEngine", "EventLoop", "SQLiteClient",
                "Allocator", "SQLiteJournal", "LocalStreams", "PostgresJournal", "RedisClient", "RedisStreams",
                "SealedSecrets", "JQClient", "JQExpressions", "HoldpointTesting",
            ]),

        tests("JSONTests", uses: ["JSON"]),
        tests("HoldpointCoreTests", uses: ["JSON", "HoldpointCore"], besides: ["Golden"]),
        tests(
            "HoldpointEngineTests",
            uses: ["JSON", "HoldpointCore", "HoldpointPorts", "HoldpointEngine", "HoldpointTesting"]),
        tests(
            "ClientTests",
            uses: [
                "EventLoop", "HTTPServer", "HTTPClient", "SQLiteClient", "SodiumClient", "OpenSSLClient", "Allocator",
                "JQClient", "YAMLClient",
                "expression-worker",
            ]),
        tests(
            "AdapterTests",
            uses: [
                "JSON", "HoldpointCore", "HoldpointPorts", "EventLoop", "HTTPServer", "HTTPClient", "SQLiteClient",
                "SQLiteJournal", "LocalStreams", "SealedSecrets", "RESTAPI", "HoldpointTesting", "JQClient",
                "JQExpressions", "HTTPEffects", "YAMLDocuments", "expression-worker",
            ]),
        tests("PostgresClientTests", uses: ["EventLoop", "PostgresClient"], besides: ["keep-server"]),
        tests(
            "PostgresJournalTests",
            uses: [
                "JSON", "HoldpointCore", "HoldpointPorts", "EventLoop", "PostgresClient", "PostgresJournal",
                "HoldpointTesting",
            ]),
        // Never shipped: the private server of the tests that need one.
        .target(
            name: "RedisFixture", dependencies: ["RedisClient"], path: "Tests/redis-fixture",
            exclude: ["keep-server"], swiftSettings: settings),
        tests("RedisClientTests", uses: ["EventLoop", "RedisClient", "RedisFixture"]),
        tests(
            "RedisStreamsTests",
            uses: [
                "HoldpointCore", "HoldpointPorts", "EventLoop", "RedisClient", "RedisStreams", "LocalStreams",
                "RedisFixture", "HoldpointTesting",
            ]),
        // Never shipped: what is done with bytes from outside; see Tests/FuzzTests and `deploy/test fuzz`.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "JSON", "HoldpointCore", "HoldpointPorts", "EventLoop", "HTTPServer", "HTTPClient", "RESTAPI",
                "RedisClient", "RedisStreams", "YAMLDocuments",
            ],
            path: "Tests/Fuzz/Targets", swiftSettings: settings),
        tests("FuzzTests", uses: ["JSON", "HoldpointCore", "FuzzTargets"]),
        tests("SimulatorTests", uses: ["Simulator"]),
        tests("TidyTests", uses: []),
    ]
)

// libFuzzer brings a main function of its own, so its program can only be built with `--sanitize=fuzzer`.
let fuzzers: [Target] = [
    .executableTarget(
        name: "holdpoint-fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/holdpoint-fuzz",
        swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])])
]
package.targets += Context.environment["HOLDPOINT_FUZZ"] == nil ? [] : fuzzers
