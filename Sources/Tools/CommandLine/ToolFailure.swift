internal import Client

/// Why a tool ends with an exit code other than 0.
enum ToolFailure: Error, Sendable {
    /// The command line is wrong: the reason, then the usage, on stderr.
    case usage(String)
    /// What was asked for did not work: one sentence on stderr.
    case failed(String)
    /// Everything has been said already.
    case exit(Int32)

    init(_ error: ClientError) { self = .failed(error.description) }
}

/// Runs `body` and words its failure for the user.
func reporting<R>(
    _ prefix: String = "", _ body: () async throws(ClientError) -> R
) async throws(ToolFailure) -> R {
    do { return try await body() } catch { throw .failed(prefix + error.description) }
}
