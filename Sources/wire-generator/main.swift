// wire-generator KIND OUTPUT-DIRECTORY FILE...
//
// Reads .schema files and writes Swift, one file for each and one for what spans them. KIND is
// `messages` (requests and responses), `records`, or `keys` (headers, and the table of API keys of
// all other files). An output that would not change is not touched, so that nothing is compiled
// again for it.

internal import FoundationEssentials
internal import Glibc
internal import WireSchema

/// Ends the run with a line that SwiftPM shows as an error of the build.
func fail(_ text: String) -> Never {
    print(text)
    exit(1)
}

func run() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count >= 3 else {
        fail("usage: wire-generator messages|records|keys OUTPUT-DIRECTORY FILE...")
    }
    let kind = arguments[1]
    let output = arguments[2]
    var files: [SchemaFile] = []
    for path in arguments.dropFirst(2) {
        files.append(
            try SchemaParser.parse(try String(contentsOfFile: path, encoding: .utf8), file: path))
    }
    let errors = SchemaChecker.check(files)
    if !errors.isEmpty { fail(errors.map(\.description).joined(separator: "\n")) }

    var outputs: [(String, String)] = []
    for file in files where kind != "keys" || file.api == nil {
        let name = file.name.split(separator: "/").last?.dropLast(".schema".count) ?? ""
        outputs.append((name + ".swift", SwiftRenderer.messages(of: file)))
    }
    switch kind {
    case "messages":
        outputs.append(("MessageCatalogue.swift", SwiftRenderer.messageCatalogue(files)))
    case "keys": outputs.append(("ApiKey+All.swift", SwiftRenderer.apiKeys(files)))
    case "records":
        outputs.append(("RecordCatalogue.swift", SwiftRenderer.recordCatalogue(files)))
        outputs.append(("MetadataRecord.swift", SwiftRenderer.metadataRecord(files)))
    default: fail("‘\(kind)’ is none of messages, records, keys")
    }
    for (name, text) in outputs {
        let path = output + "/" + name
        if (try? String(contentsOfFile: path, encoding: .utf8)) == text { continue }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
}

do {
    try run()
} catch let error as SchemaError {
    fail(error.description)
}
