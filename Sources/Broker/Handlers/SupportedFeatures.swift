internal import Metadata

/// The features this build knows and the levels it can work at (KIP-584), as clients are told.
enum SupportedFeatures {
    static let all = BootstrapRecords.finalizable
}
