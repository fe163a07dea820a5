import Foundation
import HoldpointCore
import HoldpointPorts
import RESTAPI
import Testing

/// The documentation says what there is.
struct RESTDocumentationTests {
    private let text: String

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        text = try String(contentsOf: root.appending(path: "docs/http-api.md"), encoding: .utf8)
    }

    @Test(arguments: Route.all.map(\.template))
    func `every route is documented`(template: String) {
        let path = template.replacing("/v1/projects/{project}", with: "")
        // Acts of a session share a line: `POST /sessions/{id}/messages` · `/steps` · …
        let act = path.replacing("/sessions/{id}", with: "")
        let spellings =
            ["GET \(path)", "POST \(path)", "PUT \(path)"].map { "`\($0)" } + ["· `\(act)`", "· `GET \(path)"]
        #expect(spellings.contains { text.contains($0) })
    }

    @Test(arguments: Route.all.flatMap(\.query))
    func `every query parameter is documented`(name: String) {
        #expect(text.contains("\(name)="))
    }

    @Test(arguments: RejectionCode.allCases.map(\.rawValue))
    func `every code of the engine is documented`(code: String) {
        #expect(text.contains("`\(code)`"))
    }

    @Test(arguments: KeyScope.allCases.map(\.rawValue))
    func `every scope is documented`(scope: String) {
        #expect(text.contains("`\(scope)`"))
    }
}
