import HoldpointCore
import HoldpointPorts

extension Call {
    /// The `limit` of a list.
    func listLimit() throws(Problem) -> Int {
        try limit(upTo: configuration.maximumListLimit, standard: configuration.standardListLimit)
    }

    /// The `limit` of a page of events.
    func eventLimit() throws(Problem) -> Int {
        try limit(upTo: configuration.maximumEventLimit, standard: configuration.standardEventLimit)
    }

    private func limit(upTo maximum: Int64, standard: Int64) throws(Problem) -> Int {
        Int(try number("limit", in: 1...maximum) ?? standard)
    }

    /// A whole number in the query; nil if it is not given.
    func number(_ name: String, in range: ClosedRange<Int64>) throws(Problem) -> Int64? {
        guard let text = query[name] else { return nil }
        guard let number = Self.number(text), range.contains(number) else {
            throw Problem.invalid(
                "query:\(name)",
                range.upperBound == .max
                    ? "must be a whole number from \(range.lowerBound)"
                    : "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A whole number in plain decimal digits; nil for anything else.
    static func number(_ text: String) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return Int64(text)
    }

    /// One of the values of an enumeration in the query; nil if it is not given.
    func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String, of type: Value.Type
    ) throws(Problem) -> Value? where Value.RawValue == String {
        guard let text = query[name] else { return nil }
        guard let value = Value(rawValue: text) else {
            let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.invalid("query:\(name)", "must be one of \(known)")
        }
        return value
    }

    /// The name of an agent in the query; nil if it is not given.
    func agentName(_ name: String) throws(Problem) -> AgentName? {
        guard let text = query[name] else { return nil }
        do {
            return try AgentName(text)
        } catch {
            throw Problem.invalid("query:\(name)", "must match \(error.form)")
        }
    }

    /// The id of a session in the query; nil if it is not given.
    func sessionID(_ name: String) throws(Problem) -> SessionID? {
        guard let text = query[name] else { return nil }
        do {
            return try SessionID(text)
        } catch {
            throw Problem.invalid("query:\(name)", "must match \(error.form)")
        }
    }
}
