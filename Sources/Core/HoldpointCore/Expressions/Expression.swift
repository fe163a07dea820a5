package import JSON

/// A program of the expression language together with what it is applied to.
package struct Expression: Sendable, Equatable {
    /// The checked program.
    package let program: ExpressionProgram
    /// What it is applied to.
    package let input: JSONValue
    /// The values of its variables by name, without the dollar sign; those that it does not mention are left out.
    package let arguments: JSONObject

    /// Puts a program and its data together; arguments that the program does not mention cost nothing.
    ///
    /// A variable that the program mentions and that has no argument is `null`.
    package init(program: ExpressionProgram, input: JSONValue, arguments: JSONObject = [:]) {
        self.program = program
        self.input = input
        var mentioned = JSONObject()
        for name in program.arguments { mentioned[name] = arguments[name] ?? .null }
        self.arguments = mentioned
    }

    /// The outcome, where it can be found without an evaluator: of literals and plain paths.
    package var quickOutcome: ExpressionOutcome? {
        program.quickOutcome(input: input, arguments: arguments)
    }
}

/// What became of an expression.
package enum ExpressionOutcome: Sendable, Equatable {
    /// Its one value.
    case value(JSONValue)
    /// It has none, and trying again would not change that.
    case failure(ExpressionFailure)
}

/// Why an expression has no value.
package struct ExpressionFailure: Error, Sendable, Equatable {
    /// What kind of failure it is.
    package enum Kind: String, Sendable, Equatable {
        /// The program is not valid.
        case invalid
        /// The program raised an error with this data, or did not yield exactly one value.
        case failed
        /// It took more time or memory, or yielded more bytes, than it may.
        case exhausted
        /// A number of its data would have become another one.
        case inexact
    }

    /// The longest detail, in Unicode scalars; what is longer is cut.
    package static let maximumDetail = 1_024

    /// What kind of failure it is.
    package let kind: Kind
    /// One sentence for people; it may repeat data of the session.
    package let detail: String

    package init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        let end = detail.unicodeScalars.index(
            detail.startIndex, offsetBy: Self.maximumDetail, limitedBy: detail.endIndex)
        if let end, end < detail.endIndex {
            self.detail = String(detail.unicodeScalars[..<end]) + "…"
        } else {
            self.detail = detail
        }
    }
}
