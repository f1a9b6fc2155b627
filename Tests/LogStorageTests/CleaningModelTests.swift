import Bytes
import Compression
import Model
import Ports
import ProducerState
import Records
import TestSupport
import Testing

@testable import LogStorage

/// Compaction under random operations and crashes: nothing that is the newest of its key is lost, nothing else
/// comes back, and offsets stay.
@Suite("A compacted log against a dictionary")
struct CleaningModelTests {
    struct World {
        var test: TestLog
        var random: PRNG
        /// Everything ever written and not lost, by offset.
        var written: [KeyValue] = []
        var value = 0

        mutating func step() throws {
            switch random.below(20) {
            case 0..<9: try append()
            case 9..<11: try test.log.roll(now: 1000)
            case 11..<13:
                try test.checkpoint()
                test.log.recoveryPointWritten(test.log.recoveryPoint)
            case 13..<17: try clean()
            case 17: try crash(keepEverything: true)
            case 18: try crash(keepEverything: false)
            default:
                try test.stopAndStart()
                test.log.recoveryPointWritten(test.log.recoveryPoint)
            }
            try check()
        }

        private mutating func append() throws {
            let count = 1 + random.below(4)
            let records = (0..<count).map { _ -> (String, String?) in
                value += 1
                return ("k\(random.below(6))", "\(value)")
            }
            for (index, (key, value)) in records.enumerated() {
                written.append(
                    KeyValue(
                        offset: test.log.logEndOffset + Int64(index), key: key, value: value))
            }
            try test.append(records)
        }

        /// A compaction, which may be left in the middle.
        private mutating func clean() throws {
            var rules = CleaningRules()
            rules.ratioMin = 0
            guard !test.log.isCleaning, let need = try test.need(rules, at: 2000) else { return }
            let job = try test.log.beginCleaning(need, rules, means(), now: 2000)
            for _ in 0..<random.below(20) {
                switch try job.step() {
                case .more, .closed, .wants: continue
                case .ready(let group, _):
                    if random.below(5) == 0 { return }
                    let removal = try test.log.adopt(group, of: job, now: 2000)
                    if random.below(2) == 0 { try removal?.perform(on: test.system) }
                case .done(let outcome):
                    test.log.cleaningEnded(job, outcome)
                    test.saved.cleanedUpTo = test.log.cleanedUpTo
                    return
                }
            }
            if random.below(2) == 0 {
                try test.log.cleaningFailed(job)
                try job.discard()
            }
        }

        private mutating func crash(keepEverything: Bool) throws {
            let durable = keepEverything ? test.log.logEndOffset : test.log.durableOffset
            try test.crashAndStart(keepEverything: keepEverything)
            test.log.recoveryPointWritten(test.saved.recoveryPoint)
            #expect(test.log.logEndOffset >= durable)
            written.removeAll { $0.offset >= test.log.logEndOffset }
        }

        private func check() throws {
            let found = try test.contents()
            var newest: [String: KeyValue] = [:]
            for record in written { newest[record.key] = record }
            for record in newest.values { #expect(found.contains(record)) }
            #expect(found.allSatisfy { written.contains($0) })
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.offset < $1.offset })
        }
    }

    @Test(arguments: 0..<40)
    func `loses no newest record`(seed: Int) throws {
        var configuration = LogConfiguration()
        configuration.segmentBytes = 600
        configuration.indexIntervalBytes = 100
        var world = World(
            test: try TestLog(seed: UInt64(seed), configuration),
            random: PRNG(seed: UInt64(seed) + 77))
        world.test.system.nameOrder = .kept
        for _ in 0..<120 { try world.step() }
    }
}

/// A process that dies, or a machine that loses its power, at each change of the disk that a compaction makes.
@Suite("A compaction that is interrupted")
struct CleaningCrashTests {
    /// What a reader of committed records finds of each key.
    private func newest(_ test: TestLog) throws -> [String: String?] {
        let aborted = try test.log.abortedTransactions(
            from: .zero, to: test.log.logEndOffset)
        var found: [String: String?] = [:]
        for record in try test.contents() {
            let isAborted = aborted.contains {
                $0.producerID == 2 && $0.firstOffset <= record.offset
                    && record.offset <= $0.lastOffset && record.key.hasPrefix("aborted")
            }
            if !isAborted { found[record.key] = record.value }
        }
        return found
    }

    /// Three segments that become one, with transactions of two producers.
    private func written(
        seed: UInt64, _ order: MemoryFileSystem.NameOrder = .kept
    ) throws -> TestLog {
        var configuration = LogConfiguration()
        configuration.indexIntervalBytes = 100
        var test = try TestLog(seed: seed, configuration)
        test.system.nameOrder = order
        for turn in 0..<3 as Range<Int32> {
            let value = "\(turn)"
            for part in 0..<4 {
                try test.append([("a\(part)", value), ("b\(turn)-\(part)", value)])
            }
            try test.append(
                [("committed", value)], producer: 1, sequence: turn, transactional: true)
            try test.append(
                [("aborted", value)], producer: 2, sequence: turn, transactional: true)
            try test.end(1, isCommit: true)
            try test.end(2, isCommit: false)
            try test.log.roll(now: 1000)
        }
        try test.close()
        return test
    }

