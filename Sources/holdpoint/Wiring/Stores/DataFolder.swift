import Glibc

/// Where a node keeps its data that shares it with no other.
enum DataFolder {
    /// The folder that the settings name, or the one of the user's state (XDG Base Directory Specification).
    static func path(_ settings: Settings) throws(CommandFailure) -> String {
        if let given = settings.givenText(.data) { return given }
        if let state = variable("XDG_STATE_HOME") { return state + "/holdpoint" }
        guard let home = variable("HOME") else {
            throw CommandFailure(.usage, "there is no HOME to keep the data in; give --data DIR")
        }
        return home + "/.local/state/holdpoint"
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
}
