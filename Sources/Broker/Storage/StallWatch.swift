internal import Model

/// Tells a disk that does not answer from a process that did not run.
///
/// A process that was stopped (SIGSTOP, a paused container, a machine that slept) finds its sync begun long ago
/// when it goes on, though the disk had no chance to say that it was done. So what counts is not how long ago a
/// sync began but for how long this process has watched it: of the time between two looks no more than
/// `gapMax`.
struct StallWatch: Equatable, Sendable {
    /// How long a sync may run while it is watched.
    let limit: Duration
    /// The most that passes between two looks of a process that runs.
    let gapMax: Duration
    /// When the sync that is watched began; nil if none ran at the last look.
    private var watched: Instant?
    private var watchedFor = Duration.zero
    private var lookedAt: Instant?

    init(limit: Duration, gapMax: Duration) {
        self.limit = limit
        self.gapMax = gapMax
    }

    /// A look at the disk, on a timer. True once the sync under way has been watched for longer than `limit`.
    mutating func isOverdue(busySince: Instant?, now: Instant) -> Bool {
        defer { lookedAt = now }
        if watched != busySince {
            watched = busySince
            watchedFor = .zero
        }
        guard let busySince else { return false }
        let watchedSince = max(busySince, lookedAt ?? busySince)
        watchedFor += min(now - watchedSince, gapMax)
        return watchedFor > limit
    }
}
