import Model
import Ports
import Synchronization
import Testing

@testable import Platform

@Suite("A loop of Linux")
struct EpollLoopTests {
    @Test func `runs what many threads post, each thread's in order`() throws {
        let running = try RunningLoop()
        let loop = running.loop
        let threads = 8
        let posts = 5_000
        let seen = Mutex([[Int]](repeating: [], count: threads))
        let done = Inbox<Void>()
        for thread in 0..<threads {
            try SystemThread(name: "poster") {
                for index in 0..<posts {
                    loop.post {
                        seen.withLock { $0[thread].append(index) }
                        if index == posts - 1 { done.put(()) }
                    }
                }
            }.detach()
        }
        _ = try done.take(threads)
        #expect(seen.withLock { $0 } == [[Int]](repeating: Array(0..<posts), count: threads))
    }

    @Test func `wakes for each post when it sleeps`() throws {
        let running = try RunningLoop()
        for index in 0..<2_000 { #expect(try running.run { index } == index) }
    }

    @Test func `knows its own thread`() throws {
        let running = try RunningLoop()
        let loop = running.loop
        #expect(!loop.isCurrent)
        #expect(try running.run { loop.isCurrent })
    }

    @Test func `runs work posted before it starts`() throws {
        let loop = try EpollLoop(name: "late")
        let done = Inbox<Int>()
        loop.post { done.put(1) }
        try loop.start()
        #expect(try done.take() == 1)
        loop.stop()
        loop.join()
    }

    @Test func `fires timers by deadline, equal ones by arming, disarmed ones never`() throws {
        let running = try RunningLoop()
        let loop = running.loop
        let fired = Inbox<Int>()
        loop.post {
            let now = loop.now
            loop.arm(at: now + .milliseconds(30)) { fired.put(4) }
            loop.arm(at: now + .milliseconds(10)) { fired.put(2) }
            loop.arm(at: now + .milliseconds(10)) { fired.put(3) }
            let lost = loop.arm(at: now + .milliseconds(5)) { fired.put(-1) }
            loop.arm(at: now) { fired.put(1) }
            loop.arm(at: .distantFuture) { fired.put(-2) }
            loop.disarm(lost)
            loop.disarm(lost)
        }
        #expect(try fired.take(4) == [1, 2, 3, 4])
    }

    @Test func `never fires early`() throws {
        let running = try RunningLoop()
        let loop = running.loop
        let fired = Inbox<Duration>()
        for length in [1, 300, 1_000, 2_500] {
            loop.post {
                let deadline = SystemClock.monotonic() + .microseconds(length)
                loop.arm(at: deadline) { fired.put(loop.now - deadline) }
            }
        }
        for late in try fired.take(4) { #expect(late >= .zero) }
    }

    @Test func `runs end-of-turn work once, after the letters of the turn`() throws {
        let running = try RunningLoop()
        let loop = running.loop
        let order = Inbox<String>()
        try running.run {
            // Both letters are in the box before the next turn begins.
            loop.post {
                loop.atEndOfTurn {
                    order.put("end")
                    loop.atEndOfTurn { order.put("end of the end") }
                }
                order.put("first")
            }
            loop.post { order.put("second") }
        }
        #expect(try order.take(4) == ["first", "second", "end", "end of the end"])
    }

    @Test func `goes on turning when end-of-turn work asks for itself for ever`() throws {
        let running = try RunningLoop()
        let loop = running.loop
        let rounds = Tally()
        @Sendable func again() {
            rounds.add()
            loop.atEndOfTurn { again() }
        }
        loop.post { loop.atEndOfTurn { again() } }
        for _ in 0..<10 { _ = try running.run { 0 } }
        #expect(rounds.value > 10)
    }

    @Test func `keeps time within a turn`() throws {
        let running = try RunningLoop()
        let loop = running.loop
        let (a, b, wall) = try running.run {
            let a = loop.now
            while SystemClock.monotonic() < a + .milliseconds(1) {}
            return (a, loop.now, loop.wallTime)
        }
        #expect(a == b)
        #expect(wall.rawValue > 1_700_000_000_000)
    }

    @Test func `lets go of everything when it stops`() throws {
        final class Held: Sendable {
            let gone: Inbox<Int>
            let number: Int
            init(_ gone: Inbox<Int>, _ number: Int) { (self.gone, self.number) = (gone, number) }
            deinit { gone.put(number) }
        }
        let gone = Inbox<Int>()
        let loop = try EpollLoop(name: "short")
        try loop.start()
        loop.post {
            let timed = Held(gone, 1)
            loop.arm(at: .distantFuture) { _ = timed.number }
        }
        loop.stop()
        loop.join()
        #expect(try gone.take() == 1)
    }

    @Test func `traps when touched from outside`() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EpollLoop(name: "strict")
            try loop.start()
            loop.arm(at: .zero) {}
        }
    }
}
