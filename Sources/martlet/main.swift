// The door: arguments in, wiring, exit code out.

internal import Platform
internal import Tools

Tools.prepare(CommandLine.arguments)
let host = ToolHost.linux { _ in
    HostProcess.writeError("server-start is not wired into this build yet\n")
    return 1
}
let code = await Tools.run(CommandLine.arguments, on: host)
HostProcess.exit(code)
