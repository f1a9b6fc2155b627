package import Bytes
package import Model
internal import Ports
internal import ProducerState
internal import Records
internal import Synchronization

/// What is done to a log's sealed segments beside their use: a part at a time, until a segment is ready.
protocol SegmentWork: Sendable {
    mutating func step() throws(LogError) -> CleaningJob.Progress
    /// The segment that is being written.
    var unfinished: CleanedGroup? { get }
    /// Takes what a step wanted of another replica.
    mutating func supply(_ bytes: SharedBytes) throws(LogError)
}

extension SegmentWork {
    mutating func supply(_ bytes: SharedBytes) throws(LogError) {
        preconditionFailure("a compaction wants nothing of other replicas")
    }
}

/// One compaction of one log, or the repair of one of its segments, in steps that each read about a megabyte: a
/// thread that has time does them one after the other, and the log goes on being read and written meanwhile.
///
///     mapping ── newest offset of each key ─▶ filtering ── a group is written ─▶ ready ── adopted ─▶ filtering
///                                                └──────────── no group is left ─▶ done
///
/// Each group of neighbouring segments becomes one segment (`CleanedGroup`), which the log puts in place on its own
/// loop (`PartitionLog.adopt`). A log that is cut or goes away closes the job: then nothing more is swapped.
package final class CleaningJob: Sendable {
    /// What a step came to.
    package enum Progress: Sendable {
        /// Go on; so many bytes were read and written.
        case more(bytes: Int)
        /// A group lies ready for `PartitionLog.adopt`.
        case ready(CleanedGroup, bytes: Int)
        case done(CleaningOutcome)
        /// A repair goes on when it is supplied with another replica's batches from this offset on, up to some
        /// below the other.
        case wants(from: Offset, below: Offset)
        /// The log has closed the job.
        case closed
    }

    private let fileSystem: any FileSystem
    private let state: Mutex<State>

    private struct State {
        var work: any SegmentWork
        var isClosed = false
        /// The group that is offered to the log, or was on the way to it.
        var waiting: CleanedGroup?
    }

    init(_ work: any SegmentWork, on fileSystem: any FileSystem) {
        self.fileSystem = fileSystem
        state = Mutex(State(work: work))
    }

    /// Does the next step. Blocks on the disk. After an error the job is closed, and is to be discarded.
    package func step() throws(LogError) -> Progress {
        let outcome = state.withLock { state -> Result<Progress, LogError> in
            guard !state.isClosed else { return .success(.closed) }
            do throws(LogError) {
                let progress = try state.work.step()
                if case .ready(let group, _) = progress {
                    state.waiting = group
                    try group.offer(on: fileSystem)
                }
                return .success(progress)
            } catch {
                state.isClosed = true
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// What another replica has from the wanted offset on. An error is the other's: the job goes on wanting.
    /// Blocks on the disk.
    package func supply(_ bytes: SharedBytes) throws(LogError) {
        let outcome = state.withLock { state -> Result<Void, LogError> in
            guard !state.isClosed else { return .success(()) }
            do throws(LogError) {
                return .success(try state.work.supply(bytes))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    /// The log begins to put the group in place: from now on nothing takes it back.
    func adopted() { state.withLock { $0.waiting = nil } }

    /// Nothing more is swapped from now on, and what waits to be is removed. Waits for a step that runs.
    func close() throws(LogError) {
        let waiting = state.withLock { state -> CleanedGroup? in
            state.isClosed = true
            defer { state.waiting = nil }
            return state.waiting
        }
        try waiting?.withdraw(on: fileSystem)
    }

    /// Removes what a cleaning that does not go on has written. Blocks on the disk.
    package func discard() throws(LogError) {
        let group = state.withLock { $0.work.unfinished }
        try group?.discard(on: fileSystem)
    }
}

/// What a cleaning did.
package struct CleaningOutcome: Hashable, Sendable {
    /// Everything below was compacted.
    package var cleanedUpTo: Offset
    package var bytesRead = 0
    package var bytesWritten = 0
    package var keys = 0
}
