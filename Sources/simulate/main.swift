// The door of the simulator: `simulate SEED` or `simulate FIRST-LAST`, `--timeline` to see all that happened. One line
// a seed; one that breaks a rule shows its last events, and the exit code is not 0.

internal import Platform
internal import Simulation

let words = CommandLine.arguments.dropFirst()
let bounds = (words.first ?? "1-20").split(separator: "-").compactMap { UInt64($0) }
guard let first = bounds.first, let last = bounds.last, first <= last else {
    HostProcess.writeError("usage: simulate SEED | FIRST-LAST [--timeline]\n")
    HostProcess.exit(1)
}
var failed = 0
for seed in first...last {
    let run = FaultRun(seed: seed)
    run.play()
    print(run.summary)
    if !run.isFaultless { failed += 1 }
    if words.contains("--timeline") {
        print(run.report(lines: .max))
    } else if !run.isFaultless {
        print(run.report(lines: 80))
    }
}
print("\(failed) of \(last - first + 1) seeds failed")
HostProcess.exit(failed == 0 ? 0 : 1)
