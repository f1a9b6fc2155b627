import Bytes
import Model
import Wire

/// Prints a message as JSON by looking at its stored properties: names and values as the struct has
/// them, untouched by generated code.
enum MirrorDump {
    static func write(_ value: Any, to json: inout JSONWriter) {
        switch value {
        case let value as String: json.string(value)
        case let value as Bool: json.bool(value)
        case let value as Double: json.float64(value)
        case let value as any BinaryInteger: json.integer(Int64(value))
        case let value as ErrorCode: json.integer(value.rawValue)
        case let value as SharedBytes: hex(value, to: &json)
        case let value as UUID:
            var writer = ByteWriter()
            writer.uuid(value)
            hex(writer.finish(), to: &json)
        default: composite(value, to: &json)
        }
    }

    private static func hex(_ bytes: SharedBytes, to json: inout JSONWriter) {
        json.beginObject()
        json.name("hex")
        json.string(bytes.hex)
        json.endObject()
    }

    private static func composite(_ value: Any, to json: inout JSONWriter) {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            if let child = mirror.children.first {
                write(child.value, to: &json)
            } else {
                json.null()
            }
        case .collection:
            json.beginArray()
            for child in mirror.children { write(child.value, to: &json) }
            json.endArray()
        default:
            json.beginObject()
            for child in mirror.children {
                json.name(child.label ?? "?")
                write(child.value, to: &json)
            }
            json.endObject()
        }
    }
}
