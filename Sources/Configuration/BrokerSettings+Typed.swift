internal import Model

extension BrokerSettings {
    /// A whole number. Traps for a name that is unset or no number: our own mistake.
    package func int(_ name: String) -> Int {
        guard let value = text(name).flatMap({ Int($0) }) else {
            preconditionFailure("\(name) has no whole number")
        }
        return value
    }

    /// A truth value.
    package func flag(_ name: String) -> Bool {
        guard let value = text(name) else { preconditionFailure("\(name) has no truth value") }
        return value == "true"
    }

    /// A number.
    package func number(_ name: String) -> Double {
        guard let value = text(name).flatMap({ Double($0) }) else {
            preconditionFailure("\(name) has no number")
        }
        return value
    }

    /// The entries of a list, none if unset.
    package func list(_ name: String) -> [String] {
        text(name).map(SettingKind.entries) ?? []
    }

    /// A length of time, from a name that ends in its unit.
    package func duration(_ name: String) -> Duration {
        let count = Int64(int(name))
        if name.hasSuffix(".seconds") || name.hasSuffix(".secs") { return .seconds(count) }
        if name.hasSuffix(".minutes") { return .minutes(count) }
        if name.hasSuffix(".hours") { return .hours(count) }
        precondition(name.hasSuffix(".ms"), "\(name) does not say its unit")
        return .milliseconds(count)
    }

    /// A length of time whose negative values mean "no limit".
    package func limit(_ name: String) -> Duration? {
        int(name) < 0 ? nil : duration(name)
    }
}
