import JSON

/// One call under one policy, with what was looked up of it so far: each place, selection and counter once.
struct PolicyEvaluation {
    private enum Place {
        case unknown
        case missing
        case found(JSONValue)
    }

    private enum Counter {
        case unknown
        case doubtful(String)
        case asked(CounterQuestion)
    }

    let call: PolicyCall
    private let index: PolicyIndex
    private let facts: PolicyFacts
    private var places: [Place]
    private var selections: [Bool?]
    private var counters: [Counter]

    init(_ call: PolicyCall, index: PolicyIndex, facts: PolicyFacts) {
        self.call = call
        self.index = index
        self.facts = facts
        places = Array(repeating: .unknown, count: index.places.count)
        selections = Array(repeating: nil, count: index.selections.count)
        counters = Array(repeating: .unknown, count: index.counters.count)
    }

    /// Whether a rule of that selection is about the call.
    mutating func isAbout(_ selection: Int) -> Bool {
        if let known = selections[selection] { return known }
        let isAbout = index.selections[selection].contains { $0.matches(call) }
        selections[selection] = isAbout
        return isAbout
    }

    /// Judges the value at a place of the arguments.
    mutating func judge(_ place: Int, by test: ValueTest) -> PolicyTruth {
        if case .unknown = places[place] {
            places[place] = index.places[place].resolve(in: call.arguments).map { .found($0) } ?? .missing
        }
        if case .found(let value) = places[place] {
            return test.judge(value, named: index.places[place].description)
        }
        return test.judge(nil, named: index.places[place].description)
    }

    /// Judges by a counter.
    mutating func judge(counter number: Int) -> PolicyTruth {
        let rule = index.counters[number]
        switch asked(number) {
        case .asked(let question):
            guard let earlier = facts[question] else { return .unknown("the counter \(rule.name) cannot be read") }
            return rule.judge(question, earlier: earlier)
        case .doubtful(let reason): return .unknown(reason)
        case .unknown: return .unknown("the counter \(rule.name) cannot be asked")
        }
    }

    /// What is to be asked of a counter; nil where that cannot be told.
    mutating func question(of number: Int) -> CounterQuestion? {
        if case .asked(let question) = asked(number) { question } else { nil }
    }

    private mutating func asked(_ number: Int) -> Counter {
        if case .unknown = counters[number] {
            do {
                counters[number] = .asked(try index.counters[number].question(about: call))
            } catch {
                counters[number] = .doubtful(error.reason)
            }
        }
        return counters[number]
    }
}
