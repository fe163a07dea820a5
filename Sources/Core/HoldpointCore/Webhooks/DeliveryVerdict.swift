/// What an attempt at a delivery came to.
package enum DeliveryVerdict: Sendable, Equatable {
    /// The receiver took it: a status from 200 to 299.
    case delivered(status: Int64)
    /// The receiver wants nothing any more: status 410.
    case unwanted
    /// It did not take it, or that is not known.
    ///
    /// - Parameters:
    ///   - status: that of its answer, if there was one.
    ///   - reason: one sentence that holds nothing of the message, of the answer or of the address.
    ///   - pause: for how many milliseconds it asked to be left alone.
    case failed(status: Int64?, reason: String, pause: Int64?)
    /// The event is not there any more: its session was retired.
    case gone
    /// Nothing was tried, for a reason of this node's own; it does not count.
    case postponed

    /// Judges what a performer reported.
    package init(of outcome: HTTPCall.Outcome, at now: Timestamp) {
        switch outcome {
        case .answered(let answer):
            let status = Int64(answer.status)
            switch answer.status {
            case 200..<300: self = .delivered(status: status)
            case 410: self = .unwanted
            default:
                let pause = answer.header("Retry-After").flatMap { RetryAfter.milliseconds($0, at: now) }
                self = .failed(status: status, reason: "the receiver answered \(status)", pause: pause)
            }
        case .notPerformed(let failure), .unknown(let failure):
            switch failure {
            case .overloaded, .notPermitted, .cancelled: self = .postponed
            case .addressRefused, .unreachable, .insecure, .timedOut, .cutOff, .answerTooLarge, .redirectRefused,
                .invalid:
                self = .failed(status: nil, reason: failure.description, pause: nil)
            }
        }
    }
}

/// The `Retry-After` header (RFC 9110 section 10.2.3).
enum RetryAfter {
    /// The pause that is asked for in milliseconds, at most `WebhookLimits.longestPauseMilliseconds`; nil for none.
    static func milliseconds(_ text: String, at now: Timestamp) -> Int64? {
        let longest = WebhookLimits.longestPauseMilliseconds
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            let (product, isOver) = (Int64(text) ?? .max).multipliedReportingOverflow(by: 1_000)
            return isOver ? longest : min(product, longest)
        }
        guard let time = date(text) else { return nil }
        return min(max(0, time.milliseconds - now.milliseconds), longest)
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is still sent.
    private static func date(_ text: String) -> Timestamp? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT",
            let month = months.firstIndex(where: { $0 == words[2] })
        else { return nil }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp("\(words[3])-\(number)-\(words[1])T\(words[4]).000Z")
    }
}
