/// One way in which a value does not fit, for the `errors` of a problem document.
package struct JSONViolation: Sendable, Hashable {
    /// The value that does not fit.
    package let pointer: JSONPointer
    /// What is expected there; never repeats the value, which may be a secret.
    package let detail: String

    /// Names a place and what is expected there.
    package init(pointer: JSONPointer, detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}
