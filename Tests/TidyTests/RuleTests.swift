import Testing

/// Each rule, seen red: a violation is planted, found at its line, and the way it should be is let through.
struct RuleTests {
    private func file(_ path: String, _ text: String) -> SourceFile { SourceFile(path: path, text: text) }

    private func lines(_ rules: [BanRule], _ path: String, _ text: String) -> [Int] {
        rules.flatMap { $0.findings(in: file(path, text)) }.map(\.line)
    }

    // MARK: Imports

    private static let known = [
        "Sources/Core/JSON/A.swift", "Sources/Core/HoldpointCore/A.swift", "Sources/Core/HoldpointPorts/A.swift",
        "Sources/Engine/HoldpointEngine/A.swift", "Sources/Clients/EventLoop/A.swift",
        "Sources/Clients/HTTPServer/A.swift", "Sources/Adapters/RESTAPI/A.swift",
        "Sources/Adapters/LocalStreams/A.swift",
    ].map { SourceFile(path: $0, text: "") }

    private func imports(_ path: String, _ text: String) throws -> [Finding] {
        try ImportRule(files: Self.known, systemModules: ["CEvent", "CSodium"]).findings(in: [file(path, text)])
    }

    @Test(arguments: [
        ("Sources/Core/JSON/B.swift", "import Foundation"),
        ("Sources/Core/JSON/B.swift", "import HoldpointCore"),
        ("Sources/Core/HoldpointCore/Session/B.swift", "package import HoldpointPorts"),
        ("Sources/Core/HoldpointCore/B.swift", "import Glibc"),
        ("Sources/Core/HoldpointCore/B.swift", "import Synchronization"),
        ("Sources/Core/HoldpointPorts/B.swift", "import HoldpointEngine"),
        ("Sources/Engine/HoldpointEngine/HITL/B.swift", "import EventLoop"),
        ("Sources/Engine/HoldpointEngine/B.swift", "import RESTAPI"),
        ("Sources/Clients/HTTPServer/B.swift", "import HoldpointCore"),
        ("Sources/Clients/HTTPServer/B.swift", "import Foundation"),
        ("Sources/Adapters/RESTAPI/B.swift", "package import HoldpointEngine"),
        ("Sources/Adapters/RESTAPI/B.swift", "import LocalStreams"),
        ("Sources/Adapters/RESTAPI/B.swift", "import struct CEvent.evbuffer"),
        ("Sources/Testing/HoldpointTesting/B.swift", "import Testing"),
        ("Sources/Testing/HoldpointTesting/B.swift", "import HoldpointEngine"),
        ("Sources/holdpoint/B.swift", "import CSodium"),
        ("Sources/holdpoint/B.swift", "@preconcurrency import Dispatch"),
        ("Tests/ClientTests/B.swift", "import XCTest"),
        ("Tests/ClientTests/B.swift", "import CEvent"),
    ])
    func `an import over a wall is found`(path: String, text: String) throws {
        #expect(try imports(path, "// a comment\n\(text)\n").map(\.line) == [2])
    }

    @Test(arguments: [
        ("Sources/Core/HoldpointCore/B.swift", "package import JSON"),
        ("Sources/Core/HoldpointPorts/B.swift", "import HoldpointCore"),
        ("Sources/Engine/HoldpointEngine/B.swift", "import HoldpointPorts"),
        ("Sources/Clients/HTTPServer/B.swift", "import CEvent\nimport EventLoop\nimport Glibc"),
        ("Sources/Adapters/RESTAPI/B.swift", "import HTTPServer"),
        ("Sources/Testing/Simulator/B.swift", "import HoldpointEngine\nimport HoldpointTesting"),
        ("Sources/holdpoint/B.swift", "import Glibc\nimport HoldpointEngine\nimport RESTAPI"),
        ("Tests/ClientTests/B.swift", "import Foundation\nimport Testing"),
        ("Sources/Core/JSON/B.swift", "// import Foundation\nlet s = \"\"\"\nimport Foundation\n\"\"\""),
    ])
    func `an import that the table allows is not`(path: String, text: String) throws {
        #expect(try imports(path, text).isEmpty)
    }

