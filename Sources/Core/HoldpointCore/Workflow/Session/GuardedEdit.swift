import JSON

/// An edit of a call that a permission guards: what a human may make of it.
///
/// Whoever may answer has not, for that, the right to see the project's secrets. So an edit names the secrets that were
/// shown, where they were shown, and a call that carries any goes to the place that was shown (I9).
struct GuardedEdit {
    /// `{arguments, authentication}` of the call that was shown.
    let shown: JSONValue
    /// What it is to become.
    let arguments: JSONValue

    /// What is wrong with the edit, as pointers into the answer; empty if it can be carried out.
    var violations: [JSONViolation] {
        let base = JSONPointer.root.appending("arguments")
        let original = shown["arguments"] ?? .null
        var found = foreignHandles(in: arguments, original, at: base)
        if found.isEmpty, carriesSecrets, origin(of: arguments) != origin(of: original) {
            found.append(
                JSONViolation(
                    pointer: base.appending("uri"),
                    detail: "must go to the same scheme, host and port, since the call carries credentials"))
        }
        guard found.isEmpty else { return found }
        do {
            try effect(of: arguments).check(declared: declared)
            return []
        } catch {
            return [JSONViolation(pointer: base, detail: "cannot be called: \(error.detail)")]
        }
    }

    private var carriesSecrets: Bool {
        shown["authentication"]?.nonNull != nil || !effect(of: shown["arguments"] ?? .null).secretReferences.isEmpty
    }

    private var declared: [String] {
        effect(of: shown["arguments"] ?? .null).secretReferences.compactMap { reference in
            if case .project(let name) = reference { name } else { nil }
        }
    }

    private func effect(of arguments: JSONValue) -> HTTPCallEffect {
        HTTPCallEffect(
            task: "", arguments: arguments, digest: .zero, authentication: shown["authentication"]?.nonNull,
            isRaw: false, followsRedirects: false, isIdempotent: false)
    }

    private func origin(of arguments: JSONValue) -> [String]? {
        guard let text = arguments["uri"]?.stringValue, let url = try? WebURL(text) else { return nil }
        return [String(url.isSecure), url.host.text, String(url.port)]
    }

    /// The handles that the shown arguments do not have at the same place.
    private func foreignHandles(
        in value: JSONValue, _ original: JSONValue?, at pointer: JSONPointer
    ) -> [JSONViolation] {
        if SecretReference(value) != nil {
            let isShown = original.map { value.isEquivalent(to: $0) } ?? false
            return isShown
                ? []
                : [JSONViolation(pointer: pointer, detail: "names a secret that was not shown in this place")]
        }
        switch value {
        case .array(let items):
            let others = original?.arrayValue ?? []
            return items.enumerated().flatMap { index, item in
                foreignHandles(
                    in: item, index < others.count ? others[index] : nil, at: pointer.appending(String(index)))
            }
        case .object(let members):
            return members.flatMap { key, member in
                foreignHandles(in: member, original?[key], at: pointer.appending(key))
            }
        default: return []
        }
    }
}

extension SessionState {
    /// What is wrong with an edit of a call that a permission of this session's workflow guards.
    func violations(ofEdit answer: JSONValue, of open: PendingRequest) -> [JSONViolation] {
        guard answer["action"]?.stringValue == PermissionAction.edit.rawValue, let arguments = answer["arguments"],
            let shown = workflow?.place.guardedCall(of: open.sequence)
        else { return [] }
        return GuardedEdit(shown: shown, arguments: arguments).violations
    }
}

extension WorkflowPlace {
    /// `{arguments, authentication}` of the call that the request with that id guards; nil if it guards none.
    fileprivate func guardedCall(of effect: Int64) -> JSONValue? { root?.guardedCall(of: effect) }
}

extension Activation {
    fileprivate func guardedCall(of effect: Int64) -> JSONValue? {
        if self.effect == effect, phase == .effect, let guarded, guarded["arguments"] != nil { return guarded }
        for child in children {
            if let found = child.guardedCall(of: effect) { return found }
        }
        return nil
    }
}
