import RedisClient
import Testing

@Suite struct RedisURLTests {
    @Test func `URLs of servers are read`() throws {
        let plain = try RedisConfiguration(url: "redis://example.com")
        #expect(plain.address == .host("example.com", port: 6_379))
        #expect(plain.user == nil && plain.password == nil && plain.database == 0)
        let full = try RedisConfiguration(url: "redis://worker:p%40ss%2Fw%3Aord@10.0.0.1:7000/15")
        #expect(full.address == .host("10.0.0.1", port: 7_000))
        #expect(full.user == "worker" && full.password == "p@ss/w:ord" && full.database == 15)
        let withoutUser = try RedisConfiguration(url: "REDIS://:secret@[::1]:7000/")
        #expect(withoutUser.address == .host("::1", port: 7_000))
        #expect(withoutUser.user == nil && withoutUser.password == "secret" && withoutUser.database == 0)
    }

    @Test func `URLs of sockets are read`() throws {
        let plain = try RedisConfiguration(url: "unix:///run/redis/redis%20server.sock")
        #expect(plain.address == .unixSocket("/run/redis/redis server.sock"))
        let full = try RedisConfiguration(url: "unix://worker:secret@/run/redis.sock?db=2")
        #expect(full.address == .unixSocket("/run/redis.sock"))
        #expect(full.user == "worker" && full.password == "secret" && full.database == 2)
    }

    @Test func `encryption is refused with what to do instead`() {
        let error = #expect(throws: RedisURLError.encryption) {
            try RedisConfiguration(url: "rediss://worker:hunter2@example.com")
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("tunnel"))
    }

    @Test(arguments: [
        ("", RedisURLError.scheme), ("example.com:6379", .scheme), ("redis+sentinel://hunter2@a/b", .scheme),
        ("http://hunter2", .scheme), ("redis://", .malformed(part: "host")),
        ("redis://:hunter2@", .malformed(part: "host")), ("redis://a b", .malformed(part: "host")),
        ("redis://a:0", .malformed(part: "port")), ("redis://a:65536", .malformed(part: "port")),
        ("redis://a:+1", .malformed(part: "port")),
        ("redis://a:", .malformed(part: "port")), ("redis://[::1", .malformed(part: "host")),
        ("redis://[::1]7000", .malformed(part: "port")), ("redis://a/x", .malformed(part: "database")),
        ("redis://a/1/2", .malformed(part: "database")), ("redis://a/0?db=1", .malformed(part: "database")),
        ("redis://a#b", .malformed(part: "host")), ("redis://worker@a", .malformed(part: "password")),
        ("redis://worker:@a", .malformed(part: "password")), ("redis://worker:%4@a", .malformed(part: "password")),
        ("redis://%zz:hunter2@a", .malformed(part: "user")), ("redis://a:hunter2%00@a", .malformed(part: "password")),
        ("unix://host/path", .malformed(part: "path")), ("unix:///", .malformed(part: "path")),
        ("unix://", .malformed(part: "path")), ("unix:///run/redis?database=1", .malformed(part: "query")),
        ("unix:///run/redis?db=-1", .malformed(part: "database")),
    ])
    func `what is no such URL is refused without repeating it`(url: String, expected: RedisURLError) {
        let error = #expect(throws: expected) { try RedisConfiguration(url: url) }
        #expect(!"\(error.map { "\($0)" } ?? "")".contains("hunter2"))
    }

    @Test func `a socket's path that the system would cut is refused`() {
        let long = "unix:///" + String(repeating: "x", count: 120)
        #expect(throws: RedisURLError.malformed(part: "path")) { try RedisConfiguration(url: long) }
    }
}