    @Test func `a system module with no client, or two, is found`() throws {
        let rule = try ImportRule(files: [], systemModules: ["CEvent", "CSodium", "CCurl"])
        let shared = ["EventLoop", "HTTPServer"].map { file("Sources/Clients/\($0)/A.swift", "import CEvent") }
        let twice = ["HTTPClient", "SodiumClient"].map { file("Sources/Clients/\($0)/A.swift", "import CCurl") }
        let found = rule.systemModuleFindings(in: shared + twice)
        #expect(found.map(\.path) == ["Sources/System/CCurl", "Sources/System/CSodium"])
        #expect(rule.systemModuleFindings(in: [file("Sources/Clients/Other/A.swift", "import CEvent")]).count == 3)
    }

    // MARK: Lengths

    @Test func `a file over its limit is found, one of exactly the limit is not`() {
        func file(_ path: String, lines: Int) -> SourceFile {
            SourceFile(path: path, text: String(repeating: "x\n", count: lines))
        }
        #expect(LengthRules.fileFindings(file("Sources/A.swift", lines: 500)).isEmpty)
        #expect(LengthRules.fileFindings(file("Sources/A.swift", lines: 501)).map(\.line) == [501])
        #expect(LengthRules.fileFindings(file("Tests/A.swift", lines: 1_200)).isEmpty)
        #expect(LengthRules.fileFindings(file("Tests/A.swift", lines: 1_201)).map(\.line) == [1_201])
    }

    @Test func `a line over 120 columns is found, columns and not bytes`() {
        let text = String(repeating: "ü", count: 120) + "\n" + String(repeating: "x", count: 121)
        #expect(LengthRules.lineFindings(file("Sources/A.swift", text)).map(\.line) == [2])
    }

    @Test(arguments: [
        "func a(\n    b: Int\n) -> Int {", "init?(a: () -> Void = {}) {", "var a: Int {",
        "static let a: () -> Void = {",
        "deinit {", "class func a() {", "func `a { b`(actor c: Int) {",
    ])
    func `a long function is found at its first line`(declaration: String) throws {
        func text(statements: Int) -> String {
            "struct A {\n    let first = 1\n\(declaration)\n"
                + String(repeating: "if a { b = \"}\" }\n", count: statements)
                + "}\n}\n"
        }
        let lines = declaration.split(separator: "\n").count
        let exact = file("Sources/A.swift", text(statements: 70 - lines - 1))
        #expect(try LengthRules.functionFindings(exact).isEmpty)
        let over = file("Sources/A.swift", text(statements: 70 - lines))
        #expect(try LengthRules.functionFindings(over).map(\.line) == [3])
    }

    @Test func `a long type of short functions is no long function`() throws {
        let text = "extension A where B == C {\n" + String(repeating: "func a() { b() }\n", count: 100) + "}\n"
        #expect(try LengthRules.functionFindings(file("Sources/A.swift", text)).isEmpty)
        #expect(try FunctionScanner.functions(in: file("Sources/A.swift", text)).count == 100)
    }

    // MARK: Bans

    @Test(arguments: [
        "Task { await a() }", "Task(priority: .high) { }", "Task<Void, Never> { }", "Task.detached { }",
        "try await Task.sleep(for: .seconds(1))", "let c = ContinuousClock()", "Date()", "UUID()",
        "var g = SystemRandomNumberGenerator()", "Int.random(in: 0..<6)", "list.shuffled()", "list.randomElement()",
        "DispatchQueue.main.async { }", "Thread.current", "pthread_mutex_lock(&m)", "usleep(1)",
    ])
    func `what a seed cannot repeat is found in core and engine`(code: String) throws {
        for folder in ["Sources/Core/HoldpointCore", "Sources/Engine/HoldpointEngine"] {
            #expect(try lines(BanRule.determinism(), "\(folder)/A.swift", "\n\(code)") == [2])
        }
    }

    @Test func `seeded chance, child tasks and what others do are let through`() throws {
        let fine = """
            group.addTask { await run() }
            let x = Int.random(in: 0..<6, using: &generator)
            list.shuffle(using: &generator)
            if Task.isCancelled { return }
            let update = UpdateTask()
            func sleep(until deadline: Instant) async { await clock.sleep(until: deadline) }
            // Task { }
            """
        #expect(try lines(BanRule.determinism(), "Sources/Engine/HoldpointEngine/A.swift", fine).isEmpty)
        #expect(try lines(BanRule.determinism(), "Sources/Clients/EventLoop/A.swift", "pthread_self()").isEmpty)
        #expect(try lines(BanRule.determinism(), "Sources/Testing/Simulator/A.swift", "Task { }").isEmpty)
        #expect(try lines(BanRule.determinism(), "Sources/Testing/Simulator/A.swift", "Date()") == [1])
    }

