import HoldpointCore

extension SecretHandle {
    /// What the box of a secret answer is bound to: another request's or another project's does not open with it.
    func sealingContext(in scope: Scope) -> String { "secret \(scope) \(request) \(field)" }
}
