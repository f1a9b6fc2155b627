package import Model

/// A topic and its partitions.
package struct TopicImage: Equatable, Sendable {
    package let name: String
    package let id: TopicID
    /// By number; numbers are dense from 0 in every topic a controller made.
    package internal(set) var partitions = PersistentMap<Int32, PartitionImage>()

    package init(name: String, id: TopicID) {
        self.name = name
        self.id = id
    }

    /// Number of partitions.
    package var partitionCount: Int { partitions.count }

    /// The partition of that number.
    package func partition(_ number: Int32) -> PartitionImage? { partitions[number] }

    /// Visits all partitions in ascending order. Cheaper than walking `partitions` from another room.
    package func forEachPartition<E: Error>(
        _ body: (Int32, PartitionImage) throws(E) -> Void
    ) throws(E) {
        for (number, partition) in partitions { try body(number, partition) }
    }
}
