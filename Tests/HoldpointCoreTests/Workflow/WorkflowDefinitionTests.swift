import HoldpointCore
import JSON
import Testing

@Suite struct WorkflowDefinitionTests {
    private static let set: JSONValue = ["a": ["set": ["x": 1]]]

    private static func call(_ with: JSONValue) -> JSONValue { [["a": ["call": "http", "with": with]]] }

    private static func guarded(_ authentication: JSONValue) -> JSONValue {
        call(["method": "get", "endpoint": ["uri": "https://a.example", "authentication": authentication]])
    }

    /// A document that uses the construct, and where.
    private static func use(of construct: UnsupportedConstruct) -> (found: [String], pointer: String) {
        switch construct {
        case .listen: (violations([["a": ["listen": ["to": ["one": [:]]]]]]), "/do/0/a/listen")
        case .runContainer: (violations([["a": ["run": ["container": ["image": "x"]]]]]), "/do/0/a/run/container")
        case .runScript: (violations([["a": ["run": ["script": ["code": "1"]]]]]), "/do/0/a/run/script")
        case .runShell: (violations([["a": ["run": ["shell": ["command": "ls"]]]]]), "/do/0/a/run/shell")
        case .runReturn:
            (
                violations([["a": ["run": ["workflow": ["namespace": "n", "name": "w"], "return": "none"]]]]),
                "/do/0/a/run/return"
            )
        case .runUnawaited:
            (
                violations([["a": ["run": ["workflow": ["namespace": "n", "name": "w"], "await": false]]]]),
                "/do/0/a/run/await"
            )
        case .callAsyncAPI: (violations([["a": ["call": "asyncapi", "with": [:]]]]), "/do/0/a/call")
        case .callGRPC: (violations([["a": ["call": "grpc", "with": [:]]]]), "/do/0/a/call")
        case .callOpenAPI: (violations([["a": ["call": "openapi", "with": [:]]]]), "/do/0/a/call")
        case .callA2A: (violations([["a": ["call": "a2a", "with": [:]]]]), "/do/0/a/call")
        case .callMCP: (violations([["a": ["call": "mcp", "with": [:]]]]), "/do/0/a/call")
        case .callCatalogued: (violations([["a": ["call": "log:1.0.0@default"]]]), "/do/0/a/call")
        case .schedule: (violations([set], extra: ["schedule": ["cron": "0 0 * * *"]]), "/schedule")
        case .extensions: (violations([set], use: ["extensions": []]), "/use/extensions")
        case .catalogs: (violations([set], use: ["catalogs": [:]]), "/use/catalogs")
        case .digestAuthentication:
            (violations(guarded(["digest": [:]])), "/do/0/a/with/endpoint/authentication/digest")
        case .certificateAuthentication:
            (violations(guarded(["certificate": [:]])), "/do/0/a/with/endpoint/authentication/certificate")
        case .oauth2Authentication:
            (violations(guarded(["oauth2": [:]])), "/do/0/a/with/endpoint/authentication/oauth2")
        case .openIDAuthentication:
            (violations(guarded(["oidc": [:]])), "/do/0/a/with/endpoint/authentication/oidc")
        case .externalSchema:
            (
                violations([set], extra: ["input": ["schema": ["resource": ["endpoint": "https://a.example"]]]]),
                "/input/schema/resource"
            )
        case .schemaFormat:
            (
                violations([set], extra: ["input": ["schema": ["format": "avro", "document": [:]]]]),
                "/input/schema/format"
            )
        case .expressionLanguage:
            (violations([set], extra: ["evaluate": ["language": "js"]]), "/evaluate/language")
        case .looseExpressions: (violations([set], extra: ["evaluate": ["mode": "loose"]]), "/evaluate/mode")
        case .authorizationArgument:
            (violations([["a": ["set": ["x": "${ $authorization.scheme }"]]]]), "/do/0/a/set/x")
        }
    }

    @Test(arguments: UnsupportedConstruct.allCases)
    func `what is not executed is refused with its place and its reason`(construct: UnsupportedConstruct) {
        let (found, pointer) = Self.use(of: construct)
        #expect(found == ["\(pointer) \(construct.detail)"])
    }

