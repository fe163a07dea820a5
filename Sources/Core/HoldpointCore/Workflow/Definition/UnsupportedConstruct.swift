/// What the DSL has and this interpreter does not execute: refused when a definition is put, with its place.
///
/// The table in the documentation is made from these cases.
package enum UnsupportedConstruct: String, Sendable, CaseIterable {
    case listen = "listen"
    case runContainer = "run.container"
    case runScript = "run.script"
    case runShell = "run.shell"
    case runReturn = "run.return"
    case runUnawaited = "run.await: false"
    case callAsyncAPI = "call: asyncapi"
    case callGRPC = "call: grpc"
    case callOpenAPI = "call: openapi"
    case callA2A = "call: a2a"
    case callMCP = "call: mcp"
    case callCatalogued = "call: NAME:VERSION@CATALOG or a URI"
    case schedule = "schedule"
    case extensions = "use.extensions"
    case catalogs = "use.catalogs"
    case digestAuthentication = "authentication: digest"
    case certificateAuthentication = "authentication: certificate"
    case oauth2Authentication = "authentication: oauth2"
    case openIDAuthentication = "authentication: oidc"
    case externalSchema = "schema.resource"
    case schemaFormat = "schema.format other than json"
    case expressionLanguage = "evaluate.language other than jq"
    case looseExpressions = "evaluate.mode other than strict"
    case authorizationArgument = "$authorization"

    /// One sentence for whoever put the definition.
    package var detail: String { "\(rawValue) is not supported: \(reason)" }

    /// Why it is not executed, or what to use instead.
    package var reason: String {
        switch self {
        case .listen: "sessions take part in no event broker; ask a human or call over HTTP"
        case .runContainer, .runScript, .runShell: "the engine runs no foreign code"
        case .runReturn: "a workflow returns its output"
        case .runUnawaited: "a workflow does not end before what it began; start the other one over the API"
        case .callAsyncAPI, .callGRPC, .callA2A, .callMCP: "use call: http or call: human"
        case .callOpenAPI: "name the method and the endpoint with call: http"
        case .callCatalogued: "nothing is fetched; put the function under use.functions"
        case .schedule: "sessions are started over the API"
        case .extensions: "write the tasks where they run"
        case .catalogs: "nothing is fetched"
        case .digestAuthentication, .certificateAuthentication, .oauth2Authentication, .openIDAuthentication:
            "use basic or bearer"
        case .externalSchema: "nothing is fetched; write the schema as document"
        case .schemaFormat: "schemas are JSON Schema 2020-12"
        case .expressionLanguage: "expressions are jq"
        case .looseExpressions: "expressions are written within ${ }"
        case .authorizationArgument: "credentials stay out of expressions"
        }
    }
}
