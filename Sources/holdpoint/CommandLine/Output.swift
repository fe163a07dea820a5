import Glibc
import JSON

/// Where a command's result goes: text for people, or JSON for programs.
struct Output: Sendable {
    /// The forms of a result.
    enum Format: String, Sendable, CaseIterable {
        case text
        case json
    }

    let format: Format

    /// Prints a result in the form that was asked for: one line of JSON, or text.
    func result(_ value: JSONValue, text: @autoclosure () -> String) {
        switch format {
        case .json: Self.write(value.text + "\n", to: STDOUT_FILENO)
        case .text: Self.write(text() + "\n", to: STDOUT_FILENO)
        }
    }

    /// Prints lines for people on standard output, whatever the form.
    static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// Tells on standard error why the command failed.
    func failure(_ failure: CommandFailure) {
        switch format {
        case .text: Self.write("holdpoint: \(failure.detail)\n", to: STDERR_FILENO)
        case .json:
            let document: JSONValue = [
                "error": [
                    "code": .string(failure.status.name), "exit_status": .integer(Int64(failure.status.rawValue)),
                    "detail": .string(failure.detail),
                ]
            ]
            Self.write(document.text + "\n", to: STDERR_FILENO)
        }
    }

    /// Writes all bytes at once, so that lines of several writers do not mix and a pipe's reader sees them at once.
    static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }
}

/// Rows under headings, each column as wide as its widest cell.
enum TextTable {
    static func of(_ headings: [String], _ rows: [[String]]) -> String {
        var widths = headings.map(\.count)
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        return ([headings] + rows).map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let isLast = column == row.count - 1
                line += cell + (isLast ? "" : String(repeating: " ", count: widths[column] - cell.count + 2))
            }
            return line
        }.joined(separator: "\n")
    }
}
