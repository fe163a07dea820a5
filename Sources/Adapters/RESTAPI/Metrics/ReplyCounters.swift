import EventLoop
import HTTPServer

/// How many replies each route has given, by the first digit of their status.
final class ReplyCounters: Sendable {
    private let routes: [Route]
    private let counts: Locked<[Int]>

    private static let classes = ["2xx", "3xx", "4xx", "5xx"]

    /// Makes counters for these routes, and for requests that are for none of them.
    init(_ routes: [Route]) {
        self.routes = routes
        counts = Locked(Array(repeating: 0, count: (routes.count + 1) * Self.classes.count))
    }

    /// Counts a reply; nil stands for no route.
    func count(_ route: Int?, status: Int) {
        let place = (route ?? routes.count) * Self.classes.count + min(max(status / 100 - 2, 0), 3)
        counts.withLock { $0[place] += 1 }
    }

    /// The counts that are not zero; the labels are bounded by the routes that there are.
    var metric: Metric {
        let now = counts.withLock { $0 }
        let samples = now.enumerated().filter { $0.element > 0 }.map { place, count in
            let (number, digit) = place.quotientAndRemainder(dividingBy: Self.classes.count)
            let route = number < routes.count ? routes[number] : nil
            return Metric.Sample(
                count,
                [
                    ("method", route?.method.rawValue ?? ""), ("route", route?.template ?? "none"),
                    ("status", Self.classes[digit]),
                ])
        }
        return Metric(
            counter: "holdpoint_replies", "Replies of the API by route and class of status; route none: no such route.",
            samples: samples)
    }
}
