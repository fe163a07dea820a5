import Synchronization

/// The text of a statement, which each connection prepares when it first needs it and again after it was cut.
///
/// Make one for each text and keep it (a `static let`): a connection knows it by its identity. Parameters are `$1`,
/// `$2`, …. Text that varies does not belong here: values travel as parameters.
package final class PostgresStatement: Sendable {
    private static let last = Atomic<Int>(0)

    /// The text.
    package let text: String
    /// Never given to two statements of this process.
    let number: Int

    /// Names a statement.
    package init(_ text: String) {
        self.text = text
        number = Self.last.add(1, ordering: .relaxed).newValue
    }
}
