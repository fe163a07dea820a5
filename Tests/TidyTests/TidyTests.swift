import Testing

/// The house rules, held against the tree as it is.
struct TidyTests {
    /// Read once for all tests.
    private static let reading = Result { try SourceTree() }

    private let tree: SourceTree

    init() throws {
        tree = try Self.reading.get()
    }

    private func expectNone(_ findings: [Finding]) {
        for finding in findings.prefix(50) { Issue.record("\(finding)") }
    }

    @Test func `the rules see the whole tree`() {
        let paths = Set(tree.swiftFiles.map(\.path))
        #expect(paths.contains("Package.swift"))
        #expect(paths.contains("Tests/TidyTests/TidyTests.swift"))
        #expect(paths.contains { $0.hasPrefix("Sources/Core/JSON/") })
        #expect(tree.otherFiles.contains { $0.path == "deploy/test" })
        #expect(tree.systemModules.contains("CEvent"))
    }

    @Test func `a target imports only what its area may see`() throws {
        let rule = try ImportRule(files: tree.swiftFiles, systemModules: tree.systemModules)
        expectNone(rule.findings(in: tree.swiftFiles))
    }

    @Test func `a system module is wrapped by one client`() throws {
        let rule = try ImportRule(files: tree.swiftFiles, systemModules: tree.systemModules)
        expectNone(rule.systemModuleFindings(in: tree.swiftFiles))
    }

    @Test func `files are short`() {
        expectNone(tree.swiftFiles.flatMap(LengthRules.fileFindings))
    }

    @Test func `functions are short`() throws {
        expectNone(try tree.swiftFiles.flatMap(LengthRules.functionFindings))
    }

    @Test func `lines are short`() {
        expectNone(tree.swiftFiles.flatMap(LengthRules.lineFindings))
    }

    @Test func `core and engine depend on nothing but their seed`() throws {
        expectNone(try findings(of: BanRule.determinism()))
    }

    @Test func `the product does not trap`() throws {
        expectNone(try findings(of: BanRule.traps()))
    }

    @Test func `locks, output and internals stay in their places`() throws {
        expectNone(try findings(of: BanRule.places()))
    }

    @Test func `tests neither sleep nor look away`() throws {
        expectNone(try findings(of: BanRule.testing()))
    }

    @Test func `unchecked sendability stays in the clients, with a proof`() throws {
        expectNone(try tree.swiftFiles.flatMap(TextRules.uncheckedFindings))
    }

    @Test func `nothing is left over`() throws {
        expectNone(try (tree.swiftFiles + tree.otherFiles).flatMap(TextRules.markFindings))
    }

    @Test func `names say what a thing is`() throws {
        expectNone(try tree.swiftFiles.flatMap(TextRules.nameFindings))
    }

    private func findings(of rules: [BanRule]) -> [Finding] {
        rules.flatMap { rule in tree.swiftFiles.flatMap(rule.findings) }
    }
}
