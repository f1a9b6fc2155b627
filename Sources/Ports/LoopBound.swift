/// A reference that may travel anywhere, to something that only its loop may touch.
///
/// Loops hand each other references in posted work (`this partition's append is done, tell that
/// connection`). The compiler cannot see that the receiver unpacks them on the right loop, so this box
/// checks it at run time, in release too.
@frozen
public struct LoopBound<Value>: @unchecked Sendable {
    // SAFETY: `value` is touched only in `take`, which traps on any other loop than the owner's.
    @usableFromInline let value: Value

    /// The owner.
    public let loop: any Loop

    @inlinable
    public init(_ value: Value, on loop: any Loop) {
        self.value = value
        self.loop = loop
    }

    /// The thing itself. Traps anywhere but on its loop.
    @inlinable
    public func take() -> Value {
        precondition(loop.isCurrent, "what belongs to a loop is touched only there")
        return value
    }

    /// Runs `body` with the thing: at once if this is its loop, else posted there.
    @inlinable
    public func run(_ body: @escaping @Sendable (Value) -> Void) {
        if loop.isCurrent {
            body(value)
        } else {
            post(body)
        }
    }

    /// Runs `body` with the thing, later.
    @inlinable
    public func post(_ body: @escaping @Sendable (Value) -> Void) {
        loop.post { body(take()) }
    }
}
