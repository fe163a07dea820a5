/// A pattern as instructions for a machine that follows all ways at once.
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        case scalar(UInt32)
        case set(ScalarSet)
        case assertion(PatternAssertion)
        /// Goes on only if the other program matches from here, or does not.
        case look(Int, PatternLook)
        case jump(Int)
        case split(Int, Int)
        case accept
    }

    var instructions: [Instruction] = []
    /// The programs of looks.
    var looks: [PatternProgram] = []
    /// Whether it reads towards the start of the text.
    var isBackward = false

    /// The number of instructions, those of looks included.
    var count: Int { looks.reduce(instructions.count) { $0 + $1.count } }
}

/// Turns a tree into instructions.
struct PatternCompiler {
    private var work = 0

    mutating func program(
        of node: PatternNode, backward isBackward: Bool = false
    ) throws(JSONPatternError) -> PatternProgram {
        var program = PatternProgram()
        program.isBackward = isBackward
        try append(node, to: &program)
        program.instructions.append(.accept)
        return program
    }

    /// Repeats are written out, so that what a pattern asks for is counted, not what it says.
    private mutating func charge() throws(JSONPatternError) {
        work += 1
        if work > JSONPattern.maximumInstructions {
            throw JSONPatternError(offset: 0, detail: "the pattern is too large; are its counts too high?")
        }
    }

    private mutating func append(_ node: PatternNode, to program: inout PatternProgram) throws(JSONPatternError) {
        try charge()
        switch node {
        case .scalar(let value): program.instructions.append(.scalar(value))
        case .set(let set): program.instructions.append(.set(set))
        case .assertion(let assertion): program.instructions.append(.assertion(assertion))
        case .sequence(let terms):
            for term in program.isBackward ? terms.reversed() : terms { try append(term, to: &program) }
        case .alternatives(let branches): try append(branches[...], to: &program)
        case .look(let body, let look):
            program.looks.append(try self.program(of: body, backward: look.isBehind))
            program.instructions.append(.look(program.looks.count - 1, look))
        case .repetition(let body, let minimum, let maximum):
            try append(body, minimum, maximum, to: &program)
        }
    }

    private mutating func append(
        _ branches: ArraySlice<PatternNode>, to program: inout PatternProgram
    ) throws(JSONPatternError) {
        var exits: [Int] = []
        for branch in branches.dropLast() {
            let split = program.instructions.count
            program.instructions.append(.split(split + 1, 0))
            try append(branch, to: &program)
            exits.append(program.instructions.count)
            program.instructions.append(.jump(0))
            program.instructions[split] = .split(split + 1, program.instructions.count)
        }
        if let last = branches.last { try append(last, to: &program) }
        for exit in exits { program.instructions[exit] = .jump(program.instructions.count) }
    }

    private mutating func append(
        _ body: PatternNode, _ minimum: Int, _ maximum: Int?, to program: inout PatternProgram
    ) throws(JSONPatternError) {
        for _ in 0..<minimum { try append(body, to: &program) }
        guard let maximum else {
            let split = program.instructions.count
            program.instructions.append(.split(split + 1, 0))
            try append(body, to: &program)
            program.instructions.append(.jump(split))
            program.instructions[split] = .split(split + 1, program.instructions.count)
            return
        }
        var splits: [Int] = []
        for _ in minimum..<maximum {
            splits.append(program.instructions.count)
            program.instructions.append(.jump(0))
            try append(body, to: &program)
        }
        for split in splits { program.instructions[split] = .split(split + 1, program.instructions.count) }
    }
}
