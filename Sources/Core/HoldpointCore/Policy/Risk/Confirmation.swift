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
