/// How much is retired at once, and how long a policy may wait.
package enum RetentionLimits {
    /// The most days that a policy may ask for: a hundred years.
    package static let days: Int64 = 36_500
    /// Sessions that one transaction retires; a store refuses more.
    package static let sessions = 200
    /// Bytes of events' data at which a transaction takes no further session; its last one may go beyond.
    package static let bytes = 4 << 20
    /// Bytes of a page of an archived log; all but the last have as many.
    package static let pageBytes = 1 << 20
}
