import HoldpointCore
import JSON

/// Fields that several bodies share.
extension JSONObjectReader {
    /// The name of an agent.
    mutating func agentName(_ key: String) -> AgentName? {
        guard let text = requiredString(key) else { return nil }
        do {
            return try AgentName(text)
        } catch {
            fail(key, "must match \(error.form)")
            return nil
        }
    }

    /// The id that the caller chose for a session, if one was chosen.
    mutating func optionalSessionID(_ key: String) -> SessionID? {
        guard let text = optionalString(key, nullable: true) else { return nil }
        do {
            return try SessionID(text)
        } catch {
            fail(key, "must match \(error.form)")
            return nil
        }
    }

    /// A user of the project.
    mutating func requiredUser(_ key: String) -> UserID? { requiredString(key).flatMap { user($0, key) } }

    /// A user of the project, if one is named.
    mutating func optionalUser(_ key: String) -> UserID? {
        optionalString(key, nullable: true).flatMap { user($0, key) }
    }

    private mutating func user(_ text: String, _ key: String) -> UserID? {
        do {
            return try UserID(text)
        } catch {
            fail(key, "must match \(error.form)")
            return nil
        }
    }

    /// Texts to find something by.
    mutating func labels(_ key: String) -> [String: String] {
        let limits = SessionLimits.standard
        let pairs = stringMap(
            key, maximumCount: limits.labels, maximumKeyLength: limits.labelLength,
            maximumLength: limits.labelLength, nullable: true)
        return Dictionary((pairs ?? []).map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Free words beside an act.
    mutating func words(_ key: String) -> String? {
        optionalString(key, maximumLength: RequestLimits.textLength, nullable: true)
    }
}
