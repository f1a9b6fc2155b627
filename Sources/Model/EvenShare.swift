/// How many things each of several takers may have, so that no two differ by more than one.
package struct EvenShare: Equatable, Sendable {
    private let each: Int
    /// Takers that may still have one more.
    private var extra: Int

    /// - Parameters:
    ///   - total: what is there, what takers have already included.
    ///   - counts: what each taker has already, which may be more than its share.
    /// - Precondition: there is a taker.
    package init(of total: Int, having counts: [Int]) {
        precondition(!counts.isEmpty, "somebody takes")
        let (each, extra) = total.quotientAndRemainder(dividingBy: counts.count)
        self.each = each
        self.extra = max(extra - counts.count { $0 > each }, 0)
    }

    /// Whether a taker that has `count` things may have another; that is then counted.
    package mutating func takes(having count: Int) -> Bool {
        if count < each { return true }
        guard count == each, extra > 0 else { return false }
        extra -= 1
        return true
    }
}
