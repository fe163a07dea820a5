import JSON

extension Approvers {
    /// What `write` writes, as a value.
    var json: JSONValue {
        var object = JSONObject()
        if let accreditation { object["accreditation"] = .string(accreditation.rawValue) }
        if let only = circles.first, circles.count == 1 {
            for (key, value) in only.json { object[key] = value }
        } else if !circles.isEmpty {
            object["all_of"] = .array(circles.map { .object($0.json) })
        }
        object["quorum"] = .integer(quorum)
        object["not_requester"] = .bool(excludesRequester)
        return .object(object)
    }
}

extension Approvers.Circle {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        if !users.isEmpty { object["users"] = .array(users.map { .string($0.text) }) }
        if !groups.isEmpty { object["groups"] = .array(groups.map { .string($0.text) }) }
        return object
    }
}
