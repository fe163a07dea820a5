/// The name of a tenant: `[a-z0-9-]{1,63}`.
package struct TenantName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The name as text.
    package let text: String

    /// Checks the form of a tenant's name; throws `InvalidName`.
    package init(_ text: String) throws(InvalidName) {
        guard NameForm.isLabel(text, maximumLength: 63) else {
            throw InvalidName(kind: "tenant", form: "[a-z0-9-]{1,63}")
        }
        self.text = text
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// The name of a project within its tenant: `[a-z0-9-]{1,63}`.
package struct ProjectName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The name as text.
    package let text: String

    /// Checks the form of a project's name; throws `InvalidName`.
    package init(_ text: String) throws(InvalidName) {
        guard NameForm.isLabel(text, maximumLength: 63) else {
            throw InvalidName(kind: "project", form: "[a-z0-9-]{1,63}")
        }
        self.text = text
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// Tenant and project: the scope of every row, key, lookup and stream (I5).
package struct Scope: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The tenant that owns the project.
    package let tenant: TenantName
    /// The project within the tenant.
    package let project: ProjectName

    package init(tenant: TenantName, project: ProjectName) {
        self.tenant = tenant
        self.project = project
    }

    package var description: String { "\(tenant)/\(project)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.tenant, left.project) < (right.tenant, right.project)
    }
}
