/// Runs programs over one text: all ways at once, each instruction at most once per character.
struct PatternMachine {
    let text: [UInt32]

    /// The instructions that are alive between two characters.
    private struct Threads {
        var alive: [Int] = []
        /// The instructions still to be entered, empty between two entries.
        var waiting: [Int] = []
        private var marks: [Bool]

        init(count: Int) { marks = Array(repeating: false, count: count) }

        mutating func enter(_ instruction: Int) -> Bool {
            guard !marks[instruction] else { return false }
            marks[instruction] = true
            alive.append(instruction)
            return true
        }

        mutating func clear() {
            for instruction in alive { marks[instruction] = false }
            alive.removeAll(keepingCapacity: true)
        }
    }

    /// Whether the program matches from there on, or, if searching, from there or any later place.
    ///
    /// The answer means nothing once no steps are left.
    func run(_ program: PatternProgram, from start: Int, searching: Bool, steps: inout Int) -> Bool {
        var current = Threads(count: program.instructions.count)
        var next = Threads(count: program.instructions.count)
        var position = start
        steps -= program.instructions.count / 8
        if enter(0, of: program, at: position, into: &current, steps: &steps) { return true }
        while let scalar = scalar(at: position, program.isBackward) {
            let following = program.isBackward ? position - 1 : position + 1
            for instruction in current.alive {
                guard consumes(program.instructions[instruction], scalar, &steps) else { continue }
                if enter(instruction + 1, of: program, at: following, into: &next, steps: &steps) { return true }
            }
            position = following
            if searching, enter(0, of: program, at: position, into: &next, steps: &steps) { return true }
            if next.alive.isEmpty && !searching || steps <= 0 { return false }
            swap(&current, &next)
            next.clear()
        }
        return false
    }

    private func scalar(at position: Int, _ isBackward: Bool) -> UInt32? {
        let index = isBackward ? position - 1 : position
        return text.indices.contains(index) ? text[index] : nil
    }

    private func consumes(
        _ instruction: PatternProgram.Instruction, _ scalar: UInt32, _ steps: inout Int
    ) -> Bool {
        switch instruction {
        case .scalar(let expected):
            steps -= 1
            return scalar == expected
        case .set(let set):
            steps -= set.cost
            return set.contains(scalar)
        case .assertion, .look, .jump, .split, .accept:
            return false
        }
    }

    /// Makes an instruction alive, with all that is reached from it without reading; returns whether that is the end.
    private func enter(
        _ instruction: Int, of program: PatternProgram, at position: Int, into threads: inout Threads,
        steps: inout Int
    ) -> Bool {
        threads.waiting.append(instruction)
        while let instruction = threads.waiting.popLast(), steps > 0 {
            guard threads.enter(instruction) else { continue }
            steps -= 1
            switch program.instructions[instruction] {
            case .accept:
                return true
            case .jump(let target):
                threads.waiting.append(target)
            case .split(let first, let second):
                threads.waiting.append(second)
                threads.waiting.append(first)
            case .assertion(let assertion):
                if holds(assertion, at: position) { threads.waiting.append(instruction + 1) }
            case .look(let index, let look):
                let matches = run(program.looks[index], from: position, searching: false, steps: &steps)
                if matches != look.isNegative { threads.waiting.append(instruction + 1) }
            case .scalar, .set:
                break
            }
        }
        return false
    }

    private func holds(_ assertion: PatternAssertion, at position: Int) -> Bool {
        switch assertion {
        case .start: position == 0
        case .end: position == text.count
        case .wordBoundary: isBoundary(position)
        case .noWordBoundary: !isBoundary(position)
        }
    }

    private func isBoundary(_ position: Int) -> Bool {
        isWord(position - 1) != isWord(position)
    }

    private func isWord(_ index: Int) -> Bool {
        text.indices.contains(index) && ScalarSet.word.contains(text[index])
    }
}
