import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

extension HTTPReply {
    /// A JSON document, written without a tree in between.
    static func json(
        _ status: Int = 200, headers: HTTPHeaders = [:], _ write: (inout JSONWriter) -> Void
    ) -> HTTPReply {
        var writer = JSONWriter(reserving: 4_096)
        write(&writer)
        var all = headers
        all.add("Content-Type", "application/json")
        // Everything here changes, and most of it is confidential.
        all.add("Cache-Control", "no-store")
        return .response(HTTPResponse(status: status, headers: all, body: writer.bytes))
    }

    /// The items of a page as JSON Lines.
    static func lines<Item>(_ page: Page<Item>, _ write: (Item, inout JSONWriter) -> Void) -> HTTPReply {
        var bytes: [UInt8] = []
        for item in page.items {
            var writer = JSONWriter(reserving: 1_024)
            write(item, &writer)
            bytes += writer.bytes
            bytes.append(UInt8(ascii: "\n"))
        }
        return .response(
            HTTPResponse(
                status: 200, headers: ["Content-Type": "application/jsonl", "Cache-Control": "no-store"], body: bytes))
    }

    /// A page of a list: `{items, next_cursor, has_more}`.
    static func page<Item>(
        _ page: Page<Item>, _ write: (Item, inout JSONWriter) -> Void
    ) -> HTTPReply {
        json { writer in
            writer.beginObject()
            writer.key("items")
            writer.beginArray()
            for item in page.items { write(item, &writer) }
            writer.endArray()
            writer.member("next_cursor", page.nextCursor)
            writer.member("has_more", page.nextCursor != nil)
            writer.endObject()
        }
    }
}