    @Test func `a field that nobody reads is refused with its place`() {
        #expect(violations([["a": ["set": ["x": 1], "retries": 3]]]) == ["/do/0/a/retries unknown field"])
        #expect(violations([["a": ["set": ["x": 1], "wait": "PT1S"]]]) == ["/do/0/a/wait unknown field"])
        #expect(
            violations(Self.call(["method": "get", "endpoint": "https://a.example", "tls": true]))
                == ["/do/0/a/with/tls unknown field"])
    }

    @Test func `a task list holds named tasks, each name once`() {
        #expect(violations([]).first?.hasPrefix("/do must be a list") == true)
        #expect(violations([["a": ["set": ["x": 1]], "b": ["set": ["x": 1]]]]).first?.hasPrefix("/do/0 ") == true)
        #expect(violations([Self.set, Self.set]) == ["/do/1 the name is taken in this list"])
        #expect(violations([["a": ["metadata": [:]]]]).first?.hasPrefix("/do/0/a must have one of") == true)
    }

    @Test func `a loop's item and its number have two names`() {
        func found(_ loop: JSONValue) -> [String] { violations([["a": ["for": loop, "do": [Self.set]]]]) }
        #expect(found(["in": ".x", "each": "n", "at": "i"]) == [])
        for loop: JSONValue in [["in": ".x", "each": "n", "at": "n"], ["in": ".x", "each": "index"]] {
            #expect(found(loop) == ["/do/0/a/for the item and its number have one name; say each or at"])
        }
    }

    @Test func `the attributes of an event are text`() {
        func found(_ more: JSONObject) -> [String] {
            var with: JSONObject = ["source": "urn:a", "type": "t", "data": 5]
            for (key, value) in more { with[key] = value }
            return violations([["a": ["emit": ["event": ["with": .object(with)]]]]])
        }
        #expect(found(["id": "e-1", "subject": "${ .s }", "time": "2026-11-21T00:00:00Z"]) == [])
        #expect(found(["id": 5, "dataschema": .null]).count == 2)
        #expect(found(["id": 5]) == ["/do/0/a/emit/event/with/id must be text"])
        #expect(found(["source": []]) == ["/do/0/a/emit/event/with/source must be text"])
    }

    @Test func `then leads only to tasks of the same list`() {
        let inner: JSONValue = [
            ["outer": ["do": [["a": ["set": ["x": 1], "then": "last"]]]]], ["last": ["set": ["x": 1]]],
        ]
        #expect(violations(inner).first?.hasPrefix("/do/0/outer/do/0/a/then must be") == true)
        let branch: JSONValue = [
            ["f": ["fork": ["branches": [["a": ["set": ["x": 1], "then": "b"]], ["b": ["set": ["x": 1]]]]]]]
        ]
        #expect(violations(branch).first?.hasPrefix("/do/0/f/fork/branches/0/a/then must be") == true)
    }

    @Test func `the head of a document is checked`() throws {
        let head: JSONObject = ["dsl": "1.0.3", "namespace": "n", "name": "w", "version": "1.0.0-rc.1"]
        func found(_ key: String, _ value: JSONValue) -> [String] {
            var changed = head
            changed[key] = value
            return violations([Self.set], extra: ["document": .object(changed)])
        }
        #expect(found("version", "1.0.0") == [])
        #expect(found("dsl", "1.1.0") == ["/document/dsl must be a version 1.0.x"])
        #expect(found("name", "a_b").first?.hasPrefix("/document/name ") == true)
        #expect(found("version", "1.0").first?.hasPrefix("/document/version ") == true)
        #expect(found("owner", "x") == ["/document/owner unknown field"])
    }

    @Test func `names under use must be there`() {
        #expect(violations([["a": ["raise": ["error": "none"]]]]).first?.hasPrefix("/do/0/a/raise/error ") == true)
        #expect(violations([["a": ["set": ["x": 1], "timeout": "none"]]]).first?.hasPrefix("/do/0/a/timeout ") == true)
        #expect(violations([["a": ["call": "none"]]]).first?.hasPrefix("/do/0/a/call ") == true)
        #expect(
            violations([["a": ["try": [Self.set], "catch": ["retry": "none"]]]]).first?.hasPrefix(
                "/do/0/a/catch/retry ") == true)
        #expect(
            violations(Self.guarded(["use": "none"])).first?.hasPrefix(
                "/do/0/a/with/endpoint/authentication/use ") == true)
        #expect(
            violations(Self.guarded(["bearer": ["use": "none"]])).first?.hasPrefix(
                "/do/0/a/with/endpoint/authentication/bearer/use ") == true)
    }

    @Test func `a function that calls itself by whatever way is refused`() {
        let found = violations(
            [["a": ["call": "one"]]],
            use: ["functions": ["one": ["call": "two"], "two": ["do": [["again": ["call": "one"]]]]]])
        #expect(found == ["/use/functions a function calls itself"])
    }

    @Test func `functions that call one another in a long chain are refused, not followed`() {
        let functions = (0..<1_500).map { ("f\($0)", JSONValue.object(["call": .string("f\($0 + 1)")])) }
        let found = violations(
            [["a": ["call": "f0"]]],
            use: ["functions": .object(JSONObject(functions + [("f1500", ["set": ["x": 1]])]))])
        #expect(found.count == 1)
        #expect(found.first?.contains("nest at most") == true)
    }

    @Test func `tasks nest so deep and no deeper`() {
        func nested(_ depth: Int) -> JSONValue {
            (1..<depth).reduce(Self.set) { inner, _ in ["d": ["do": [inner]]] }
        }
        #expect(violations([nested(WorkflowLimits.nesting - 1)]) == [])
        #expect(violations([nested(WorkflowLimits.nesting)]).first?.contains("nest at most") == true)
        #expect(violations([nested(WorkflowLimits.nesting + 1)]).first?.contains("nest at most") == true)
    }

    @Test func `a document has so many tasks and no more`() {
        func tasks(_ count: Int) -> JSONValue {
            .array((0..<count).map { .object(JSONObject([("t\($0)", ["set": ["x": 1]])])) })
        }
        #expect(violations(tasks(WorkflowLimits.tasks - 1)) == [])
        #expect(violations(tasks(WorkflowLimits.tasks)).first?.contains("at most 2000 tasks") == true)
    }

    @Test func `expressions that reach for what they may not see are refused with their place`() {
        #expect(
            violations([["a": ["set": ["x": ["y": "${ env.HOME }"]]]]]).first?.hasPrefix("/do/0/a/set/x/y ") == true)
        #expect(violations([["a": ["if": "$ENV.HOME", "set": ["x": 1]]]]).first?.hasPrefix("/do/0/a/if ") == true)
        #expect(
            violations([["a": ["set": ["x": 1], "output": ["as": "now"]]]]).first?.hasPrefix("/do/0/a/output/as ")
                == true)
    }

    @Test(arguments: [
        ("PT30S", 30_000), ("PT0.5S", 500), ("P1DT2H", 93_600_000), ("P2W", 1_209_600_000), ("PT1M1.001S", 61_001),
    ])
    func `durations are ISO 8601`(text: String, milliseconds: Int64) throws {
        var scene = try WorkflowScene([["a": ["wait": .string(text)]]])
        try scene.run()
        #expect(scene.timers == [milliseconds])
    }

    @Test func `durations have units of fixed length, and an end`() throws {
        var scene = try WorkflowScene([["a": ["wait": ["days": 1, "minutes": 2, "milliseconds": 3]]]])
        try scene.run()
        #expect(scene.timers == [86_520_003])
        let wrong: [JSONValue] = [
            "P1Y", "P1M", "PT", "P", "30S", "PT1S1M", "PT-1S", "PT1.S", "PT1.0001S", "P99999999D", [:], ["weeks": 1],
            ["seconds": -1], ["seconds": json("1.5")], ["days": 9_223_372_036_854_775_807], 5, nil,
        ]
        for value in wrong {
            #expect(violations([["a": ["wait": value]]]).first?.hasPrefix("/do/0/a/wait must be a duration") == true)
        }
    }

    @Test func `a permission contains the call that it guards`() {
        func found(_ with: JSONObject) -> [String] { violations([["a": ["call": "human", "with": .object(with)]]]) }
        let call: JSONValue = ["call": "http", "with": ["method": "post", "endpoint": "https://a.example"]]
        #expect(found(["type": "permission", "title": "T", "perform": call]) == [])
        #expect(found(["type": "permission", "title": "T"]).first?.hasPrefix("/do/0/a/with/perform ") == true)
        #expect(
            found(["type": "permission", "title": "T", "perform": call, "tool": "x"]).first?.hasPrefix(
                "/do/0/a/with/tool ") == true)
        #expect(found(["type": "poll", "title": "T"]).first?.hasPrefix("/do/0/a/with/type ") == true)
        #expect(found(["type": "clarification"]) == ["/do/0/a/with/title is required, as text"])
    }

    @Test func `a call's method and address are checked`() {
        #expect(
            violations(Self.call(["method": "FETCH", "endpoint": "https://a.example"])).first?.hasPrefix(
                "/do/0/a/with/method ") == true)
        for address in ["ftp://a.example", "https://", "a.example", "https://a.example/{+x}"] {
            #expect(
                violations(Self.call(["method": "get", "endpoint": .string(address)])).first?.hasPrefix(
                    "/do/0/a/with/endpoint ") == true, "\(address)")
        }
    }
}
