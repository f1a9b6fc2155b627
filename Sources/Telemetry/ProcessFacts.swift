/// What the operating system says of this process. The door asks, Telemetry shows.
package struct ProcessFacts: Sendable {
    package var cpuSeconds: Double
    package var residentBytes: Int64
    package var openFiles: Int64
    package var openFilesMax: Int64
    /// Seconds since 1970.
    package var startTime: Double

    package init(
        cpuSeconds: Double, residentBytes: Int64, openFiles: Int64, openFilesMax: Int64,
        startTime: Double
    ) {
        self.cpuSeconds = cpuSeconds
        self.residentBytes = residentBytes
        self.openFiles = openFiles
        self.openFilesMax = openFilesMax
        self.startTime = startTime
    }

    /// Under the names that every Prometheus client uses.
    package var samples: [MetricSample] {
        [
            MetricSample(Catalogue.processCPU, [], .real(cpuSeconds)),
            MetricSample(Catalogue.processResidentMemory, [], residentBytes),
            MetricSample(Catalogue.processOpenFiles, [], openFiles),
            MetricSample(Catalogue.processOpenFilesMax, [], openFilesMax),
            MetricSample(Catalogue.processStartTime, [], .real(startTime)),
        ]
    }
}
