/// The forms of what is stored, counted across releases.
///
/// A release that learns another form of an event, a snapshot, a stored command or an outcome raises the number. Nodes
/// of several releases may share a store, so it writes that form only where the store says that all who share it can
/// read it (`LeaseReport.formats`); what it reads, it reads for ever.
package enum DataFormats {
    /// The number of the latest forms that this release reads.
    package static let number: Int64 = 2
    /// The number from which on verdicts of policies are written.
    package static let policies: Int64 = 2
}
