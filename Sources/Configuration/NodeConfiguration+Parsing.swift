internal import Model

extension NodeConfiguration {
    /// Reads and checks a node's configuration. `hostName` is what an address without a host is advertised as.
    package static func parse(
        _ properties: Properties, hostName: String
    ) throws(InvalidConfiguration) -> NodeConfiguration {
        var draft = Draft(hostName: hostName)
        draft.readSettings(properties)
        draft.readRoles()
        draft.readListeners()
        draft.readQuorum()
        draft.readDirectories()
        draft.checkRelations()
        draft.checkUnserved()
        guard draft.problems.isEmpty else { throw InvalidConfiguration(draft.problems) }
        return NodeConfiguration(draft)
    }

    private init(_ draft: Draft) {
        nodeID = draft.nodeID
        isBroker = draft.isBroker
        isController = draft.isController
        settings = draft.settings
        brokerListeners = draft.listeners.filter { !draft.isControllerListener($0.listener) }
        controllerListeners = draft.listeners.filter { draft.isControllerListener($0.listener) }
        advertisedListeners = draft.advertised.filter { !draft.isControllerListener($0.listener) }
        advertisedControllerListeners = draft.advertised.filter {
            draft.isControllerListener($0.listener)
        }
        interBrokerListener = draft.interBrokerListener
        controllerListenerNames = draft.controllerListenerNames
        staticVoters = draft.voters.sorted { $0.id < $1.id }
        bootstrapServers = draft.bootstrapServers
        logDirectories = draft.logDirectories
        metadataDirectory = draft.metadataDirectory
        warnings = draft.warnings
    }

    /// A configuration in the making: each step reads one subject and notes what is wrong with it.
    struct Draft {
        let hostName: String
        var settings = BrokerSettings()
        var problems: [SettingProblem] = []
        var warnings: [ConfigurationWarning] = []

        var nodeID = BrokerID.none
        var isBroker = false
        var isController = false

        var listeners: [Endpoint] = []
        var advertised: [Endpoint] = []
        var interBrokerListener = ""
        var controllerListenerNames: [String] = []

        var voters: [StaticVoter] = []
        var bootstrapServers: [HostAndPort] = []

        var logDirectories: [String] = []
        var metadataDirectory = ""

        init(hostName: String) { self.hostName = hostName }

        func isControllerListener(_ name: String) -> Bool {
            controllerListenerNames.contains(name)
        }

        mutating func refuse(_ name: String, allowed: String) {
            problems.append(
                SettingProblem(name, value: settings.fromFile[name], allowed: allowed))
        }

        mutating func warn(_ name: String, _ reason: String) {
            warnings.append(ConfigurationWarning(name: name, reason: reason))
        }

        /// Each value alone: known, of its kind, in its range.
        mutating func readSettings(_ properties: Properties) {
            var values: [String: String] = [:]
            for name in properties.keys {
                guard let text = properties[name] else { continue }
                switch Settings.recognize(name) {
                case .known(let setting):
                    do throws(SettingProblem) {
                        values[name] = try setting.check(text)
                    } catch {
                        problems.append(
                            SettingProblem(name, value: error.value, allowed: error.allowed))
                    }
                case .passedThrough: values[name] = text
                case .unknown(let hint):
                    values[name] = text
                    warn(name, "unknown configuration" + (hint.map { ", \($0)" } ?? ""))
                }
            }
            readOldNodeID(&values)
            settings = BrokerSettings(fromFile: values)
        }

        /// `broker.id` is the old name of `node.id`.
        private mutating func readOldNodeID(_ values: inout [String: String]) {
            guard let old = values["broker.id"], old != "-1" else { return }
            if let new = values["node.id"], new != old {
                problems.append(
                    SettingProblem(
                        "broker.id", value: old, allowed: "the same as node.id, \(new), or left out"
                    ))
            }
            if values["node.id"] == nil { values["node.id"] = old }
        }

        mutating func readRoles() {
            let roles = settings.list("process.roles")
            isBroker = roles.contains("broker")
            isController = roles.contains("controller")
            // A value that was given but refused is reported already.
            if settings.fromFile["process.roles"] == nil, !wasRefused("process.roles") {
                refuse("process.roles", allowed: "broker, controller or both")
            }
            if let text = settings.fromFile["node.id"], let id = Int32(text), id >= 0 {
                nodeID = BrokerID(id)
            } else if !wasRefused("node.id") {
                refuse("node.id", allowed: "int, at least 0")
            }
        }

        func wasRefused(_ name: String) -> Bool { problems.contains { $0.name == name } }

        mutating func readDirectories() {
            logDirectories = settings.list("log.dirs")
            if logDirectories.isEmpty || logDirectories.contains("") {
                refuse("log.dirs", allowed: "a list of directories without blank entries")
            }
            metadataDirectory = settings.text("metadata.log.dir") ?? logDirectories.first ?? ""
        }
    }
}
