import Foundation

/// The files of this repository that the rules look at.
struct SourceTree: Sendable {
    /// Every Swift file of the package, its manifest included.
    let swiftFiles: [SourceFile]
    /// Scripts, documents and C shims: read for what holds of any text.
    let otherFiles: [SourceFile]

    /// Reads the tree that this file belongs to.
    init() throws {
        let top = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent()
        var swiftFiles: [SourceFile] = []
        var otherFiles: [SourceFile] = []
        for path in try Self.paths(under: top) {
            guard let text = try? String(contentsOf: top.appending(path: path), encoding: .utf8) else { continue }
            if path.hasSuffix(".swift") {
                swiftFiles.append(SourceFile(path: path, text: text))
            } else if Self.isText(path) {
                otherFiles.append(SourceFile(path: path, text: text))
            }
        }
        self.swiftFiles = swiftFiles
        self.otherFiles = otherFiles
    }

    /// The names of the C modules under `Sources/System`.
    var systemModules: Set<String> {
        Set(
            otherFiles.compactMap { file in
                file.isUnder(["Sources/System"]) ? file.path.split(separator: "/").dropFirst(2).first : nil
            }.map(String.init))
    }

    private static func paths(under top: URL) throws -> [String] {
        var paths = ["Package.swift", "README.md"]
        for folder in [".ci", "Sources", "Tests", "Benchmarks", "deploy", "docs"] {
            let root = top.appending(path: folder).path()
            let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
            paths += names.map { "\(folder)/\($0)" }
        }
        return paths.sorted()
    }

    private static func isText(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        return !name.contains(".") || ["md", "py", "sh", "h", "modulemap"].contains { name.hasSuffix(".\($0)") }
    }
}
