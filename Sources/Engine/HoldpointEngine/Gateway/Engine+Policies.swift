package import HoldpointCore
package import HoldpointPorts
package import JSON

extension Engine {
    package func putPolicy(
        _ document: JSONValue, by principal: Principal, in scope: Scope
    ) async throws(GatewayError) -> PolicyRecord {
        let (document, _) = try read(document, at: "policy")
        // Nodes of an earlier release would neither obey it nor read what it makes others write.
        if let formats = await shards.formats, formats < DataFormats.policies {
            throw .rejected(
                Rejection(
                    .needsLaterForms,
                    "policies need every node to be of this release: run holdpoint migrate --finish once they are"))
        }
        let ports = services.ports
        let record = try await reading { () throws(JournalError) in
            try await ports.directory.putPolicy(document, by: principal, at: ports.clock.now(), in: scope)
        }
        await services.policies.forget(scope)
        guard let record else { throw .rejected(Rejection(.policyNotFound, "there is no such project")) }
        return record
    }

    package func policy(version: Int64?, in scope: Scope) async throws(GatewayError) -> PolicyRecord {
        let directory = services.ports.directory
        let found = try await reading { () throws(JournalError) in
            if let version { return try await directory.policy(version: version, in: scope) }
            return try await directory.policy(in: scope)
        }
        guard let found else {
            let what = version.map { "there is no version \($0) of the policy" } ?? "the project has no policy"
            throw .rejected(Rejection(.policyNotFound, what))
        }
        return found
    }

    package func policies(
        in scope: Scope, before version: Int64?, limit: Int
    ) async throws(GatewayError) -> Page<PolicyRecord> {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.directory.policies(in: scope, before: version, limit: limit + 1)
        }
        let items = Array(found.prefix(limit))
        let hasMore = found.count > limit || JournalPage.isFull(found)
        return Page(items: items, nextCursor: hasMore ? items.last.map { String($0.version) } : nil)
    }

    package func evaluatePolicy(
        on call: JSONValue, under document: JSONValue?, in scope: Scope
    ) async throws(GatewayError) -> PolicyTrial {
        let version: Int64?
        let policy: Policy
        if let document {
            (version, policy) = (nil, try read(document, at: "policy").1)
        } else {
            let record = try await self.policy(version: nil, in: scope)
            (version, policy) = (record.version, try read(record.document, at: "policy").1)
        }
        let subject: PolicyCall
        do {
            subject = try PolicyCall(
                reading: call, now: services.ports.clock.now(), at: JSONPointer.root.appending("call"))
        } catch {
            throw .rejected(
                Rejection(.invalidInput, "the call cannot be judged", violations: error.violations))
        }
        let questions = policy.questions(about: subject)
        let queries = questions.map { CounterQuery($0, at: subject.time) }
        let readings = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.counters(queries, in: scope)
        }
        var facts = PolicyFacts()
        for (question, reading) in zip(questions, readings) { facts[question] = reading.sum }
        return PolicyTrial(version: version, verdict: policy.verdict(on: subject, facts: facts))
    }

    /// Reads a policy that is JSON, or a text of YAML; the places of what does not fit are under that member.
    private func read(_ value: JSONValue, at member: String) throws(GatewayError) -> (JSONValue, Policy) {
        let base = JSONPointer.root.appending(member)
        func refusal(_ violations: [JSONViolation]) -> GatewayError {
            .rejected(Rejection(.invalidPolicy, "the policy cannot be put in force", violations: violations))
        }
        var document = value
        if let text = value.stringValue {
            do {
                document = try services.ports.documents.document(text)
            } catch {
                throw refusal([JSONViolation(pointer: base, detail: error.description)])
            }
        }
        guard document.serialized().count <= PolicyLimits.documentBytes else {
            throw refusal([
                JSONViolation(pointer: base, detail: "has more than \(PolicyLimits.documentBytes) bytes")
            ])
        }
        if let pointer = document.inexactNumber {
            throw refusal([
                JSONViolation(pointer: pointer, detail: "is a number that a double cannot hold").moved(under: base)
            ])
        }
        do {
            return (document, try Policy(reading: document))
        } catch {
            throw refusal(error.violations.map { $0.moved(under: base) })
        }
    }
}
