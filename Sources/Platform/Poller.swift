internal import CPlatform

/// An epoll descriptor, the eventfd that wakes it, and who watches what.
///
/// Everything but `wake` belongs to the loop's thread. An event carries slot and generation of its
/// watch, so one that was under way when the watch ended reaches nobody, even if the slot is in use
/// again.
struct Poller: ~Copyable {
    private struct Slot {
        var source: (any EventSource)?
        var generation: UInt32 = 0
    }

    private static let wakeToken = UInt64.max

    private let epoll: OwnedDescriptor
    private let bell: OwnedDescriptor
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var events = [martlet_event](
        repeating: martlet_event(token: 0, events: 0), count: Int(MARTLET_EVENTS_MAX))

    init() throws(Errno) {
        let epoll = try OwnedDescriptor(opening: martlet_epoll_create())
        let bell = try OwnedDescriptor(opening: martlet_eventfd())
        let flags = UInt32(MARTLET_READABLE) | MARTLET_EDGE_TRIGGERED
        try Errno.check(martlet_epoll_add(epoll.raw, bell.raw, flags, Self.wakeToken))
        self.epoll = epoll
        self.bell = bell
    }

    /// The descriptor through which any thread may end a wait.
    var bellDescriptor: Int32 { bell.raw }

    /// Waits; negative nanoseconds wait for ever. Answers with the number of events.
    mutating func wait(nanoseconds: Int64) -> Int {
        let count = unsafe events.withUnsafeMutableBufferPointer { buffer in
            // SAFETY: the kernel writes at most `buffer.count` events.
            unsafe martlet_epoll_wait(
                epoll.raw, buffer.baseAddress, Int32(buffer.count), nanoseconds)
        }
        precondition(count >= 0, "an epoll descriptor that is open can be waited on")
        return Int(count)
    }

    /// Who an event of the last wait is for, and what it says.
    func event(_ index: Int) -> (source: any EventSource, readiness: Readiness)? {
        let token = events[index].token
        guard token != Self.wakeToken else { return nil }
        let slot = Int(token & 0xffff_ffff)
        guard slots[slot].generation == UInt32(token >> 32) else { return nil }
        guard let source = slots[slot].source else { return nil }
        return (source, Readiness(rawValue: events[index].events))
    }

    mutating func watch(
        _ descriptor: Int32, _ events: UInt32, _ source: any EventSource
    ) throws(Errno) -> Watch {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        let watch = Watch(slot: slot, generation: slots[slot].generation)
        do {
            try Errno.check(martlet_epoll_add(epoll.raw, descriptor, events, watch.token))
        } catch {
            freeSlots.append(slot)
            throw error
        }
        slots[slot].source = source
        return watch
    }

    func change(_ watch: Watch, of descriptor: Int32, to events: UInt32) throws(Errno) {
        try Errno.check(martlet_epoll_modify(epoll.raw, descriptor, events, watch.token))
    }

    mutating func unwatch(_ watch: Watch) {
        precondition(slots[watch.slot].generation == watch.generation, "a watch ends once")
        slots[watch.slot].source = nil
        slots[watch.slot].generation &+= 1
        freeSlots.append(watch.slot)
    }

    /// All who watch, each of whom is forgotten.
    mutating func takeSources() -> [any EventSource] {
        let sources = slots.compactMap(\.source)
        for slot in slots.indices where slots[slot].source != nil {
            unwatch(Watch(slot: slot, generation: slots[slot].generation))
        }
        return sources
    }
}
