internal import Model
internal import Ports
internal import Telemetry

/// Tells how far the opening of logs at the start is: gauges, `/ready`, and now and then a line. Lives on the metadata
/// loop until there is nothing left.
final class LoadingWatch {
    static let interval = Duration.milliseconds(100)
    /// Looks between two lines for a directory.
    static let looksPerLine = 20

    private let loading: LogLoading
    private let node: Node
    private let log: Log
    private let logs: [Gauge]
    private let segments: [[Gauge]]
    private var looks = 0

    init(_ loading: LogLoading, _ node: Node) {
        self.loading = loading
        self.node = node
        log = node.logging.log("storage")
        logs = loading.progress.map { path, _ in
            node.metrics.gauge(Catalogue.remainingLogs, path)
        }
        segments = loading.progress.map { path, left in
            left.segments.indices.map {
                node.metrics.gauge(Catalogue.remainingSegments, path, "\($0)")
            }
        }
    }

    func start() { look() }

    private func look() {
        let isOver = node.logsLeft == 0
        let progress = loading.progress
        for (index, (path, left)) in progress.enumerated() {
            logs[index].set(Int64(left.logs))
            for (gauge, count) in zip(segments[index], left.segments) { gauge.set(Int64(count)) }
            guard looks % Self.looksPerLine == Self.looksPerLine - 1, !left.isNothing else {
                continue
            }
            log.info(
                "logsLeft",
                [
                    "directory": path, "logs": left.logs,
                    "segmentsUnderWay": left.segments.reduce(0, +),
                ])
        }
        guard !isOver else { return }
        let left = progress.reduce(0) { $0 + $1.left.logs }
        if left > 0 { node.logsLeft = left }
        looks += 1
        let loop = node.world.metadataLoop
        loop.arm(at: loop.now + Self.interval) { self.look() }
    }
}
