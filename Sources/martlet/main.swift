// The door: arguments in, wiring, exit code out.

internal import Platform
internal import Tools

if Tools.serverWords(CommandLine.arguments) != nil {
    HostProcess.writeError("server-start is not wired into this build yet\n")
    HostProcess.exit(1)
}
Tools.prepare(CommandLine.arguments)
let code = await Tools.run(CommandLine.arguments, on: .linux())
HostProcess.exit(code)
