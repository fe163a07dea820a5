import HoldpointCore

/// A schema that has a name in the description of the API, because several routes use it or people look for it.
enum Component: String, Sendable, CaseIterable {
    // What is answered.
    case agent = "Agent"
    case agentPage = "AgentPage"
    case session = "Session"
    case sessionPage = "SessionPage"
    case event = "Event"
    case eventPage = "EventPage"
    case request = "Request"
    case clarification = "ClarificationRequest"
    case decision = "DecisionRequest"
    case environment = "EnvironmentRequest"
    case permission = "PermissionRequest"
    case requestPage = "RequestPage"
    case secretValues = "SecretValues"
    case command = "Command"
    case outcome = "Outcome"
    case problem = "Problem"
    case violation = "Violation"
    case winner = "Winner"
    case tenant = "Tenant"
    case tenantPage = "TenantPage"
    case project = "Project"
    case projectPage = "ProjectPage"
    case key = "Key"
    case keyPage = "KeyPage"
    case issuedKey = "IssuedKey"
    case secret = "Secret"
    case secretPage = "SecretPage"
    case health = "Health"
    case readiness = "Readiness"
    case retention = "Retention"
    case node = "Node"
    case nodePage = "NodePage"
    // What is asked.
    case agentDefinition = "AgentDefinition"
    case sessionStart = "SessionStart"
    case message = "Message"
    case step = "Step"
    case completion = "Completion"
    case failure = "Failure"
    case reason = "Reason"
    case requestDraft = "RequestDraft"
    case answer = "Answer"
    case namedAnswer = "NamedAnswer"
    case nothing = "Nothing"
    case projectCreation = "ProjectCreation"
    case keyCreation = "KeyCreation"
    case keyRotation = "KeyRotation"
    case retentionDefinition = "RetentionDefinition"
    case secretDefinition = "SecretDefinition"

    /// What it describes.
    var schema: Schema {
        switch self {
        case .agent: Self.agentForm
        case .agentPage: Self.page(of: .agent)
        case .session: Self.sessionForm
        case .sessionPage: Self.page(of: .session)
        case .event: Self.eventForm
        case .eventPage: Self.page(of: .event)
        case .request: .oneOf(Self.requestTypes.map { .reference($0) })
        case .clarification: Self.requestForm(.clarification, Self.clarificationMembers)
        case .decision: Self.requestForm(.decision, Self.decisionMembers)
        case .environment: Self.requestForm(.environment, Self.environmentMembers)
        case .permission: Self.requestForm(.permission, Self.permissionMembers)
        case .requestPage: Self.page(of: .request)
        case .secretValues: .object([("values", .map(of: .text()))])
        case .command: Self.commandForm
        case .outcome: .object([("status", .integer(200, to: 599)), ("problem", Schema.reference(.problem).orNull)])
        case .problem: Self.problemForm
        case .violation: .object([("pointer", .text()), ("detail", .text())])
        case .winner: .object([("responded_by", Schema.text().orNull), ("responded_at", .time)])
        case .tenant: Self.tenantForm
        case .tenantPage: Self.page(of: .tenant)
        case .project: Self.projectForm
        case .projectPage: Self.page(of: .project)
        case .key: Self.keyForm
        case .keyPage: Self.page(of: .key)
        case .issuedKey: Self.issuedKeyForm
        case .secret: .object([("name", Self.secretName), ("updated_at", .time)])
        case .secretPage: Self.page(of: .secret)
        case .health: .object([("status", .constant("ok"))])
        case .readiness: Self.readinessForm
        case .retention: Self.retentionForm
        case .node: Self.nodeForm
        case .nodePage: Self.page(of: .node)
        case .agentDefinition: Self.agentDefinitionForm
        case .sessionStart: Self.sessionStartForm
        case .message: .oneOf([.object([("text", .text())]), .object([("content", .anything)])])
        case .step: .object([("name", Self.name), ("data", .anything)])
        case .completion: .object([("output", .anything)])
        case .failure: .object([("error", Self.callersProblem)])
        case .reason: .object([], optional: [("reason", Self.words)])
        case .requestDraft: .oneOf(Self.draftForms)
        case .answer: .object([("response", .anyObject)], optional: [("comment", Self.words)])
        case .namedAnswer:
            .object([("request", .text()), ("response", .anyObject)], optional: [("comment", Self.words)])
        case .nothing: .object([])
        case .projectCreation: Self.projectCreationForm
        case .keyCreation: Self.keyCreationForm
        case .keyRotation: Self.keyRotationForm
        case .retentionDefinition: Self.retentionDefinitionForm
        case .secretDefinition: Self.secretDefinitionForm
        }
    }

    /// The forms of a request, by type.
    static let requestTypes: [Component] = [.clarification, .decision, .environment, .permission]

    private static func page(of item: Component) -> Schema {
        .object([
            ("items", .list(of: .reference(item))), ("next_cursor", Schema.text().orNull), ("has_more", .boolean),
        ])
    }
}
