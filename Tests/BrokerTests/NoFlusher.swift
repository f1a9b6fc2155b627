import Model
import Ports

/// The flusher of a directory that nothing is done in.
final class NoFlusher: Flusher {
    let busySince: Instant? = nil

    func sync(
        _ files: [any File], directories: [String], on loop: any Loop,
        completion: @escaping @Sendable (FileError?) -> Void
    ) { preconditionFailure("nothing is synced here") }

    func perform(_ work: @escaping @Sendable () -> Void) {
        preconditionFailure("nothing is left for later here")
    }
}
