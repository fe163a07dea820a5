import Foundation
import HoldpointCore
import JSON
import Testing
import YAMLDocuments

/// The cases of Tests/policy, which are written for people who do not program.
struct PolicyCasesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        let policy: String
        let call: JSONValue
        let earlier: JSONValue
        let becomes: JSONValue

        var testDescription: String { what }
    }

    private static let document: JSONValue = {
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        guard let text = try? String(contentsOf: top.appending(path: "policy/cases.yaml"), encoding: .utf8) else {
            return .null
        }
        return (try? YAMLDocuments().document(text)) ?? .null
    }()

    static let cases: [Case] = (document["cases"]?.arrayValue ?? []).map { item in
        Case(
            what: item["what"]?.stringValue ?? "", policy: item["policy"]?.stringValue ?? "",
            call: item["call"] ?? .null, earlier: item["earlier"] ?? [], becomes: item["becomes"] ?? .null)
    }

    private static let noon = Timestamp("2026-11-18T10:00:00.000Z") ?? .distantFuture

    @Test func `there are cases, each with a name of its own`() {
        #expect(Self.cases.count >= 60)
        #expect(Set(Self.cases.map(\.what)).count == Self.cases.count)
    }

    @Test(arguments: cases) func `a call becomes what the case says`(_ item: Case) throws {
        let policy = try Policy(reading: try #require(Self.document["policies"]?[item.policy]))
        let call = try PolicyCall(reading: item.call, now: Self.noon)
        let history = try PolicyHistory(reading: item.earlier, under: policy, now: Self.noon)
        let verdict = policy.verdict(on: call, facts: history.facts(about: call, under: policy))
        let names = item.becomes["rules"]?.arrayValue?.compactMap(\.stringValue)
        #expect(verdict.outcome.rawValue == item.becomes["outcome"]?.stringValue)
        #expect(verdict.level.name == item.becomes["level"]?.stringValue)
        #expect(verdict.rules == names)
        #expect(verdict.confirmation?.rawValue == item.becomes["confirm"]?.stringValue)
        if let risk = item.becomes["risk"] { #expect(.string(verdict.risk.rawValue) == risk) }
        if let approvers = item.becomes["approvers"] {
            #expect(verdict.json["approvers"]?.isEquivalent(to: approvers) == true, "\(verdict.json.text)")
        }
        // Whoever has to decide is told why.
        #expect(!verdict.reasons.isEmpty || verdict.outcome == .run || verdict.outcome == .notify)
    }

    @Test(arguments: cases) func `the order of the rules changes nothing but the order of their names`(
        _ item: Case
    ) throws {
        let value = try #require(Self.document["policies"]?[item.policy])
        var turned = try #require(value.objectValue)
        if let rules = turned["rules"]?.arrayValue { turned["rules"] = .array(rules.reversed()) }
        let call = try PolicyCall(reading: item.call, now: Self.noon)
        let verdicts = try [value, .object(turned)].map { value in
            let policy = try Policy(reading: value)
            let history = try PolicyHistory(reading: item.earlier, under: policy, now: Self.noon)
            return policy.verdict(on: call, facts: history.facts(about: call, under: policy))
        }
        #expect(verdicts[0].outcome == verdicts[1].outcome && verdicts[0].level == verdicts[1].level)
        #expect(verdicts[0].risk == verdicts[1].risk && verdicts[0].confirmation == verdicts[1].confirmation)
        #expect(verdicts[0].rules.sorted() == verdicts[1].rules.sorted())
        #expect(Set(verdicts[0].reservations) == Set(verdicts[1].reservations))
    }

    @Test(arguments: cases) func `a call of which no counter can be read is never freer than with them`(
        _ item: Case
    ) throws {
        let policy = try Policy(reading: try #require(Self.document["policies"]?[item.policy]))
        let call = try PolicyCall(reading: item.call, now: Self.noon)
        let verdict = policy.verdict(on: call, facts: PolicyFacts())
        guard !policy.questions(about: call).isEmpty else { return }
        #expect(verdict.outcome == .ask || verdict.outcome == .block)
        #expect(verdict.level >= .sensitive)
    }
}
