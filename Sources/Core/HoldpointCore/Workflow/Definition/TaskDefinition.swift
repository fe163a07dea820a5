import JSON

/// One task of a document, checked.
package struct TaskDefinition: Sendable {
    /// Its name in its list; empty for the workflow itself.
    package let name: String
    /// Its place, for example `/do/0/getPet`; empty for the workflow itself.
    package let reference: String
    /// What stands under the name.
    let source: JSONValue
    /// The list it is in and its position there; nil where flow cannot go on to a neighbour.
    let position: TaskPosition?
    let condition: ExpressionProgram?
    let input: DataMapping
    let output: DataMapping
    let export: DataMapping
    let timeout: DurationRule?
    let then: FlowDirective
    let body: TaskBody
}

/// Where a task stands among those that run in sequence.
struct TaskPosition: Sendable, Equatable {
    let block: Int
    let index: Int
}

/// How data is checked and changed on its way.
struct DataMapping: Sendable {
    /// `from` or `as`; nil for identity.
    let mapping: Template?
    let schema: JSONSchema?

    static let identity = DataMapping(mapping: nil, schema: nil)
}

/// Where flow goes after a task.
enum FlowDirective: Sendable, Equatable {
    /// The next task of the list.
    case proceed
    /// Behind the last task of the list.
    case exit
    /// The end of the workflow.
    case end
    /// The task at this index of the same list.
    case task(Int)
}

/// What a task does.
indirect enum TaskBody: Sendable {
    /// The tasks of a list, one after another.
    case sequence(block: Int)
    case set(Template)
    case choose([SwitchCase])
    case loop(LoopRule)
    case fork(branches: [Int], competes: Bool)
    case wait(DurationRule)
    case raise(ErrorRule)
    case attempt(AttemptRule)
    case emit(Template)
    case http(HTTPCallRule)
    case human(HumanCallRule)
    /// A task of `use.functions`, with its arguments as input.
    case function(task: Int, arguments: Template?)
    case child(ChildRule)
}

/// A case of `switch`; the one without a condition is the default.
struct SwitchCase: Sendable {
    let condition: ExpressionProgram?
    let then: FlowDirective
}

/// `for`.
struct LoopRule: Sendable {
    let item: String
    let index: String
    let items: ExpressionProgram
    let condition: ExpressionProgram?
    let block: Int
}

/// `run: workflow`.
struct ChildRule: Sendable {
    let namespace: String
    let name: String
    let version: String
    let input: Template?
}

/// `call: http`.
struct HTTPCallRule: Sendable {
    /// What the call output's form is.
    enum Output: String, Sendable, CaseIterable {
        /// The body as base64.
        case raw
        /// The body, parsed where it is JSON.
        case content
        /// Request, status, headers and content.
        case response
    }

    let method: HTTPCall.Method
    let endpoint: EndpointRule
    let headers: Template?
    let query: Template?
    let body: Template?
    let output: Output
    let followsRedirects: Bool
    let authentication: AuthenticationRule?
}

/// Where a call goes.
enum EndpointRule: Sendable {
    /// A URI with variables, which are members of the task's input.
    case template(URITemplate)
    /// An expression that gives the URI.
    case computed(ExpressionProgram)
}

/// Who the caller of an endpoint is.
enum AuthenticationRule: Sendable {
    case basic(username: Template, password: Template)
    case bearer(token: Template)
    /// The performer reads user and password from this secret.
    case basicSecret(String)
    /// The performer reads the token from this secret.
    case bearerSecret(String)

    var templates: [Template] {
        switch self {
        case .basic(let username, let password): [username, password]
        case .bearer(let token): [token]
        case .basicSecret, .bearerSecret: []
        }
    }
}

/// `call: human`: the request to open, and for a permission the call that it guards.
struct HumanCallRule: Sendable {
    let body: Template
    let guarded: HTTPCallRule?
    /// Milliseconds between the approval of the guarded call and the call, in which it can be stopped; nil for none.
    var vetoMilliseconds: Int64?
}
