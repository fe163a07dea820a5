import HTTPServer

/// Finds the route of a request: a tree of path segments, a literal one before a parameter.
struct RouteTable: Sendable {
    /// What was found.
    enum Match: Sendable {
        /// A route, its place in the list of all, and the segments that vary.
        case route(Route, number: Int, parameters: [String])
        /// The path is known, the method is not; the methods that are, for `Allow`.
        case otherMethods(String)
        case noRoute
        /// The path is badly percent-encoded.
        case malformed

        var route: Route? {
            if case .route(let route, _, _) = self { route } else { nil }
        }

        var number: Int? {
            if case .route(_, let number, _) = self { number } else { nil }
        }
    }

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var routes: [(route: Route, number: Int)] = []
    }

    private var nodes = [Node()]

    init(_ routes: [Route]) {
        for (number, route) in routes.enumerated() {
            var place = 0
            for segment in route.template.split(separator: "/") {
                place = segment.first == "{" ? parameterChild(of: place) : literalChild(of: place, String(segment))
            }
            nodes[place].routes.append((route, number))
        }
    }

    private mutating func literalChild(of place: Int, _ segment: String) -> Int {
        if let child = nodes[place].literals[segment] { return child }
        nodes.append(Node())
        nodes[place].literals[segment] = nodes.count - 1
        return nodes.count - 1
    }

    private mutating func parameterChild(of place: Int) -> Int {
        if let child = nodes[place].parameter { return child }
        nodes.append(Node())
        nodes[place].parameter = nodes.count - 1
        return nodes.count - 1
    }

    /// Finds the route of a request; `HEAD` finds what `GET` does, streams excepted.
    func match(_ request: HTTPRequest) -> Match {
        guard request.path != "*" else { return .noRoute }
        guard let segments = request.percentDecodedPathSegments() else { return .malformed }
        var place = 0
        var parameters: [String] = []
        for segment in segments {
            if let child = nodes[place].literals[segment] {
                place = child
            } else if !segment.isEmpty, let child = nodes[place].parameter {
                place = child
                parameters.append(segment)
            } else {
                return .noRoute
            }
        }
        let routes = nodes[place].routes
        guard !routes.isEmpty else { return .noRoute }
        let found = routes.first { route, _ in
            route.method == request.method || request.method == .head && Self.answersHead(route)
        }
        if let found { return .route(found.route, number: found.number, parameters: parameters) }
        let methods = routes.flatMap { route, _ in
            Self.answersHead(route) ? [route.method.rawValue, "HEAD"] : [route.method.rawValue]
        }
        return .otherMethods(methods.joined(separator: ", "))
    }

    private static func answersHead(_ route: Route) -> Bool { route.method == .get && !route.isStream }
}
