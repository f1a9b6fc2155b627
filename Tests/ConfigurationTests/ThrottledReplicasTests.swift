import Configuration
import Testing

@Suite("Throttled replicas")
struct ThrottledReplicasTests {
    @Test(arguments: ["*", "0:1,3:2"])
    func `are all or those in the list`(text: String) {
        let replicas = ThrottledReplicas(text)
        #expect(replicas.contains(partition: 0, broker: 1))
        #expect(replicas.contains(partition: 3, broker: 2))
        #expect(replicas.contains(partition: 3, broker: 1) == (text == "*"))
    }

    @Test(arguments: ["", "none", "0", "a:b", "0:1:2"])
    func `are none where the list is none`(text: String) {
        #expect(!ThrottledReplicas(text).contains(partition: 0, broker: 1))
    }
}
