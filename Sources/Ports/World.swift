/// Everything a node may use of the world. Linux and the simulator each make one per node.
public struct World: Sendable {
    public let fileSystem: any FileSystem
    public let transport: any Transport
    public let entropy: any Entropy
    /// Loops that own connections and partitions, at least one.
    public let dataLoops: [any Loop]
    /// The loop that owns Raft and the controller.
    public let metadataLoop: any Loop

    public init(
        fileSystem: any FileSystem, transport: any Transport, entropy: any Entropy,
        dataLoops: [any Loop], metadataLoop: any Loop
    ) {
        precondition(!dataLoops.isEmpty, "a node needs a loop for its data")
        self.fileSystem = fileSystem
        self.transport = transport
        self.entropy = entropy
        self.dataLoops = dataLoops
        self.metadataLoop = metadataLoop
    }
}
