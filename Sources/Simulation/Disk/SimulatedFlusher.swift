internal import Model
internal import Ports

/// Group commit of one directory in virtual time: one sync at a time, and what is asked for while it runs
/// shares the next. Other work comes after the syncs asked for before it.
final class SimulatedFlusher: Flusher, @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    private struct Request {
        let files: [any File]
        let loop: any Loop
        let completion: @Sendable (FileError?) -> Void
    }

    private let system: SimulatedFileSystem
    private let disk: SimulatedDisk
    private let process: SimulatedProcess
    private let time: VirtualTime
    private var requests: [Request] = []
    private var work: [@Sendable () -> Void] = []
    private var isBusy = false
    private(set) var busySince: Instant?

    init(_ system: SimulatedFileSystem, _ disk: SimulatedDisk, _ process: SimulatedProcess) {
        self.system = system
        self.disk = disk
        self.process = process
        time = disk.time
        process.atEnd { [weak self] in
            self?.requests = []
            self?.work = []
        }
    }

    func sync(
        _ files: [any File], directories: [String], on loop: any Loop,
        completion: @escaping @Sendable (FileError?) -> Void
    ) {
        guard process.isAlive else { return }
        guard directories.isEmpty else {
            perform { [system] in
                do throws(FileError) {
                    for file in files { try file.sync() }
                    for directory in directories { try system.syncDirectory(directory) }
                    loop.post { completion(nil) }
                } catch {
                    let failure = error
                    loop.post { completion(failure) }
                }
            }
            return
        }
        requests.append(Request(files: files, loop: loop, completion: completion))
        begin()
    }

    func perform(_ work: @escaping @Sendable () -> Void) {
        guard process.isAlive else { return }
        self.work.append(work)
        begin()
    }

    private func begin() {
        guard !isBusy else { return }
        isBusy = true
        time.schedule(after: time.lag + time.microseconds(5...50)) { self.turn() }
    }

    private func turn() {
        guard process.mayRun(orLater: { [self] in turn() }) else { return }
        let requests = requests
        self.requests = []
        guard !requests.isEmpty else { return performNext() }
        busySince = time.now
        let marked = requests.map { request in
            (
                request: request,
                files: request.files.map { (file: Self.own($0), mark: Self.own($0).file.mark) }
            )
        }
        time.schedule(after: disk.drawSyncLength()) { self.finish(marked) }
    }

    private typealias Marked = (
        request: Request, files: [(file: SimulatedFile, mark: DiskFile.Mark)]
    )

    private func finish(_ marked: [Marked]) {
        guard process.mayRun(orLater: { [self] in finish(marked) }) else { return }
        // A stall that came while the sync ran holds it too.
        guard disk.stalledUntil <= time.now else {
            time.schedule(at: disk.stalledUntil) { self.finish(marked) }
            return
        }
        busySince = nil
        for (request, files) in marked {
            var failure: FileError?
            for (file, mark) in files where failure == nil {
                do throws(FileError) {
                    try file.finishSync(mark)
                } catch {
                    failure = error
                }
            }
            let outcome = failure
            let completion = request.completion
            request.loop.post { completion(outcome) }
        }
        performNext()
    }

    private func performNext() {
        guard process.isAlive else { return }
        var spent = Duration.zero
        if !work.isEmpty {
            let next = work.removeFirst()
            spent = time.run(as: self, next)
        }
        time.schedule(after: spent + .microseconds(1)) {
            self.isBusy = false
            if !self.requests.isEmpty || !self.work.isEmpty { self.begin() }
        }
    }

    private static func own(_ file: any File) -> SimulatedFile {
        guard let file = file as? SimulatedFile else {
            preconditionFailure("a simulated world has simulated files")
        }
        return file
    }
}
