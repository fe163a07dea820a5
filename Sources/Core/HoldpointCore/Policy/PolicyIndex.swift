import JSON

/// What several rules of a policy look at, each once: so that an evaluation looks at it once, too.
struct PolicyIndex: Sendable {
    /// Places of arguments.
    private(set) var places: [JSONPointer] = []
    /// Which calls rules are about.
    private(set) var selections: [[ToolSelector]] = []
    /// Counters.
    private(set) var counters: [CounterRule] = []
    private var placeNumbers: [JSONPointer: Int] = [:]
    private var counterNumbers: [CounterRule: Int] = [:]

    /// The number of a place.
    mutating func number(of place: JSONPointer) -> Int {
        if let number = placeNumbers[place] { return number }
        placeNumbers[place] = places.count
        places.append(place)
        return places.count - 1
    }

    /// The number of a selection; there are at most as many as rules.
    mutating func number(of selection: [ToolSelector]) -> Int {
        if let number = selections.firstIndex(of: selection) { return number }
        selections.append(selection)
        return selections.count - 1
    }

    /// The number of a counter.
    mutating func number(of counter: CounterRule) -> Int {
        if let number = counterNumbers[counter] { return number }
        counterNumbers[counter] = counters.count
        counters.append(counter)
        return counters.count - 1
    }
}
