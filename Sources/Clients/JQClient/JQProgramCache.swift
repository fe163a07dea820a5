/// The compiled programs of a worker.
struct JQProgramCache {
    private var programs: [String: Result<JQProgram, JQError>] = [:]
    private var bound: JQCacheBound
    private let compile: (String) -> Result<JQProgram, JQError>

    init(bound: JQCacheBound, compile: @escaping (String) -> Result<JQProgram, JQError>) {
        self.bound = bound
        self.compile = compile
    }

    /// The program of that source, which is compiled unless it is kept.
    mutating func program(_ source: String) -> Result<JQProgram, JQError> {
        if let program = programs[source] { return program }
        if bound.mustDropOthers(for: source) { programs.removeAll() }
        let program = compile(source)
        programs[source] = program
        return program
    }
}
