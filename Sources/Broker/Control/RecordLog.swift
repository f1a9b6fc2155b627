internal import Controller
internal import InternalRecords
internal import Metadata
internal import Model

/// Where the controller's decisions go: the metadata log of the quorum, as its leader appends to it. Used on
/// the metadata loop only.
protocol RecordLog: AnyObject {
    /// The offset the next record will get.
    var logEndOffset: Offset { get }

    /// What the quorum knows and its records do not say.
    var quorumMembership: QuorumMembership { get }

    /// Writes the next level of `kraft.version` and who the voters are; answers the offset of the last record.
    func raiseKRaftVersion(to level: Int16) -> Result<Offset, ControllerError>

    /// Appends records in one go. What is appended here is told as committed later, or never.
    ///
    /// - Parameter versions: those that every node of the cluster reads.
    /// - Returns: the offset of the last record; nil if this node does not lead in `term` or cannot write.
    func append(_ records: [MetadataRecord], versions: RecordVersions, in term: Term) -> Offset?
}
