/// Why a message could not be written at a version. Always our own doing, but one that depends on
/// what the peer negotiated, so it is answered and not trapped.
public enum EncodeError: Error, Hashable, Sendable {
    /// A version this build does not speak.
    case unsupportedVersion(Int16)
    /// A field holds something, and this version has no place for it.
    case fieldNotInVersion(String, Int16)
    /// Null in a field that this version cannot leave out.
    case unexpectedNull(String)
    /// A text of more bytes than a string may have (32,767 in any version).
    case stringTooLong(String, Int)
    /// Bytes or a message longer than its length field can say.
    case tooLarge(Int)
    /// Tagged fields in a version without them.
    case taggedFieldsNotInVersion(Int16)
    /// The same tag twice in one section.
    case duplicateTag(UInt32)
}
