import Model
import Testing

@testable import Tools

@Suite("Formats")
struct FormatTests {
    @Test func `print numbers with a fixed number of digits`() {
        #expect(Format.fixed(1.005, 1) == "1.0")
        #expect(Format.fixed(2.25, 1) == "2.3")
        #expect(Format.fixed(0.05, 2) == "0.05")
        #expect(Format.fixed(-1.5, 0) == "-2")
        #expect(Format.fixed(123_456.789, 6) == "123456.789000")
        #expect(Format.fixed(.nan, 2) == "NaN")
    }

    @Test func `pad columns to the widest cell and end each with a tab`() {
        #expect(Format.tabbed([["a", "bb"], ["ccc", "d"]]) == ["a  \tbb\t", "ccc\td \t"])
    }

    @Test func `print times as the performance tools do`() {
        #expect(TimeText.render(.init(0)) == "1970-01-01 00:00:00:000")
        #expect(TimeText.render(.init(1_795_257_468_931)) == "2026-11-21 10:37:48:931")
        #expect(TimeText.render(.init(951_782_400_007)) == "2000-02-29 00:00:00:007")
    }

    @Test func `find percentiles in fixed memory`() {
        var latency = LatencyHistogram()
        for milliseconds in 1...100 { latency.add(Double(milliseconds)) }
        #expect(latency.percentile(0.5) == 50)
        #expect(latency.percentile(0.99) == 99)
        #expect(latency.average == 50.5)
        latency.add(1e9)
        #expect(latency.percentile(1) == LatencyHistogram.limit)
    }

    @Test func `total a producer's run in one line`() {
        var latency = LatencyHistogram()
        latency.add(2, times: 1_000)
        #expect(
            ProducerLoad.total(latency, 1_048_576, .seconds(2), "records sent")
                == "1000 records sent, 500.000000 records/sec (0.50 MB/sec), 2.00 ms avg latency, "
                + "2.00 ms max latency, 2 ms 50th, 2 ms 95th, 2 ms 99th, 2 ms 99.9th.")
    }
}

@Suite("JSON")
struct JSONValueTests {
    @Test func `is read as a value`() throws {
        let json = try JSONValue(
            parsing: #"{"partitions":[{"topic":"t\u00e4\n","partition":3}],"version":1, "x":null}"#)
        #expect(json["partitions"]?.array?.first?["topic"]?.string == "tä\n")
        #expect(json["partitions"]?.array?.first?["partition"]?.integer == 3)
        #expect(json["x"] == .null)
    }

    @Test(arguments: ["", "{", "[1,]", "{\"a\"}", "nul", "1 2", "\"\\q\"", "\"abc", "{1:2}"])
    func `is refused if it is not`(_ text: String) {
        #expect(throws: JSONValue.ParseError.self) { try JSONValue(parsing: text) }
    }

    @Test func `is refused if it is too deep`() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONValue.ParseError.self) { try JSONValue(parsing: text) }
    }
}
