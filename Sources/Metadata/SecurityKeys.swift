/// Who a quota applies to: pairs of entity type and name, the name nil for the default (KIP-546).
package struct QuotaEntity: Hashable, Sendable {
    /// One pair: `user`, `client-id` or `ip`, and whom.
    package struct Part: Hashable, Sendable {
        package let type: String
        package let name: String?

        package init(type: String, name: String?) {
            self.type = type
            self.name = name
        }
    }

    /// Sorted by type.
    package let parts: [Part]

    package init(_ parts: [Part]) { self.parts = parts.sorted { $0.type < $1.type } }
}

extension QuotaEntity: OrderedKey {
    package static func isOrdered(_ a: Self, before b: Self) -> Bool {
        for (x, y) in zip(a.parts, b.parts) where x != y {
            if x.type != y.type { return x.type < y.type }
            // The default comes before every name.
            guard let first = x.name else { return true }
            guard let second = y.name else { return false }
            return first < second
        }
        return a.parts.count < b.parts.count
    }
}

/// A user's credential for one SCRAM mechanism.
package struct ScramKey: Hashable, Sendable {
    package let user: String
    /// 1 is SCRAM-SHA-256, 2 is SCRAM-SHA-512.
    package let mechanism: Int8

    package init(user: String, mechanism: Int8) {
        self.user = user
        self.mechanism = mechanism
    }
}

extension ScramKey: OrderedKey {
    package static func isOrdered(_ a: Self, before b: Self) -> Bool {
        (a.user, a.mechanism) < (b.user, b.mechanism)
    }
}
