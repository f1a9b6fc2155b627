/// Topics that brokers keep for themselves.
enum InternalTopics {
    static let offsets = "__consumer_offsets"
    static let transactions = "__transaction_state"
    static let shareState = "__share_group_state"

    static func contains(_ name: String) -> Bool {
        name == offsets || name == transactions || name == shareState
    }
}
