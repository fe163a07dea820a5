extension WebURL {
    /// The URL that a reference means when it stands here (RFC 3986 section 5.2); throws `InvalidWebURL`.
    package func resolving(_ reference: String) throws(InvalidWebURL) -> WebURL {
        guard reference.utf8.count <= Self.maximumBytes else {
            throw InvalidWebURL(detail: "is longer than \(Self.maximumBytes) bytes")
        }
        let head = reference[..<Self.place(of: "/?#", in: reference[...])]
        if head.utf8.contains(UInt8(ascii: ":")) { return try WebURL(reference).withoutDotSegments() }
        if reference.utf8.starts(with: "//".utf8) {
            return try WebURL((isSecure ? "https:" : "http:") + reference).withoutDotSegments()
        }
        if reference.isEmpty || reference.utf8.first == UInt8(ascii: "#") { return self }
        let (path, query) = try Self.pathAndQuery(reference[...])
        let target: String =
            switch reference.utf8.first {
            case UInt8(ascii: "/"): path
            case UInt8(ascii: "?"): self.path
            default: String(self.path[...(self.path.lastIndex(of: "/") ?? self.path.startIndex)]) + path
            }
        let url = WebURL(isSecure: isSecure, host: host, port: port, path: target, query: query).withoutDotSegments()
        guard url.text.utf8.count <= Self.maximumBytes else {
            throw InvalidWebURL(detail: "is longer than \(Self.maximumBytes) bytes")
        }
        return url
    }

    /// The same with `.` and `..` taken for what they mean (RFC 3986 section 5.2.4).
    private func withoutDotSegments() -> WebURL {
        guard hasDotSegments else { return self }
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var kept: [Substring] = []
        for (place, segment) in segments.enumerated() {
            let isLast = place == segments.count - 1
            switch segment.lowercased().replacing("%2e", with: ".") {
            case ".": if isLast { kept.append("") }
            case "..":
                if !kept.isEmpty { kept.removeLast() }
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return WebURL(isSecure: isSecure, host: host, port: port, path: "/" + kept.joined(separator: "/"), query: query)
    }
}
