internal import Model
internal import Ports

/// What a follower's fetch has left in the partitions of its session when it ended without anything to tell.
///
/// As long as none of the watches has fired, another fetch that brings no news would read every partition and
/// find nothing: it goes on waiting with them instead. So an idle follower costs its leader a request now and
/// then, however many partitions it follows (decision 0036). Now and then all are read nevertheless: a
/// follower counts as caught up when it was last seen to be.
struct StandingWatches {
    let reader: FetchReader
    let watches: [(shard: Int, watch: LoopBound<FetchWatch>)]
    /// When the partitions were read.
    let readAt: Instant

    /// The part of `replica.lag.time.max.ms` for which reading may be left out.
    static let lagShare = 6

    func cancel() {
        for (_, watch) in watches { watch.run { $0.cancel() } }
    }
}
