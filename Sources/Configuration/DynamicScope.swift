/// For whom a broker's setting is changed at run time (KIP-226).
package enum DynamicScope: Sendable {
    case clusterDefault
    case broker

    /// The canonical text of a value to be set at run time, or why it is refused: unknown names, names that
    /// only a restart changes, and per-broker names as cluster default.
    ///
    /// With `eligibleLeaderReplicas` on, `min.insync.replicas` is the cluster's or a topic's, never one
    /// broker's (KIP-966): the controller reasons with one value.
    package static func check(
        _ name: String, _ value: String, in scope: DynamicScope,
        eligibleLeaderReplicas: Bool = false
    ) throws(SettingProblem) -> String {
        let setting = try changeable(name, in: scope, eligibleLeaderReplicas)
        return try setting.check(value)
    }

    /// The setting behind `name` if it may be changed, or removed, in `scope` at run time.
    package static func changeable(
        _ name: String, in scope: DynamicScope, _ eligibleLeaderReplicas: Bool = false
    ) throws(SettingProblem) -> Setting {
        guard case .known(let setting) = Settings.recognize(name) else {
            throw SettingProblem(name, value: nil, allowed: "a known broker configuration")
        }
        switch (setting.update, scope) {
        case (.readOnly, _):
            throw SettingProblem(
                name, value: nil, allowed: "set in server.properties: it changes with a restart")
        case (.perBroker, .clusterDefault):
            throw SettingProblem(name, value: nil, allowed: "set for one broker, not for all")
        case (.perBroker, .broker), (.clusterWide, _): break
        }
        if eligibleLeaderReplicas, name == "min.insync.replicas", scope == .broker {
            throw SettingProblem(
                name, value: nil,
                allowed:
                    "set per topic or for the whole cluster while eligible leader replicas are on")
        }
        return setting
    }
}
