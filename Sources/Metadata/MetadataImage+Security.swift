internal import InternalRecords
internal import Model

/// Access rules, credentials, quotas and tokens. The image keeps the records as they are, so that nothing is
/// lost before the rooms that understand them ask.
extension MetadataImage {
    mutating func applySecurity(_ record: MetadataRecord) -> MetadataChange {
        switch record {
        case .accessControlEntry(let record):
            accessControl[record.id] = record
            return .accessControl
        case .removeAccessControlEntry(let record):
            accessControl.remove(record.id)
            return .accessControl
        case .userScramCredential(let record):
            let key = ScramKey(user: record.name, mechanism: record.mechanism)
            scramCredentials[key] = record
            return .scramCredentials
        case .removeUserScramCredential(let record):
            scramCredentials.remove(ScramKey(user: record.name, mechanism: record.mechanism))
            return .scramCredentials
        case .clientQuota(let record): return apply(record)
        case .delegationToken(let record):
            delegationTokens[record.tokenID] = record
            return .delegationTokens
        case .removeDelegationToken(let record):
            delegationTokens.remove(record.tokenID)
            return .delegationTokens
        default: preconditionFailure("only records of security come here")
        }
    }

    private mutating func apply(_ record: ClientQuotaRecord) -> MetadataChange {
        let entity = QuotaEntity(
            record.entity.map { QuotaEntity.Part(type: $0.entityType, name: $0.entityName) })
        if quotas[entity] == nil { quotas[entity] = [:] }
        let isEmpty = quotas.modify(entity) { limits in
            limits[record.key] = record.remove ? nil : record.value
            return limits.isEmpty
        }
        if isEmpty == true { quotas.remove(entity) }
        return .quotas
    }
}
