import Foundation
import JSON
import Testing

@Suite struct SchemaSuiteTests {
    @Test func `the official suite is there`() {
        #expect(SchemaSuite.folder != nil, "HOLDPOINT_JSON_SCHEMA_SUITE is not set; deploy/test sets it")
        #expect(SchemaSuite.files.count > 60)
        let cases = SchemaSuite.files.map { (try? SchemaSuite.run($0).cases) ?? 0 }.reduce(0, +)
        #expect(cases > 1_500)
    }

    @Test(arguments: SchemaSuite.files)
    func `the official suite comes out right but for what is listed`(file: String) throws {
        let outcome = try SchemaSuite.run(file)
        #expect(outcome.cases > 0)
        #expect(outcome.unsupported == SchemaSuite.unsupported.filter { $0.hasPrefix(file + ": ") })
    }

    @Test func `the documentation lists the same`() throws {
        let here = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        let page = here.deletingLastPathComponent().appending(path: "../../docs/json-schema.md").standardizedFileURL
        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
        let listed = lines.filter { $0.hasPrefix("- `") && $0.hasSuffix("`") && $0.contains(".json: ") }
        #expect(listed.map { String($0.dropFirst(3).dropLast()) } == SchemaSuite.unsupported)
    }
}
