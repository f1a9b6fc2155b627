internal import Groups
internal import Metadata
internal import Model
internal import Patterns
internal import Ports
internal import Telemetry

/// Patterns are compiled and matched away from the loop.
extension GroupCoordinator {
    /// Runs `body` with what is wrong with a pattern (nil: nothing), if the coordinator still is one then.
    func check(
        _ pattern: String, in group: String, refused: @escaping @Sendable (ErrorCode) -> Void,
        _ body: @escaping @Sendable (GroupCoordinator, PatternError?) -> Void
    ) {
        guard !mind.knows(pattern, in: group) else {
            body(self, nil)
            return
        }
        let image = shard.image
        let home = LoopBound(self, on: shard.loop)
        let loop = shard.loop
        let isTaken = log.inBackground {
            let fault = Self.fault(of: pattern, image)
            loop.post {
                let coordinator = home.take()
                if let refusal = coordinator.refusal {
                    refused(refusal)
                } else {
                    body(coordinator, fault)
                }
            }
        }
        if !isTaken { refused(.coordinatorNotAvailable) }
    }

    private static func fault(of pattern: String, _ image: MetadataImage) -> PatternError? {
        do throws(PatternError) {
            _ = try TopicPattern.compile(pattern).matching(names(in: image))
            return nil
        } catch {
            return error
        }
    }

    /// How long the patterns of a group wait when too much is being worked out already.
    static let retryAfter = Duration.seconds(1)

    /// Matches the patterns of a group with all topics.
    func resolve(_ group: String) {
        // At the end of the turn: the record of the member whose pattern it is may only come behind this effect.
        shard.loop.atEndOfTurn { [weak self] in self?.match(group) }
    }

    private func match(_ group: String) {
        let patterns = mind.patterns(of: group)
        let image = shard.image
        let home = LoopBound(self, on: shard.loop)
        let loop = shard.loop
        let isTaken = log.inBackground {
            let names = Self.names(in: image)
            var found: [(pattern: String, topics: [String])] = []
            var failures: [(pattern: String, error: PatternError)] = []
            for pattern in patterns {
                do throws(PatternError) {
                    found.append((pattern, try TopicPattern.compile(pattern).matching(names)))
                } catch {
                    failures.append((pattern, error))
                }
            }
            let done = (found, failures)
            loop.post { home.take().matched(group, done.0, done.1, image) }
        }
        guard !isTaken else { return }
        shard.loop.arm(at: shard.loop.now + Self.retryAfter) { [weak self] in self?.match(group) }
    }

    private func matched(
        _ group: String, _ found: [(pattern: String, topics: [String])],
        _ failures: [(pattern: String, error: PatternError)], _ image: MetadataImage
    ) {
        for failure in failures {
            shard.node.log.warn(
                "patternNotMatched",
                ["group": group, "pattern": failure.pattern, "cause": "\(failure.error)"])
        }
        handle { mind, now, time in
            mind.resolved(
                group, found, version: image.position.lastOffset.rawValue, now: now, time: time)
        }
    }

    /// What a pattern may match: no internal topic, as with Kafka's clients.
    private static func names(in image: MetadataImage) -> [String] {
        var names: [String] = []
        image.topics.forEach { _, topic in
            if !InternalTopics.contains(topic.name) { names.append(topic.name) }
        }
        return names.sorted()
    }
}
