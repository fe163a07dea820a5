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
    case receipt = "Receipt"
    case auditEntry = "AuditEntry"
    case auditRow = "AuditRow"
    case auditPage = "AuditPage"
    case auditHead = "AuditHead"
    case signingKey = "SigningKey"
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
    case user = "User"
    case userPage = "UserPage"
    case approvers = "Approvers"
    case progress = "Progress"
    case answerOutcomes = "AnswerOutcomes"
    case health = "Health"
    case readiness = "Readiness"
    case retention = "Retention"
    case node = "Node"
    case nodePage = "NodePage"
    case policy = "Policy"
    case policyPage = "PolicyPage"
    case policyVerdict = "PolicyVerdict"
    case judgedVerdict = "JudgedVerdict"
    case webhook = "Webhook"
    case issuedWebhook = "IssuedWebhook"
    case delivery = "Delivery"
    case deliveryPage = "DeliveryPage"
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
    case policyDefinition = "PolicyDefinition"
    case policyTrial = "PolicyTrial"
    case userDefinition = "UserDefinition"
    case approversDefinition = "ApproversDefinition"
    case answers = "Answers"
    case claim = "Claim"
    case speaker = "Speaker"
    case delegation = "Delegation"
    case reopening = "Reopening"
    case webhookDefinition = "WebhookDefinition"
    case webhookRotation = "WebhookRotation"

    /// What it describes.
    var schema: Schema { formOfAnswer ?? formOfBody ?? .anything }

    /// What is answered; nil for what is asked.
    private var formOfAnswer: Schema? {
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
        case .permission:
            Self.requestForm(
                .permission, Self.permissionMembers,
                optional: [("confidence", .share), ("policy", .reference(.judgedVerdict))])
        case .requestPage: Self.page(of: .request)
        case .secretValues: .object([("values", .map(of: .text()))])
        case .receipt: Self.receiptForm
        case .auditEntry: Self.auditEntryForm
        case .auditRow: Self.auditRowForm
        case .auditPage: Self.page(of: .auditRow)
        case .auditHead: Self.auditHeadForm
        case .signingKey: Self.signingKeyForm
        case .command: Self.commandForm
        case .outcome: .object([("status", .integer(200, to: 599)), ("problem", Schema.reference(.problem).orNull)])
        case .problem: Self.problemForm
        case .violation: .object([("pointer", .text()), ("detail", .text())])
        case .winner:
            .oneOf([
                .object([("responded_by", Schema.text().orNull), ("responded_at", .time)]),
                .object([("claimed_by", .text()), ("claimed_until", .time)]),
            ])
        case .tenant: Self.tenantForm
        case .tenantPage: Self.page(of: .tenant)
        case .project: Self.projectForm
        case .projectPage: Self.page(of: .project)
        case .key: Self.keyForm
        case .keyPage: Self.page(of: .key)
        case .issuedKey: Self.issuedKeyForm
        case .secret: .object([("name", Self.secretName), ("updated_at", .time)])
        case .secretPage: Self.page(of: .secret)
        case .user: Self.userForm
        case .userPage: Self.page(of: .user)
        case .approvers: Self.approversForm
        case .progress: Self.progressForm
        case .answerOutcomes: Self.answerOutcomesForm
        case .health: .object([("status", .constant("ok"))])
        case .readiness: Self.readinessForm
        case .retention: Self.retentionForm
        case .node: Self.nodeForm
        case .nodePage: Self.page(of: .node)
        case .policy: Self.policyForm
        case .policyPage: Self.page(of: .policy)
        case .policyVerdict: Self.policyVerdictForm
        case .judgedVerdict: Self.judgedVerdictForm
        case .webhook: Self.webhookForm
        case .issuedWebhook: Self.issuedWebhookForm
        case .delivery: Self.deliveryForm
        case .deliveryPage: Self.page(of: .delivery)
        default: nil
        }
    }

    /// What is asked; nil for what is answered.
    private var formOfBody: Schema? {
        switch self {
        case .agentDefinition: Self.agentDefinitionForm
        case .sessionStart: Self.sessionStartForm
        case .message: .oneOf([.object([("text", .text())]), .object([("content", .anything)])])
        case .step: .object([("name", Self.name), ("data", .anything)])
        case .completion: .object([("output", .anything)])
        case .failure: .object([("error", Self.callersProblem)])
        case .reason: .object([], optional: [("reason", Self.words)])
        case .requestDraft: .oneOf(Self.draftForms)
        case .answer: .object([("response", .anyObject)], optional: Self.answerMembers)
        case .namedAnswer: Self.namedAnswerForm
        case .nothing: .object([])
        case .projectCreation: Self.projectCreationForm
        case .keyCreation: Self.keyCreationForm
        case .keyRotation: Self.keyRotationForm
        case .retentionDefinition: Self.retentionDefinitionForm
        case .secretDefinition: Self.secretDefinitionForm
        case .policyDefinition: Self.policyDefinitionForm
        case .policyTrial: Self.policyTrialForm
        case .userDefinition: Self.userDefinitionForm
        case .approversDefinition: Self.approversDefinitionForm
        case .answers: Self.answersForm
        case .claim: Self.claimForm
        case .speaker: .object([("as", Self.userID)])
        case .delegation: .object([("as", Self.userID), ("to", Self.userID)])
        case .reopening: .object([], optional: [("as", Self.userID.orNull)])
        case .webhookDefinition: Self.webhookDefinitionForm
        case .webhookRotation: Self.webhookRotationForm
        default: nil
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
