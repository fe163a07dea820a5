import JSON

/// What several rules of a policy look at, each once: so that an evaluation looks at it once, too.
struct PolicyIndex: Sendable, Equatable {
    /// Places of arguments.
    private(set) var places: [JSONPointer] = []
    /// Which calls rules are about.
    private(set) var selections: [[ToolSelector]] = []
    /// Counters.
    private(set) var counters: [CounterRule] = []

    /// The number of a place.
    mutating func number(of place: JSONPointer) -> Int {
        if let number = places.firstIndex(of: place) { return number }
        places.append(place)
        return places.count - 1
    }

    /// The number of a selection.
    mutating func number(of selection: [ToolSelector]) -> Int {
        if let number = selections.firstIndex(of: selection) { return number }
        selections.append(selection)
        return selections.count - 1
    }

    /// The number of a counter.
    mutating func number(of counter: CounterRule) -> Int {
        if let number = counters.firstIndex(of: counter) { return number }
        counters.append(counter)
        return counters.count - 1
    }
}
