/// Who may import whom: the table of docs/concepts.md, "Targets and who may import whom".
struct ImportRule {
    /// The targets under `Sources`, by the folder of their area (`Core`, `Engine`, …).
    private let targets: [String: Set<String>]
    private let statement: Pattern

    private static let core: Set<String> = ["JSON", "HoldpointCore", "HoldpointPorts"]

    /// System modules that more than one client may import: the loop, the server and the client share one
    /// `event_base`.
    private static let sharedSystemModules: [String: Set<String>] = [
        "CEvent": ["EventLoop", "HTTPServer", "HTTPClient"]
    ]

    init(files: [SourceFile], systemModules: Set<String>) throws {
        var targets: [String: Set<String>] = ["System": systemModules]
        for file in files {
            let parts = file.path.split(separator: "/").map(String.init)
            if parts.count > 3, parts[0] == "Sources" { targets[parts[1], default: []].insert(parts[2]) }
        }
        self.targets = targets
        statement = try Pattern(
            #"^\s*(?:@\w+\s+)*(?:(?:package|public|internal|private|fileprivate)\s+)?"#
                + #"import\s+(?:(?:struct|class|enum|protocol|typealias|func|let|var)\s+)?(\w+)"#)
    }

    /// Every import that the table does not allow.
    func findings(in files: [SourceFile]) -> [Finding] {
        files.flatMap { file in
            imports(of: file).compactMap { line, module in
                isAllowed(module, in: file)
                    ? nil : Finding(path: file.path, line: line, advice: advice(module, in: file))
            }
        }
    }

    /// System modules that no client, or a second one, imports.
    func systemModuleFindings(in files: [SourceFile]) -> [Finding] {
        var importers: [String: Set<String>] = [:]
        for file in files where file.isUnder(["Sources/Clients"]) {
            for (_, module) in imports(of: file) {
                importers[module, default: []].insert(Self.target(of: file))
            }
        }
        return (targets["System"] ?? []).sorted().compactMap { module in
            let found = importers[module] ?? []
            let isRight = Self.sharedSystemModules[module].map { found.isSubset(of: $0) } ?? (found.count == 1)
            guard !isRight || found.isEmpty else { return nil }
            let names = found.isEmpty ? "nobody" : found.sorted().joined(separator: ", ")
            return Finding(
                path: "Sources/System/\(module)", line: 1,
                advice: "imported by \(names): exactly one client wraps a system module, and the others use that client"
            )
        }
    }

    private func imports(of file: SourceFile) -> [(line: Int, module: String)] {
        file.codeLines.enumerated().compactMap { index, line in
            statement.captures(1, in: line).first.map { (index + 1, $0) }
        }
    }

    private static func area(of file: SourceFile) -> String {
        let parts = file.path.split(separator: "/").map(String.init)
        return parts.first == "Sources" ? parts.dropFirst().first ?? "" : "Tests"
    }

    /// The target of a file under `Sources`: `Sources/AREA/TARGET/…`, or `Sources/holdpoint/…`.
    private static func target(of file: SourceFile) -> String {
        let parts = file.path.split(separator: "/").map(String.init)
        return parts.dropFirst(parts.count > 3 ? 2 : 1).first ?? ""
    }

    private func isAllowed(_ module: String, in file: SourceFile) -> Bool {
        let target = Self.target(of: file)
        let clients = targets["Clients"] ?? []
        switch Self.area(of: file) {
        case "Core":
            let below = ["JSON": [], "HoldpointCore": ["JSON"], "HoldpointPorts": ["JSON", "HoldpointCore"]]
            return below[target]?.contains(module) ?? false
        case "Engine": return Self.core.contains(module) || module == "Synchronization"
        case "Clients":
            let system = targets["System"] ?? []
            return system.contains(module) || ["EventLoop", "Glibc", "Synchronization"].contains(module)
        case "Adapters":
            return Self.core.contains(module) || clients.contains(module) || module == "Synchronization"
        case "Testing":
            let more: Set<String> = target == "Simulator" ? ["HoldpointEngine", "HoldpointTesting"] : []
            return Self.core.union(more).contains(module) || module == "Synchronization"
        case "holdpoint":
            return !(targets["System"] ?? []).contains(module) && !["Foundation", "Dispatch"].contains(module)
        default:
            // Tests and benchmarks see everything but C, and no other test framework.
            return !(targets["System"] ?? []).contains(module) && module != "XCTest"
        }
    }

    private func advice(_ module: String, in file: SourceFile) -> String {
        if module == "XCTest" { return "XCTest: tests are written with swift-testing" }
        if (targets["System"] ?? []).contains(module) {
            return "imports \(module): a system module is imported by its client under Sources/Clients only; use that"
        }
        if ["Foundation", "Dispatch"].contains(module) {
            return "imports \(module): use the standard library, a port, or Glibc inside a client"
        }
        return switch Self.area(of: file) {
        case "Core": "imports \(module): Core is pure; take what it needs as a value of the command, or make it a port"
        case "Engine": "imports \(module): the engine sees Core, Ports and JSON; reach the rest through a port"
        case "Clients": "imports \(module): a client sees its C module and EventLoop, no tenant and no session"
        case "Adapters": "imports \(module): an adapter sees Core, Ports, JSON and its client; wire it in holdpoint"
        default: "imports \(module): HoldpointTesting sees Core, Ports and JSON, the Simulator the engine too"
        }
    }
}