    /// Whether the compaction came to its end before the step at which it should die.
    private func isCleaned(_ test: inout TestLog, dyingAfter steps: Int) throws -> Bool {
        test.system.stepsUntilDeath = steps
        do {
            try test.clean()
            return test.system.stepsUntilDeath > 0
        } catch {
            guard Self.isDeath(error) else { throw error }
            return false
        }
    }

    private static func isDeath(_ error: any Error) -> Bool {
        if case LogError.file = error { return true }
        return error is FileError
    }

    @Test(arguments: 0..<6)
    func `leaves the old segments or the new one`(seed: Int) throws {
        var whole = try written(seed: 1)
        let expected = try newest(whole)
        let before = try whole.log.abortedTransactions(from: .zero, to: 1000)
        try whole.clean()
        let after = try whole.log.abortedTransactions(from: .zero, to: 1000)
        #expect(try newest(whole) == expected)
        #expect(before.count == 3)
        var steps = 0
        var isDone = false
        while !isDone {
            var test = try written(seed: UInt64(seed * 1000 + steps))
            isDone = try isCleaned(&test, dyingAfter: steps)
            for _ in 0..<2 {
                try test.crashAndStart(keepEverything: seed == 0)
                #expect(try newest(test) == expected, "after \(steps) steps")
                let aborted = try test.log.abortedTransactions(from: .zero, to: 1000)
                #expect(aborted == before || aborted == after, "after \(steps) steps")
                #expect(test.log.logEndOffset == whole.log.logEndOffset)
            }
            let names = test.system.names(TestLog.directory)
            #expect(names.allSatisfy { !$0.hasSuffix(".cleaned") && !$0.hasSuffix(".swap") })
            steps += 1
        }
        #expect(steps > 20)
    }

    @Test(arguments: 0..<3)
    func `is dropped whole, whenever the start that drops it dies itself`(seed: Int) throws {
        let expected = try newest(written(seed: 1))
        for steps in stride(from: seed % 3, to: 60, by: 3) {
            for again in 0..<12 {
                let number = UInt64(seed * 10_000 + steps * 100 + again)
                var test = try written(seed: number)
                _ = try isCleaned(&test, dyingAfter: steps)
                test.system.crash(keepEverything: number % 2 == 0)
                test.system.stepsUntilDeath = again
                do {
                    _ = try TestLog.open(test.system, test.configuration, test.saved)
                } catch {
                    guard Self.isDeath(error) else { throw error }
                }
                try test.crashAndStart()
                #expect(try newest(test) == expected, "after \(steps) and \(again) steps")
            }
        }
    }

    /// Up to here nothing relies on the order in which names reach the disk.
    @Test(arguments: 0..<10)
    func
        `leaves the old segments or the new one's, whichever names are lost, until they are exchanged`(
            seed: Int
        ) throws
    {
        let expected = try newest(written(seed: 1))
        for steps in 0..<40 {
            var test = try written(seed: UInt64(seed * 100 + steps), .any)
            let need = try #require(try test.need(at: 2000))
            let job = try test.log.beginCleaning(need, CleaningRules(), means(), now: 2000)
            test.system.stepsUntilDeath = steps
            do {
                while true {
                    if case .ready = try job.step() { break }
                }
                try test.log.cleaningFailed(job)
            } catch {
                guard Self.isDeath(error) else { throw error }
            }
            try test.crashAndStart()
            #expect(try newest(test) == expected, "after \(steps) steps")
        }
    }

    @Test(arguments: 0..<6)
    func `never comes back after the log was cut`(seed: Int) throws {
        for steps in 0..<24 {
            var test = try written(seed: UInt64(seed * 100 + steps), .any)
            let need = try #require(try test.need(at: 2000))
            let job = try test.log.beginCleaning(need, CleaningRules(), means(), now: 2000)
            while true {
                if case .ready = try job.step() { break }
            }
            test.system.stepsUntilDeath = steps
            let cut = Offset(5)
            do {
                try test.log.truncate(to: cut, now: 2000)
                test.saved.recoveryPoint = test.log.recoveryPoint
                try test.append([("new", "1")])
                try test.checkpoint()
            } catch {
                guard Self.isDeath(error) else { throw error }
            }
            let isCut = test.log.logEndOffset < 8 && test.system.stepsUntilDeath > 0
            try test.crashAndStart(keepEverything: steps % 2 == 0)
            let offsets = try test.contents().map(\.offset)
            #expect(zip(offsets, offsets.dropFirst()).allSatisfy { $0 < $1 })
            if isCut { #expect(try test.contents().map(\.key).suffix(1) == ["new"]) }
        }
    }
}
