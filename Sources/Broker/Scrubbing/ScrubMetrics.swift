internal import Telemetry

/// What the scrubber of one loop tells.
struct ScrubMetrics {
    private let bytes: Counter
    private let repairs: Counter
    private let segments: Gauge
    private let different: Gauge

    init(registry: Metrics) {
        bytes = registry.counter(Catalogue.scrubbedBytes)
        repairs = registry.counter(Catalogue.repairedSegments)
        segments = registry.gauge(Catalogue.damagedSegments)
        different = registry.gauge(Catalogue.differingSegments)
    }

    func read(_ count: Int) { bytes.add(Int64(count)) }
    func repaired() { repairs.add(1) }
    func damaged(_ count: Int) { segments.set(Int64(count)) }
    func differing(_ count: Int) { different.set(Int64(count)) }
}
