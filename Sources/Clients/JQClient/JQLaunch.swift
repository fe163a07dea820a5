/// How a worker is started: a program that calls `JQWorker.serve()` when it gets these arguments.
package struct JQLaunch: Sendable, Equatable {
    /// The path of the program.
    package let path: String
    /// Its arguments, without its own name.
    package let arguments: [String]

    package init(path: String, arguments: [String]) {
        self.path = path
        self.arguments = arguments
    }

    /// The program that is running, also when its file was replaced meanwhile.
    package static func same(arguments: [String]) -> JQLaunch {
        JQLaunch(path: "/proc/self/exe", arguments: arguments)
    }
}
