internal import Client
internal import Configuration
internal import LogStorage
internal import Model
internal import Platform
internal import Ports

/// Examines a node's configuration on its machine, as a rule before it starts.
struct NodeExamination: Sendable {
    let host: ToolHost
    let path: String

    /// How long another node may take to answer.
    private static let answerLimit = Duration.seconds(1)

    func report() async throws(ToolFailure) -> DoctorReport {
        let properties = try host.properties(ofFile: path)
        let node: NodeConfiguration
        do {
            node = try NodeConfiguration.parse(properties, hostName: HostProcess.hostName)
        } catch {
            let findings = error.problems.map { problem in
                Finding(
                    .error, "configuration", "\(problem.name) keeps the node from starting.",
                    evidence: problem.description, remedy: "it must be \(problem.allowed)")
            }
            return DoctorReport(findings: findings, examined: [("files", 1)])
        }
        var findings = node.warnings.map { warning in
            Finding(
                .warning, "configuration", "\(warning.name) has no effect as it stands.",
                evidence: warning.reason, remedy: "correct it in \(path), or remove it")
        }
        let directories = directories(of: node)
        findings += directories.findings
        findings += NodeDiagnosis.numbers(node)
        findings += NodeDiagnosis.advertised(node)
        findings += limits()
        findings += await ports(of: node, directories.clusterID)
        findings += await quorum(of: node, directories.clusterID)
        return DoctorReport(
            findings: findings,
            examined: [
                ("directories", node.logDirectories.count),
                ("listeners", node.brokerListeners.count + node.controllerListeners.count),
                ("controllers", Self.controllers(of: node).count),
            ])
    }

    // MARK: Directories

    private struct Directories {
        var findings: [Finding] = []
        var clusterID: String?
    }

    private func directories(of node: NodeConfiguration) -> Directories {
        var found = Directories()
        for directory in Set(node.logDirectories + [node.metadataDirectory]).sorted() {
            guard host.fileSystem.exists(directory) else {
                found.findings.append(unformatted(directory, "it does not exist"))
                continue
            }
            examine(directory, node, &found)
        }
        return found
    }

    private func unformatted(_ directory: String, _ evidence: String) -> Finding {
        Finding(
            .error, "directory", "\(directory) is not formatted: the node will not start.",
            evidence: evidence,
            remedy:
                "martlet storage format -t CLUSTER_ID -c \(path) --ignore-formatted, with the id "
                + "that the other nodes have")
    }

    private func examine(
        _ directory: String, _ node: NodeConfiguration, _ found: inout Directories
    ) {
        do throws(LogError) {
            if let properties = try MetaProperties.read(in: directory, on: host.fileSystem) {
                let expected = found.clusterID ?? properties.clusterID
                found.clusterID = expected
                let mismatch = properties.mismatch(
                    clusterID: expected ?? "", nodeID: node.nodeID, in: directory)
                if let mismatch {
                    found.findings.append(
                        Finding(
                            .error, "directory", "\(directory) is another node's or cluster's.",
                            evidence: "\(MetaProperties.fileName) of \(directory)", remedy: mismatch
                        ))
                }
            } else {
                found.findings.append(unformatted(directory, "no \(MetaProperties.fileName) in it"))
            }
        } catch {
            found.findings.append(
                Finding(
                    .error, "directory", "\(directory) cannot be read.", evidence: "\(error)",
                    remedy: "repair the disk, or correct log.dirs"))
        }
        examineSpace(directory, &found)
    }

    private func examineSpace(_ directory: String, _ found: inout Directories) {
        do throws(FileError) {
            let usable = try host.fileSystem.freeBytes(at: directory)
            let total = try host.fileSystem.totalBytes(at: directory)
            if let finding = Diagnosis.scarcity(usable, of: total, at: directory, "this node") {
                found.findings.append(finding)
            }
        } catch {
            found.findings.append(
                Finding(
                    .warning, "disk-space", "It is not known how full a disk is.",
                    evidence: error.description, remedy: "look at \(directory)"))
        }
    }

    // MARK: Limits

    /// Files and connections that a node of some size needs.
    private static let descriptorsWanted = 100_000

    private func limits() -> [Finding] {
        do {
            let limit = try HostProcess.raiseDescriptorLimit()
            guard limit < Self.descriptorsWanted else { return [] }
            return [
                Finding(
                    .warning, "file-limit", "The node may open few files and connections.",
                    evidence: "the hard limit of this process is \(limit)",
                    remedy:
                        "raise it to \(Self.descriptorsWanted) or more: LimitNOFILE= of systemd, "
                        + "ulimit -n -H, or ulimits of the container")
            ]
        } catch {
            return [
                Finding(
                    .warning, "file-limit", "The limit of open files is not known.",
                    evidence: error.reason, remedy: "look at ulimit -n -H")
            ]
        }
    }

