internal import Metadata

/// Names of topics that metrics could not tell apart, as they write `.` as `_`. Made once for a request, and
/// only if one of its names may collide.
struct CollidingNames {
    private var byNormalized: [[UInt8]: String]?

    /// The topic whose name a new one called `name` would collide with.
    mutating func collision(of name: String, in image: MetadataImage) -> String? {
        guard TopicName.mayCollide(name) else { return nil }
        var names = byNormalized ?? [:]
        if byNormalized == nil {
            image.forEachTopic { topic in
                guard TopicName.mayCollide(topic.name) else { return }
                names[TopicName.normalized(topic.name)] = topic.name
            }
        }
        byNormalized = names
        return names[TopicName.normalized(name)]
    }

    /// A topic was made.
    mutating func made(_ name: String) {
        guard TopicName.mayCollide(name) else { return }
        byNormalized?[TopicName.normalized(name)] = name
    }
}
