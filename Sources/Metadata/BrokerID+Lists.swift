internal import Model

extension [BrokerID] {
    /// Brokers from a record's numbers.
    package init(numbers: [Int32]) { self = numbers.map { BrokerID($0) } }

    /// The numbers a record carries.
    package var numbers: [Int32] { map(\.rawValue) }
}
