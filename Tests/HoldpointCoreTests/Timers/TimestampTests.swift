import HoldpointCore
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (1_795_217_880_000, "2026-11-20T23:38:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func `known times are written and read`(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text) == Timestamp(milliseconds: milliseconds))
    }

    @Test func `random times read back as themselves`() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<5_000 {
            let time = Timestamp(
                milliseconds: Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &random))
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test(arguments: [
        "", "2026-11-20", "2026-11-20T23:38:00Z", "2026-11-20T23:38:00.0000Z", "2026-11-20T23:38:00.000+00:00",
        "2026-11-31T00:00:00.000Z", "2026-02-29T00:00:00.000Z", "2026-13-01T00:00:00.000Z", "2026-11-20t23:38:00.000Z",
        "2026-11-20T24:00:00.000Z", "2026-11-20T23:60:00.000Z", "2026-11-20T23:38:60.000Z", "+026-11-20T23:38:00.000Z",
        "2026-00-10T00:00:00.000Z", "2026-01-00T00:00:00.000Z",
    ])
    func `no other form is read`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `adding never leaves the times that can be written`() {
        #expect(Sample.start.adding(milliseconds: 1_000) == Timestamp(milliseconds: 1_795_217_881_000))
        #expect(Sample.start.adding(milliseconds: .max) == .distantFuture)
        #expect(Timestamp.distantFuture.adding(milliseconds: 1) == .distantFuture)
        #expect(Sample.start < Sample.start.adding(milliseconds: 1))
    }
}
