import Model
import Raft
import Testing

/// Written plays: each line that begins with `>` is a command, the lines below it are what the minds did.
@Suite("A scenario")
struct ScenarioTests {
    private static let scenarios: [(name: String, text: [UInt8])] = [
        ("election", PackageResources.election_txt),
        ("split_vote", PackageResources.split_vote_txt),
        ("pre_vote_disturbs_nobody", PackageResources.pre_vote_disturbs_nobody_txt),
        ("check_quorum", PackageResources.check_quorum_txt),
        ("figure_8", PackageResources.figure_8_txt),
        ("divergence", PackageResources.divergence_txt),
        ("resignation", PackageResources.resignation_txt),
        ("restart", PackageResources.restart_txt),
        ("snapshot", PackageResources.snapshot_txt),
        ("observer", PackageResources.observer_txt),
        ("lost_connection", PackageResources.lost_connection_txt),
        ("durability", PackageResources.durability_txt),
        ("single_voter", PackageResources.single_voter_txt),
        ("add_voter", PackageResources.add_voter_txt),
        ("add_voter_refused", PackageResources.add_voter_refused_txt),
        ("remove_voter", PackageResources.remove_voter_txt),
        ("remove_voter_full_disk", PackageResources.remove_voter_full_disk_txt),
        ("remove_leader", PackageResources.remove_leader_txt),
        ("truncated_voters", PackageResources.truncated_voters_txt),
        ("replace_voter", PackageResources.replace_voter_txt),
        ("update_voter", PackageResources.update_voter_txt),
        ("candidate_shuts_down", PackageResources.candidate_shuts_down_txt),
        ("removed_leader_is_needed", PackageResources.removed_leader_is_needed_txt),
        ("join_by_itself", PackageResources.join_by_itself_txt),
        ("upgrade_to_dynamic", PackageResources.upgrade_to_dynamic_txt),
    ]

    @Test(arguments: scenarios.map(\.name))
    func `plays as it is written`(name: String) {
        guard let scenario = Self.scenarios.first(where: { $0.name == name }) else { return }
        let text = String(decoding: scenario.text, as: UTF8.self)
        let played = ToyPlay.run(text)
        #expect(played == text, "\(name) played differently:\n\(played)")
    }
}
