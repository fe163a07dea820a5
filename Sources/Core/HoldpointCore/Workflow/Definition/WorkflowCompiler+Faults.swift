import JSON

extension WorkflowCompiler {
    mutating func compileRaise(_ value: JSONValue, _ pointer: JSONPointer) -> TaskBody? {
        var reader = JSONObjectReader(value, at: pointer)
        let error = reader.requiredValue("error")
        let place = reader.pointer(to: "error")
        add(reader.finish())
        guard let error else { return nil }
        guard let name = error.stringValue else { return compileError(error, place).map { .raise($0) } }
        if let known = components.errors[name] { return .raise(known) }
        fail(place, "is not the name of an error under use.errors")
        return nil
    }

    mutating func compileError(_ value: JSONValue, _ pointer: JSONPointer) -> ErrorRule? {
        var reader = JSONObjectReader(value, at: pointer)
        _ = reader.requiredString("type", maximumLength: 2_048)
        if let status = reader.requiredValue("status"), status.int64Value == nil,
            status.stringValue.flatMap({ Template.enclosed(in: $0) }) == nil
        {
            reader.fail("status", "must be a whole number")
        }
        for key in ["instance", "title", "detail"] { _ = reader.optionalString(key) }
        add(reader.finish())
        return ErrorRule(body: template(value, pointer))
    }

    mutating func compileAttempt(
        _ value: JSONValue, _ pointer: JSONPointer, _ task: inout JSONObjectReader
    ) -> TaskBody? {
        let list = compileList(value, pointer)
        let place = task.pointer(to: "catch")
        guard let clause = task.requiredValue("catch") else { return nil }
        var reader = JSONObjectReader(clause, at: place)
        let filter = reader.optionalValue("errors").map { compileFilter($0, place.appending("errors")) }
        let variable = variable("as", &reader) ?? "error"
        let outer = arguments
        arguments.insert(variable)
        defer { arguments = outer }
        let when = expression("when", &reader)
        let exceptWhen = expression("exceptWhen", &reader)
        let policy = reader.optionalValue("retry")
        let retry = policy.flatMap { compileRetryReference($0, place.appending("retry")) }
        let handler = reader.optionalValue("do").flatMap { compileList($0, place.appending("do")) }
        add(reader.finish())
        return list.map {
            .attempt(
                AttemptRule(
                    block: $0, filter: filter ?? JSONObject(), variable: variable, when: when, exceptWhen: exceptWhen,
                    retry: retry, handler: handler))
        }
    }

    private mutating func compileFilter(_ value: JSONValue, _ pointer: JSONPointer) -> JSONObject {
        var reader = JSONObjectReader(value, at: pointer)
        let with = reader.requiredValue("with")
        add(reader.finish())
        guard let with else { return JSONObject() }
        var inner = JSONObjectReader(with, at: pointer.appending("with"))
        for key in ["type", "instance", "title", "details", "detail"] { _ = inner.optionalString(key) }
        _ = inner.optionalInt64("status", range: 0...999)
        add(inner.finish())
        return with.objectValue ?? JSONObject()
    }

    private mutating func compileRetryReference(_ value: JSONValue, _ pointer: JSONPointer) -> RetryRule? {
        guard let name = value.stringValue else { return compileRetry(value, pointer) }
        if let known = components.retries[name] { return known }
        fail(pointer, "is not the name of a retry policy under use.retries")
        return nil
    }

    mutating func compileRetry(_ value: JSONValue, _ pointer: JSONPointer) -> RetryRule? {
        var reader = JSONObjectReader(value, at: pointer)
        let when = expression("when", &reader)
        let exceptWhen = expression("exceptWhen", &reader)
        let delay = duration("delay", &reader)
        let backoff = reader.optionalValue("backoff").map { compileBackoff($0, pointer.appending("backoff")) }
        var attempts: Int64?
        var attemptDuration: DurationRule?
        var total: DurationRule?
        if let limit = reader.optionalValue("limit") {
            var inner = JSONObjectReader(limit, at: pointer.appending("limit"))
            total = duration("duration", &inner)
            if let attempt = inner.optionalValue("attempt") {
                var innermost = JSONObjectReader(attempt, at: pointer.appending("limit").appending("attempt"))
                attempts = innermost.optionalInt64("count", range: 0...1_000_000)
                attemptDuration = duration("duration", &innermost)
                add(innermost.finish())
            }
            add(inner.finish())
        }
        let jitter = reader.optionalValue("jitter").flatMap { compileJitter($0, pointer.appending("jitter")) }
        add(reader.finish())
        return RetryRule(
            when: when, exceptWhen: exceptWhen, delay: delay, backoff: backoff ?? .constant, attempts: attempts,
            attemptDuration: attemptDuration, duration: total, jitter: jitter)
    }

    private mutating func compileBackoff(_ value: JSONValue, _ pointer: JSONPointer) -> RetryRule.Backoff {
        var reader = JSONObjectReader(value, at: pointer)
        var found: [RetryRule.Backoff] = []
        for backoff in RetryRule.Backoff.allCases {
            guard let options = reader.optionalObject(backoff.rawValue) else { continue }
            found.append(backoff)
            if !options.isEmpty { reader.fail(backoff.rawValue, "must be an empty object: it takes no options") }
        }
        add(reader.finish())
        if found.count != 1 { fail(pointer, "must have one of constant, linear and exponential") }
        return found.first ?? .constant
    }

    private mutating func compileJitter(_ value: JSONValue, _ pointer: JSONPointer) -> RetryRule.Jitter? {
        var reader = JSONObjectReader(value, at: pointer)
        let from = duration("from", &reader, isRequired: true)
        let to = duration("to", &reader, isRequired: true)
        add(reader.finish())
        if case .milliseconds(let low)? = from, case .milliseconds(let high)? = to, low > high {
            fail(pointer, "from must not be more than to")
        }
        guard let from, let to else { return nil }
        return RetryRule.Jitter(from: from, to: to)
    }
}
