internal import Bytes
package import Model
internal import Ports
package import Wire
internal import WireMessages

/// Asks about the cluster and changes it.
///
/// Each operation is tried again while its failure says nothing about the operation itself (a broken
/// connection, a controller that has just moved), until `operationTimeout` has passed. Operations on several
/// topics or resources answer for each of them.
public final class Admin: Sendable {
    private let driver: LoopBound<ClientDriver>
    let runtime: ClientRuntime
    let configuration: ClientConfiguration

    public init(_ configuration: ClientConfiguration, runtime: ClientRuntime) {
        self.configuration = configuration
        self.runtime = runtime
        driver = LoopBound(
            ClientDriver(configuration, runtime: runtime), on: runtime.loop)
    }

    /// Waits until a server answers. Throws one sentence that names the servers if none does in time.
    package func reach(within limit: Duration) async throws(ClientError) {
        _ = try await ask(ApiVersionsQuestion.request, within: limit)
    }

    /// Closes all connections; what is under way fails.
    public func close() async {
        await withCheckedContinuation { continuation in
            driver.post { driver in
                driver.close()
                continuation.resume()
            }
        }
    }
}

extension Admin {
    /// An answer and who gave it.
    package struct Answer<Message: Sendable>: Sendable {
        package let message: Message
        /// `.none` if it is not known.
        package let node: BrokerID
        package let version: Int16
    }

    /// Asks one question and reads the answer. Broken connections are tried again within `limit`; what the
    /// answer says is the caller's to judge.
    package func ask<Request: RequestMessage>(
        _ request: Request, of destination: Destination = .any,
        versions: ClosedRange<Int16> = Request.validVersions, within limit: Duration? = nil
    ) async throws(ClientError) -> Answer<Request.Response> {
        let outgoing = OutgoingRequest(request, versions: versions)
        let result = await withCheckedContinuation { continuation in
            driver.post { driver in
                driver.call(outgoing, to: destination, within: limit) {
                    continuation.resume(returning: $0)
                }
            }
        }
        let answer = try result.get()
        do {
            var reader = ByteReader(answer.body)
            let message = try Request.Response(from: &reader, version: answer.version)
            return Answer(message: message, node: answer.node, version: answer.version)
        } catch {
            throw .malformedAnswer(api: "\(Request.apiKey)", error)
        }
    }

    /// Runs `attempt` until it succeeds, fails for good or the operation's time is over. An attempt throws a
    /// retriable error to be run again.
    func retrying<R: Sendable>(
        _ operation: String, _ attempt: (_ left: Duration) async throws(ClientError) -> R
    ) async throws(ClientError) -> R {
        let limit = configuration.operationTimeout
        let start = await now()
        let backoff = Backoff(
            first: configuration.retryBackoff, most: configuration.retryBackoffMax)
        var random = PRNG(seed: runtime.entropy.next())
        var failures = 0
        var cause: String?
        while true {
            let left = limit - (await now() - start)
            guard left > .zero else {
                throw .timedOut(operation: operation, limit: limit, cause: cause)
            }
            do {
                return try await attempt(left)
            } catch .timedOut(_, _, let inner) {
                throw .timedOut(operation: operation, limit: limit, cause: inner ?? cause)
            } catch {
                guard error.isRetriable, error.isWorthPausing else { throw error }
                cause = error.description
                failures += 1
                await sleep(for: min(backoff.pause(after: failures, using: &random), left))
            }
        }
    }

    private func now() async -> Instant {
        await withCheckedContinuation { continuation in
            driver.post { continuation.resume(returning: $0.runtime.loop.now) }
        }
    }

    /// The wall clock of the client's loop.
    package func wallTime() async -> Timestamp {
        await withCheckedContinuation { continuation in
            driver.post { continuation.resume(returning: $0.runtime.loop.wallTime) }
        }
    }

    /// Waits on the client's loop: in the simulator, in its time.
    package func sleep(for length: Duration) async {
        await withCheckedContinuation { continuation in
            driver.post { driver in
                let loop = driver.runtime.loop
                loop.arm(at: loop.now + length) { continuation.resume() }
            }
        }
    }
}

extension ErrorCode {
    /// Throws unless this is `none`.
    func check(_ message: String? = nil) throws(ClientError) {
        guard self == .none else { throw .refused(self, message: message) }
    }
}
