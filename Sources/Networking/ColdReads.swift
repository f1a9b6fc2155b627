internal import Bytes
internal import Platform
internal import Ports
internal import Synchronization

/// Reads that may wait for a disk. Each device has threads of its own, so that one that stalls
/// holds back only the connections that want something of it. A connection has one read under way
/// at a time, which bounds the line before each pool.
final class ColdReads: Sendable {
    private static let threadsPerDevice = 4

    /// Pools by device; nil for files of another kind.
    private let pools = Mutex<[UInt64?: WorkerPool]>([:])

    /// Runs `read` on a thread of the device's pool and answers there.
    func run(
        device: UInt64?, _ read: @escaping @Sendable () throws(FileError) -> SharedBytes,
        _ answer: @escaping @Sendable (Result<SharedBytes, FileError>) -> Void
    ) {
        let pool = pools.withLock { pools in
            if let pool = pools[device] { return pool }
            let pool = WorkerPool(name: "cold-reads", threadsMax: Self.threadsPerDevice)
            pools[device] = pool
            return pool
        }
        pool.run {
            do throws(FileError) {
                answer(.success(try read()))
            } catch {
                answer(.failure(error))
            }
        }
    }
}
