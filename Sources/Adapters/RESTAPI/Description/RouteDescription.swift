/// What the description of the API says of a route beyond what its handling needs.
///
/// A class, since routes are passed along with every request and this is not looked at there.
package final class RouteDescription: Sendable {
    /// One line for people.
    let summary: String
    /// The form of its body; nil if it takes none.
    let body: Component?
    /// The query parameters that it knows.
    let query: [QueryParameter]
    /// What it answers when all is well, and documents of its own beside problems.
    let replies: [ReplyForm]
    /// Statuses of refusals beside those that every route of its kind may answer with.
    let refusals: [Int]

    init(
        _ summary: String, body: Component? = nil, query: [QueryParameter] = [], replies: [ReplyForm],
        refusals: [Int] = []
    ) {
        self.summary = summary
        self.body = body
        self.query = query
        self.replies = replies
        self.refusals = refusals
    }
}
