import Simulation
import Testing

@Suite("The order of seeds")
struct SeedOrderTests {
    @Test func `is the first two hundred if nothing is said`() {
        #expect(SeedOrder([])?.seeds == Array(1...200))
    }

    @Test func `names one seed or a range, and what is shown`() {
        let one = SeedOrder(["17", "--timeline"])
        #expect(one?.seeds == [17])
        #expect(one?.showsTimeline == true)
        #expect(SeedOrder(["7", "--until-failure"])?.endsAtFailure == true)
        #expect(SeedOrder(["7"])?.endsAtFailure == false)
        let many = SeedOrder(["--twice", "3-9"])
        #expect(many?.seeds == Array(3...9))
        #expect(many?.playsTwice == true)
        #expect(many?.playsGroups == false)
        #expect(SeedOrder(["--groups", "4"])?.playsGroups == true)
    }

    @Test func `asks for larger clusters and longer faults`() {
        let order = SeedOrder(["5", "--nodes", "7", "--seconds", "60"])
        #expect(order?.size.nodeCount == 7)
        #expect(order?.size.faultTime == .seconds(60))
        #expect(SeedOrder(["5"])?.size == FaultRun.Size())
    }

    @Test(arguments: [["--nodes"], ["--nodes", "2"], ["--nodes", "x"], ["--seconds", "0"]])
    func `is refused where it asks for what cannot be`(words: [String]) {
        #expect(SeedOrder(words) == nil)
    }

    @Test(arguments: ["x", "9-3", "1-", "-1", "1-2-3", "--later", ""])
    func `is refused where it says nothing sensible`(word: String) {
        #expect(SeedOrder([word]) == nil)
    }

    @Test func `names seeds once`() {
        #expect(SeedOrder(["1", "2"]) == nil)
    }

    @Test func `names all that ever failed by one word`() {
        #expect(SeedOrder(["regressions"])?.seeds == Regressions.found.map(\.seed))
    }
}
