import Foundation
import JSON

/// The official test suite of JSON Schema, as `deploy/fetch-schema-suite` unpacks it.
enum SchemaSuite {
    /// The folder that contains `draft2020-12`.
    static let folder = ProcessInfo.processInfo.environment["HOLDPOINT_JSON_SCHEMA_SUITE"]

    /// All files by their path under `draft2020-12`, without those of formats that are never asserted.
    static let files: [String] = {
        guard let folder else { return [] }
        let all = FileManager.default.enumerator(atPath: folder + "/draft2020-12")?.compactMap { $0 as? String }
        return (all ?? []).filter { $0.hasSuffix(".json") && isAsserted($0) }.sorted()
    }()

    private static func isAsserted(_ file: String) -> Bool {
        !file.hasPrefix("optional/format/") || assertedFormats.contains { file == "optional/format/\($0).json" }
    }

    static let assertedFormats = ["date-time", "date", "time", "email", "uri", "uuid", "ipv4", "ipv6"]

    /// Runs a file; returns the number of cases and the names of all that do not come out as the suite has it.
    static func run(_ file: String) throws -> (cases: Int, unsupported: [String]) {
        let contents = FileManager.default.contents(atPath: "\(folder ?? "")/draft2020-12/\(file)") ?? Data()
        let formats: JSONSchema.Formats = file.hasPrefix("optional/format/") ? .asserted : .annotated
        var cases = 0
        var unsupported: [String] = []
        for group in try JSONParser.parse([UInt8](contents)).arrayValue ?? [] {
            let tests = group["tests"]?.arrayValue ?? []
            cases += tests.count
            let name = "\(file): \(group["description"]?.stringValue ?? "")"
            guard let schema = try? JSONSchema(compiling: group["schema"] ?? .null, formats: formats) else {
                unsupported.append(name)
                continue
            }
            for test in tests {
                let fits = schema.validate(test["data"] ?? .null).isEmpty
                if fits == test["valid"]?.boolValue { continue }
                unsupported.append("\(name): \(test["description"]?.stringValue ?? "")")
            }
        }
        return (cases, unsupported)
    }
}
