extension HTTPClient {
    /// A whole response.
    package struct Response: Sendable, Equatable {
        package let status: Int
        /// In the order of arrival.
        package let headers: [Header]
        package let body: [UInt8]

        /// The value of the first header with this name, or nil.
        package func header(_ name: String) -> String? {
            headers.first { $0.isNamed(name) }?.value
        }
    }
}
