// The door of the simulator: `simulate SEED`, `simulate FIRST-LAST`. One line a seed; a seed that breaks a rule shows
// its timeline, and the exit code is 1.

internal import Simulation

let words = CommandLine.arguments.dropFirst()
let bounds = (words.first ?? "1-20").split(separator: "-").compactMap { UInt64($0) }
guard let first = bounds.first, let last = bounds.last, first <= last else {
    print("usage: simulate SEED | FIRST-LAST")
    preconditionFailure("no seeds")
}
var failed = 0
for seed in first...last {
    let run = FaultRun(seed: seed)
    run.play()
    print(run.summary)
    if !run.isFaultless {
        failed += 1
        print(run.report(lines: words.contains("--all") ? 4_000 : 80))
    }
}
print("\(failed) of \(last - first + 1) seeds failed")