    // MARK: Addresses

    /// Whether somebody else answers at the node's own ports.
    private func ports(of node: NodeConfiguration, _ clusterID: String?) async -> [Finding] {
        var findings: [Finding] = []
        for (endpoint, isController) in node.brokerListeners.map({ ($0, false) })
            + node.controllerListeners.map({ ($0, true) })
        {
            guard endpoint.port != 0 else { continue }
            let isWildcard = endpoint.host.isEmpty || endpoint.host == "0.0.0.0"
            let address = ServerAddress(
                host: isWildcard ? "127.0.0.1" : endpoint.host, port: endpoint.port)
            guard let stranger = await stranger(at: address, isController, node, clusterID) else {
                continue
            }
            findings.append(
                Finding(
                    .error, "port", "The port of the listener \(endpoint.listener) is taken.",
                    evidence: "\(address): \(stranger)",
                    remedy: "stop what runs there, or choose another port in listeners"))
        }
        return findings
    }

    /// Who answers at an address, if it is not this node. A controller is told by its cluster only.
    private func stranger(
        at address: ServerAddress, _ isController: Bool, _ node: NodeConfiguration,
        _ clusterID: String?
    ) async -> String? {
        guard case .connected(let found) = await contact(address, asController: isController) else {
            return nil
        }
        guard let found else { return "what answers is no server of Kafka's protocol" }
        guard found == clusterID else { return "a node of cluster \(found) answers" }
        guard !isController else { return nil }
        do {
            let client = ClientConfiguration(bootstrapServers: [address])
            let answer = try await ClusterExamination.probe(address, for: node.nodeID, client, host)
            return answer.isExpected ? nil : "another node of the cluster answers"
        } catch {
            return "it answers, and then fails: \(error.description)"
        }
    }

    static func controllers(of node: NodeConfiguration) -> [(id: BrokerID?, address: ServerAddress)]
    {
        node.staticVoters.map {
            ($0.id, ServerAddress(host: $0.address.host, port: $0.address.port))
        } + node.bootstrapServers.map { (nil, ServerAddress(host: $0.host, port: $0.port)) }
    }

    private enum Contact {
        case connected(clusterID: String?)
        case silent(reason: String)
    }

    private func contact(_ address: ServerAddress, asController: Bool) async -> Contact {
        var client = ClientConfiguration(bootstrapServers: [address])
        client.endpointType = asController ? .controllers : .brokers
        client.operationTimeout = Self.answerLimit
        do {
            let admin = Admin(client, runtime: try host.runtime())
            let contact = await ask(admin, asController: asController)
            await admin.close()
            return contact
        } catch {
            return .silent(reason: "no client can be made")
        }
    }

    private func ask(_ admin: Admin, asController: Bool) async -> Contact {
        do {
            try await admin.reach(within: Self.answerLimit)
        } catch {
            // Who breaks off in the middle of an answer is there too.
            if case .malformedAnswer = error { return .connected(clusterID: nil) }
            return .silent(reason: error.description)
        }
        do {
            return .connected(clusterID: try await admin.describeCluster().clusterID)
        } catch {
            return .connected(clusterID: nil)
        }
    }

    /// Whether the other controllers answer, and are of the cluster that the directories belong to.
    private func quorum(of node: NodeConfiguration, _ clusterID: String?) async -> [Finding] {
        var findings: [Finding] = []
        var silent: [String] = []
        let others = Self.controllers(of: node).filter { $0.id != node.nodeID }
        for (_, address) in others {
            switch await contact(address, asController: true) {
            case .silent(let reason): silent.append("\(address): \(reason)")
            case .connected(let found):
                guard let found, let clusterID, found != clusterID else { continue }
                findings.append(
                    Finding(
                        .error, "other-cluster", "A controller belongs to another cluster.",
                        evidence: "\(address) is of cluster \(found), log.dirs of \(clusterID)",
                        remedy: "correct the addresses of the controllers, or log.dirs"))
            }
        }
        if !silent.isEmpty {
            let isNobody = silent.count == others.count
            findings.append(
                Finding(
                    isNobody ? .warning : .note, "controllers",
                    isNobody
                        ? "No other controller answers from here."
                        : "\(silent.count) of \(others.count) controllers do not answer from here.",
                    evidence: silent.joined(separator: "; "),
                    remedy: "start them, or see that this machine reaches them"))
        }
        return findings
    }
}
