import Ports

@testable import Platform

/// A directory of one test, removed with it.
final class TemporaryDirectory {
    let path: String
    let files = LinuxFileSystem()

    init() {
        path = Kernel.makeTemporaryDirectory()
    }

    deinit { try? files.removeTree(path) }

    func path(_ name: String) -> String { "\(path)/\(name)" }
}
