/// The five characters with which Postgres names an outcome (its manual, appendix A).
package struct SQLState: Sendable, Hashable, CustomStringConvertible {
    /// Five digits and capital letters.
    package let code: String

    /// Takes a code as the server writes it; nil unless it is five digits and capital letters.
    package init?(_ code: String) {
        let isCharacter = { (byte: UInt8) in (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) }
        guard code.utf8.count == 5, code.utf8.allSatisfy(isCharacter) else { return nil }
        self.code = code
    }

    /// The first two characters: the class of errors.
    package var errorClass: Substring { code.prefix(2) }

    /// What is stored, or was to be, is to blame: the same statement fails every time, and others beside it need not.
    ///
    /// Class 22 (values), class 23 (constraints) and 42501 (privileges, row level security). A full disk is none.
    package var isPoison: Bool { ["22", "23"].contains(errorClass) || code == "42501" }

    /// The moment is to blame: the same statement may succeed later.
    ///
    /// Class 40 (serialization, deadlock), class 57P (shutting down, starting up) and class 08 (connection).
    package var isRetryable: Bool { ["40", "08"].contains(errorClass) || code.hasPrefix("57P") }

    /// A statement was ended by its time limit, or by a request to cancel it.
    package var isCancellation: Bool { code == "57014" }

    /// A prepared statement is unknown to the server, or its plan no longer fits the tables.
    var isStalePreparation: Bool { code == "26000" || code == "0A000" }

    /// Whether the server's one-line message of such an error is made of names and fixed words only.
    ///
    /// Others may quote a value: class 22 does as a rule, class P0 says whatever a function wants.
    var isMessagePlain: Bool {
        ["08", "23", "25", "26", "28", "3D", "40", "42", "53", "55", "57"].contains(errorClass)
    }

    package var description: String { code }
}
