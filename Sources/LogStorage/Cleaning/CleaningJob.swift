internal import Bytes
package import Model
internal import Ports
internal import ProducerState
internal import Records
internal import Synchronization

/// One compaction of one log, in steps that each read about a megabyte: a thread that has time does them one
/// after the other, and the log goes on being read and written meanwhile.
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
        /// The log has closed the job.
        case closed
    }

    private let plan: CleaningPlan
    private let fileSystem: any FileSystem
    private let state: Mutex<State>

    private struct State {
        var work: CleaningWork
        var isClosed = false
        /// The group that is offered to the log, or was on the way to it.
        var waiting: CleanedGroup?
    }

    init(_ plan: CleaningPlan, on fileSystem: any FileSystem) {
        self.plan = plan
        self.fileSystem = fileSystem
        state = Mutex(State(work: CleaningWork(plan, on: fileSystem)))
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
