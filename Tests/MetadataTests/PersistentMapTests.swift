import Model
import Testing

@testable import Metadata

@Suite("A persistent map")
struct PersistentMapTests {
    @Test func `holds what a dictionary holds, in order, after any changes`() {
        for seed in 0..<20 as Range<UInt64> {
            var chance = PRNG(seed: seed)
            var map = PersistentMap<Int32, Int>()
            var model: [Int32: Int] = [:]
            let range = [10, 100, 3_000][Int(seed % 3)]
            for step in 0..<6_000 {
                let key = Int32(chance.below(range))
                // The second half removes more than it adds, so the tree also shrinks.
                if chance.below(10) < (step < 3_000 ? 7 : 2) {
                    #expect(map.set(step, for: key) == model.updateValue(step, forKey: key))
                } else {
                    #expect(map.remove(key) == model.removeValue(forKey: key))
                }
                if step % 500 == 0 { expectEqual(map, model) }
            }
            expectEqual(map, model)
            for key in model.keys.sorted() { #expect(map.remove(key) == model[key]) }
            #expect(map.isEmpty && map.first == nil && map.last == nil)
        }
    }

    @Test func `grows and shrinks from either end`() {
        var map = PersistentMap<Int32, Int32>()
        for key in 0..<5_000 as Range<Int32> { map[key] = key }
        #expect(map.keys == Array(0..<5_000))
        for key in 0..<4_990 as Range<Int32> { #expect(map.remove(key) == key) }
        #expect(map.keys == Array(4_990..<5_000))
        for key in (0..<4_990 as Range<Int32>).reversed() { map[key] = key }
        for key in (10..<5_000 as Range<Int32>).reversed() { #expect(map.remove(key) == key) }
        #expect(map.keys == Array(0..<10))
    }

    @Test func `leaves its copies as they were`() {
        var chance = PRNG(seed: 5)
        var map = PersistentMap<String, Int>()
        var model: [String: Int] = [:]
        var kept: [(PersistentMap<String, Int>, [String: Int])] = []
        for step in 0..<2_000 {
            let key = "key-\(chance.below(400))"
            if chance.below(3) == 0 {
                map.remove(key)
                model[key] = nil
            } else {
                map[key] = step
                model[key] = step
            }
            if step % 100 == 0 { kept.append((map, model)) }
        }
        for (copy, copied) in kept {
            #expect(copy.count == copied.count)
            for (key, value) in copied { #expect(copy[key] == value) }
        }
    }

    @Test func `changes a value where it lies`() {
        var map: PersistentMap<String, [Int]> = ["a": [1], "b": []]
        let before = map
        #expect(map.modify("a") { $0.append(2) } != nil)
        #expect(map.modify("c") { $0.append(2) } == nil)
        #expect(map["a"] == [1, 2] && before["a"] == [1])
        #expect(map != before)
    }

    @Test func `starts a walk at any key`() {
        var map = PersistentMap<Int32, Int32>()
        for key in stride(from: 0, to: 2_000, by: 2) as StrideTo<Int32> { map[key] = key }
        for start in [-1, 0, 1, 62, 63, 64, 65, 998, 1_999, 5_000] as [Int32] {
            let expected = (0..<1_000 as Range<Int32>).map { $0 * 2 }.filter { $0 >= start }
            #expect(map.entries(from: start).map(\.key) == expected)
        }
    }

    private func expectEqual(_ map: PersistentMap<Int32, Int>, _ model: [Int32: Int]) {
        #expect(map.count == model.count)
        #expect(map.keys == model.keys.sorted())
        for (key, value) in map { #expect(model[key] == value) }
        for key in model.keys { #expect(map[key] == model[key]) }
        #expect(map.last?.key == model.keys.max())
    }
}
