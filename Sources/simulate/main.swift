// The door of the simulator: which seeds, one line for each. A seed's number is written before it is played, so that
// one which traps or never ends is known; `HostProcess.endAfter` ends it.

internal import Bytes
internal import Platform
internal import Simulation

/// Wall time that one seed may take.
let secondsMax: UInt32 = 120

func say(_ text: String) {
    do { try StandardStreams.write(SharedBytes(utf8: text)) } catch { HostProcess.exit(1) }
}

guard let order = SeedOrder(Array(CommandLine.arguments.dropFirst())) else {
    HostProcess.writeError(SeedOrder.usage + "\n")
    HostProcess.exit(1)
}
var failed: [UInt64] = []
var playedCount = 0
for seed in order.seeds {
    say("seed \(seed): ")
    HostProcess.endAfter(seconds: secondsMax)
    let result = SeedResult.of(seed, order)
    say(result.summary + "\n")
    if !result.details.isEmpty { say(result.details + "\n") }
    playedCount += 1
    if !result.isFaultless { failed.append(seed) }
    if !failed.isEmpty, order.endsAtFailure { break }
}
let names = failed.isEmpty ? "" : ": \(failed.map(String.init).joined(separator: " "))"
say("\(failed.count) of \(playedCount) seeds failed\(names)\n")
HostProcess.exit(failed.isEmpty ? 0 : 1)
