/// Finds what a misspelt word was probably meant to be.
enum NearestName {
    /// The most similar of the names, if it is similar enough to be named.
    static func of(_ word: String, among names: [String]) -> String? {
        let ranked = names.map { (name: $0, distance: distance(Array(word.utf8), Array($0.utf8))) }
        guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
        return best.distance <= max(2, word.utf8.count / 3) ? best.name : nil
    }

    /// A sentence that names it, with a blank before; empty if there is none.
    static func hint(for word: String, among names: [String]) -> String {
        of(word, among: names).map { "; did you mean \($0)?" } ?? ""
    }

    /// How many bytes must be put in, left out or changed (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let changed = diagonal + (byte == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}
