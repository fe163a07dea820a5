package import HoldpointCore
package import JSON

/// A request as the API shows it: as it was opened, and what became of it.
package struct RequestView: Sendable, Equatable {
    /// As it was opened.
    package let request: HumanRequest
    /// Whose it is.
    package let session: SessionID
    /// What became of it.
    package let closing: RequestClosing?
    /// What was done about it while it was pending, where that is known and there is anything.
    package let progress: RequestProgress?

    package init(
        request: HumanRequest, session: SessionID, closing: RequestClosing?, progress: RequestProgress? = nil
    ) {
        self.request = request
        self.session = session
        self.closing = closing
        self.progress = progress
    }

    /// Its status.
    package var status: RequestStatus { closing?.status ?? .pending }

    /// Writes the request with `status`, `response`, `responded_by`, `responded_at` and `comment`, and with `progress`.
    package func write(into writer: inout JSONWriter) {
        request.write(into: &writer, closing: closing, progress: progress)
    }
}
