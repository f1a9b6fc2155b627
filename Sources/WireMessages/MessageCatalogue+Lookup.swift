public import Wire

extension MessageCatalogue {
    /// The request type of an API; nil for a key that this build does not know.
    public static func request(_ key: ApiKey) -> (any RequestMessage.Type)? { byKey[key] }

    private static let byKey: [ApiKey: any RequestMessage.Type] = {
        var table: [ApiKey: any RequestMessage.Type] = [:]
        for request in requests { table[request.apiKey] = request }
        return table
    }()
}
