internal import Groups
internal import InternalRecords
internal import Model
internal import Wire

extension GroupHistory {
    /// The last rebalances of a group as a tagged field; none if nobody asked for it.
    static func fields(
        _ rebalances: [Groups.Rebalance], isAsked: Bool
    ) -> [RawTaggedField] {
        guard isAsked else { return [] }
        var history = GroupHistory()
        history.rebalances = rebalances.map { done in
            var shown = GroupHistory.Rebalance()
            shown.cause = done.cause.text
            shown.memberID = done.member
            shown.beganMs = done.began.rawValue
            shown.tookMs = done.took.inMilliseconds
            shown.waitedForMemberID = done.waitedFor
            shown.hasTimedOut = done.hasTimedOut
            shown.generation = done.generation
            shown.members = Int32(clamping: done.members)
            return shown
        }
        do throws(EncodeError) {
            return [try history.field()]
        } catch {
            preconditionFailure("texts of a flexible message have no limit: \(error)")
        }
    }
}
