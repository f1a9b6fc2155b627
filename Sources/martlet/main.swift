// The door: arguments in, wiring, exit code out. A node runs on its own loops; Swift's executors serve the
// tools only.

internal import Platform
internal import Tools

if let words = Tools.serverWords(CommandLine.arguments) {
    HostProcess.exit(ServerStart.run(words))
}
Tools.prepare(CommandLine.arguments)
let code = await Tools.run(CommandLine.arguments, on: .linux())
HostProcess.exit(code)