    @Test(arguments: [
        "try! a()", "a as! B", "fatalError(\"x\")", "preconditionFailure()", "a!.b", "a()!", "a[0]!", "let a: B!",
        "call(a!)", "unsafeBitCast(a, to: B.self)",
    ])
    func `a trap is found once`(code: String) throws {
        #expect(try lines(BanRule.traps(), "Sources/Adapters/RESTAPI/A.swift", "\n\(code)") == [2])
    }

    @Test(arguments: [
        "a != b", "!a.isEmpty", "if !a, !b { }", "try? a()", "a as? B", "\"a!\"", "// a!", "(!a)", "a!=b",
    ])
    func `what looks like a trap and is none is let through`(code: String) throws {
        #expect(try lines(BanRule.traps(), "Sources/Adapters/RESTAPI/A.swift", code).isEmpty)
    }

    @Test func `locks, print and @testable are found where they do not belong`() throws {
        let rules = try BanRule.places()
        #expect(lines(rules, "Sources/Clients/EventLoop/A.swift", "let m = Mutex(0)") == [1])
        #expect(lines(rules, "Sources/Engine/HoldpointEngine/A.swift", "print(a)") == [1])
        #expect(lines(rules, "Tests/JSONTests/A.swift", "@testable import JSON") == [1])
        #expect(lines(rules, "Sources/holdpoint/A.swift", "print(a)").isEmpty)
        #expect(lines(rules, "Sources/Core/JSON/A.swift", "writer.print(a)\nreprint(a)").isEmpty)
    }

    @Test(arguments: [
        "try await Task.sleep(for: .seconds(1))", "usleep(10)", "sleep(1)", "Thread.sleep(forTimeInterval: 1)",
        "@Test(.disabled(\"flaky\"))", "withKnownIssue { }",
    ])
    func `a sleep or a silenced test is found`(code: String) throws {
        #expect(try lines(BanRule.testing(), "Tests/JSONTests/A.swift", code) == [1])
        #expect(try lines(BanRule.testing(), "Tests/JSONTests/A.swift", "clock.sleep(until: deadline)").isEmpty)
    }

    // MARK: Texts

    @Test func `unchecked sendability is found outside the clients, and without a proof`() throws {
        let code = "final class A: @unchecked Sendable {"
        let proven = "// Only the loop thread touches it.\n@frozen\n\(code)\nnonisolated(unsafe) var a = 1"
        #expect(try TextRules.uncheckedFindings(file("Sources/Engine/E/A.swift", proven)).map(\.line) == [3, 4])
        #expect(try TextRules.uncheckedFindings(file("Sources/Clients/C/A.swift", proven)).map(\.line) == [4])
        #expect(try TextRules.uncheckedFindings(file("Sources/Clients/C/A.swift", code)).map(\.line) == [1])
    }

    @Test func `a mark of unfinished work is found in any text`() throws {
        for mark in ["TO" + "DO", "FIX" + "ME", "X" + "XX"] {
            #expect(try TextRules.markFindings(file("docs/a.md", "a\n(\(mark): b)")).map(\.line) == [2])
            #expect(try TextRules.markFindings(file("deploy/test", "mktemp a.\(mark)X")).isEmpty)
        }
    }

    @Test func `a name that says nothing is found`() throws {
        #expect(try TextRules.nameFindings(file("Sources/A.swift", "\nstruct SessionManager {}")).map(\.line) == [2])
        #expect(try TextRules.nameFindings(file("Sources/StringUtils.swift", "")).map(\.line) == [1])
        #expect(try TextRules.nameFindings(file("Sources/New/A.swift", "")).map(\.line) == [1])
        let fine = "struct NewSession {}\nenum UtilityBill {}"
        #expect(try TextRules.nameFindings(file("Sources/NewSession+Start.swift", fine)).isEmpty)
    }
}
