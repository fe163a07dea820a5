/// How much of a human's attention an approval takes.
package enum Confirmation: String, Sendable, Hashable, CaseIterable {
    /// One act approves.
    case none
    /// A second act confirms.
    case simple
    /// The arguments are shown in full, and then confirmed.
    case detailed
    /// A phrase is typed, or a second person approves.
    case double
}

/// What a `double` confirmation takes.
package enum DoubleConfirmation: String, Sendable, Hashable, CaseIterable {
    /// The name of the tool is typed.
    case phrase
    /// A second person approves, too.
    case secondPerson = "second_person"
}
