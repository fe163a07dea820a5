/// A number that a node shows of itself, or a family of them.
package struct Metric: Sendable, Equatable {
    /// What a number means.
    enum Kind: String, Sendable {
        /// It only grows while the process lives.
        case counter
        /// It is what it is at the moment.
        case gauge
    }

    /// One number with its labels; labels must be of a bounded set.
    package struct Sample: Sendable, Equatable {
        let value: Int
        let labels: [(name: String, value: String)]

        package init(_ value: Int, _ labels: [(name: String, value: String)] = []) {
            self.value = value
            self.labels = labels
        }

        package static func == (left: Self, right: Self) -> Bool {
            left.value == right.value
                && left.labels.elementsEqual(right.labels) { $0.name == $1.name && $0.value == $1.value }
        }
    }

    let kind: Kind
    /// Its name, without the suffix that counters get.
    let name: String
    /// One sentence for people.
    let help: String
    let samples: [Sample]

    /// A count of what has happened.
    package init(counter name: String, _ help: String, samples: [Sample]) {
        kind = .counter
        self.name = name
        self.help = help
        self.samples = samples
    }

    /// A count of what has happened.
    package init(counter name: String, _ help: String, _ value: Int) {
        self.init(counter: name, help, samples: [Sample(value)])
    }

    /// How much there is of something at the moment, by its labels.
    package init(gauge name: String, _ help: String, samples: [Sample]) {
        kind = .gauge
        self.name = name
        self.help = help
        self.samples = samples
    }

    /// How much there is of something at the moment.
    package init(gauge name: String, _ help: String, _ value: Int) {
        self.init(gauge: name, help, samples: [Sample(value)])
    }
}

/// The text form of OpenMetrics 1.0.
package enum OpenMetricsText {
    /// Its media type.
    package static let mediaType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    /// The page that shows these metrics; families come in the order in which they are given.
    package static func page(of metrics: [Metric]) -> [UInt8] {
        var text = ""
        for metric in metrics {
            text += "# TYPE \(metric.name) \(metric.kind.rawValue)\n# HELP \(metric.name) \(escaped(metric.help))\n"
            for sample in metric.samples {
                text += metric.name + (metric.kind == .counter ? "_total" : "")
                if !sample.labels.isEmpty {
                    let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value))\"" }
                    text += "{\(labels.joined(separator: ","))}"
                }
                text += " \(sample.value)\n"
            }
        }
        text += "# EOF\n"
        return Array(text.utf8)
    }

    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") || $0 == 0x0A }) else {
            return text
        }
        return text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
