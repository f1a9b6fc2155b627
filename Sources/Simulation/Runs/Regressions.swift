/// Seeds that once failed, each with what it found, so that they are played again with every change.
///
/// A change of what seeds draw makes other histories of them. Where a bug could be shown to a mind alone it has a
/// test there too.
package enum Regressions {
    /// In the order in which they were found.
    package static let found: [(seed: UInt64, bug: String)] = [
        (20, "a client slept until its call's deadline once metadata had named no broker")
    ]
}
