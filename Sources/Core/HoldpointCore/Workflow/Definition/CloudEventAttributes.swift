import JSON

/// The attributes of a CloudEvent (1.0, section 3) that are text, of those that a document may set.
enum CloudEventAttributes {
    /// Those without which there is no event.
    private static let required = ["source", "type"]
    private static let optional = ["id", "time", "subject", "datacontenttype", "dataschema"]

    /// The attributes that are missing or no text.
    static func faults(in event: JSONObject) -> [String] {
        required.filter { event[$0]?.stringValue == nil }
            + optional.filter { event.contains($0) && event[$0]?.stringValue == nil }
    }
}
