internal import Model

extension NodeConfiguration.Draft {
    /// Listeners, their protocols, what is advertised of them, and which serves brokers and controllers.
    mutating func readListeners() {
        controllerListenerNames = settings.list("controller.listener.names").map { $0.uppercased() }
        if controllerListenerNames.isEmpty, !wasRefused("controller.listener.names") {
            refuse("controller.listener.names", allowed: "at least one listener name")
        }
        let protocols = readProtocolMap()
        let addresses = readAddresses("listeners")
        checkNames(addresses)
        checkRoles(addresses)
        listeners = addresses.compactMap { endpoint($0, protocols, of: "listeners") }
        readAdvertised(addresses, protocols)
        readInterBrokerListener()
    }

    /// `listener.security.protocol.map`; a name not in it is, for controllers of a plaintext node, plaintext.
    private mutating func readProtocolMap() -> [String: SecurityProtocol] {
        let setting = "listener.security.protocol.map"
        var map: [String: SecurityProtocol] = [:]
        for entry in settings.list(setting) {
            let parts = entry.split(separator: ":").map { String($0).trimmed }
            guard parts.count == 2,
                let known = SecurityProtocol.allCases.first(where: {
                    $0.name == parts[1].uppercased()
                })
            else {
                refuse(
                    setting,
                    allowed: "NAME:PROTOCOL,… with PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL")
                break
            }
            map[parts[0].uppercased()] = known
        }
        if settings.fromFile[setting] == nil {
            for name in controllerListenerNames where map[name] == nil { map[name] = .plaintext }
        }
        return map
    }

    private mutating func readAddresses(_ setting: String) -> [ListenerAddress] {
        var addresses: [ListenerAddress] = []
        for entry in settings.list(setting) {
            guard let address = ListenerAddress(entry) else {
                refuse(setting, allowed: "NAME://host:port,…, unlike \(entry)")
                continue
            }
            addresses.append(address)
        }
        return addresses
    }

    private mutating func checkNames(_ addresses: [ListenerAddress]) {
        for (index, address) in addresses.enumerated() {
            let earlier = addresses[..<index]
            if earlier.contains(where: { $0.name == address.name }) {
                refuse("listeners", allowed: "without \(address.name) twice")
            }
            // One port may serve an IPv4 and an IPv6 address; port 0 is chosen anew each time.
            let clash = earlier.first {
                $0.port == address.port && address.port != 0
                    && !($0.host.contains(":") != address.host.contains(":")
                        && !$0.host.isEmpty && !address.host.isEmpty)
                    && ($0.host == address.host || HostAndPort(host: $0.host, port: 0).isWildcard
                        || HostAndPort(host: address.host, port: 0).isWildcard)
            }
            if let clash {
                refuse(
                    "listeners",
                    allowed:
                        "without port \(address.port) for both \(clash.name) and \(address.name)")
            }
        }
    }

    /// KR-24: which listeners a role needs and must not have.
    private mutating func checkRoles(_ addresses: [ListenerAddress]) {
        let names = addresses.map(\.name)
        let controllers = names.filter(isControllerListener)
        if isController {
            for name in controllerListenerNames where !names.contains(name) {
                refuse(
                    "listeners",
                    allowed:
                        "with \(name) of controller.listener.names, as this node is a controller")
            }
        } else if let name = controllers.first {
            refuse(
                "listeners",
                allowed:
                    "without \(name) of controller.listener.names, as this node is no controller")
        }
        if isController, !isBroker, let other = names.first(where: { !isControllerListener($0) }) {
            refuse(
                "listeners",
                allowed:
                    "made of controller.listener.names only, without \(other), as this node is "
                    + "no broker")
        }
        if isBroker, controllers.count == names.count {
            refuse(
                "listeners",
                allowed: "with at least one name that is not in controller.listener.names, as this "
                    + "node is a broker")
        }
    }

    private mutating func endpoint(
        _ address: ListenerAddress, _ protocols: [String: SecurityProtocol], of setting: String
    ) -> Endpoint? {
        guard let security = protocols[address.name] else {
            refuse(
                "listener.security.protocol.map",
                allowed: "with a protocol for the listener \(address.name)")
            return nil
        }
        guard security == .plaintext else {
            refuse(
                setting,
                allowed: "of protocol PLAINTEXT: \(security.name), wanted for \(address.name), "
                    + "is not served yet")
            return nil
        }
        return Endpoint(
            listener: address.name, host: address.host, port: address.port,
            securityProtocol: security)
    }

    /// What is not advertised explicitly is advertised as it listens, by this machine's name if need be.
    private mutating func readAdvertised(
        _ addresses: [ListenerAddress], _ protocols: [String: SecurityProtocol]
    ) {
        let setting = "advertised.listeners"
        let isWritten = settings.fromFile[setting] != nil
        let written = isWritten ? readAddresses(setting) : addresses
        for address in written {
            if !addresses.contains(where: { $0.name == address.name }) {
                refuse(setting, allowed: "a subset of listeners, without \(address.name)")
                continue
            }
            let isForController = isControllerListener(address.name)
            if !address.host.isEmpty, HostAndPort(host: address.host, port: 0).isWildcard {
                guard isForController, !isWritten else {
                    refuse(
                        setting,
                        allowed: "a host that others can connect to, which \(address.host) is not")
                    continue
                }
                advertise(address, host: hostName, protocols)
                continue
            }
            advertise(address, host: address.host.isEmpty ? hostName : address.host, protocols)
        }
        // Advertising the broker's listeners leaves the controller's as they listen.
        for address in addresses
        where isControllerListener(address.name)
            && !written.contains(where: { $0.name == address.name })
        {
            let isWildcard = HostAndPort(host: address.host, port: 0).isWildcard
            advertise(address, host: isWildcard ? hostName : address.host, protocols)
        }
    }

    private mutating func advertise(
        _ address: ListenerAddress, host: String, _ protocols: [String: SecurityProtocol]
    ) {
        guard let security = protocols[address.name], security == .plaintext else { return }
        advertised.append(
            Endpoint(
                listener: address.name, host: host, port: address.port, securityProtocol: security))
    }

    private mutating func readInterBrokerListener() {
        let name = "inter.broker.listener.name"
        if settings.fromFile[name] != nil,
            settings.fromFile["security.inter.broker.protocol"] != nil
        {
            refuse(
                "security.inter.broker.protocol", allowed: "left out where \(name) is set")
        }
        let chosen = settings.text(name) ?? settings.text("security.inter.broker.protocol")
        interBrokerListener = (chosen ?? "").uppercased()
        guard isBroker else { return }
        let names = advertised.map(\.listener).filter { !isControllerListener($0) }
        if isControllerListener(interBrokerListener) {
            refuse(name, allowed: "none of controller.listener.names")
        } else if !names.contains(interBrokerListener), !names.isEmpty {
            problems.append(
                SettingProblem(
                    name, value: settings.fromFile[name] ?? interBrokerListener,
                    allowed: "one of the advertised listeners, \(names.joined(separator: ", "))"))
        }
    }
}
