internal import Configuration
internal import InternalRecords
internal import Metadata
package import Model

/// A topic meant by name or by id.
package enum TopicSelector: Hashable, Sendable {
    case name(String)
    case id(TopicID)
}

/// What became of one topic to be deleted; name and id as far as they are known.
package struct TopicDeletion: Sendable {
    package let name: String?
    package let id: TopicID
    package let error: ControllerError?

    package init(name: String?, id: TopicID, error: ControllerError?) {
        self.name = name
        self.id = id
        self.error = error
    }

    /// The same, if success is not known in time: what was refused stays refused with its reason.
    package func overtaken(by error: ControllerError) -> TopicDeletion {
        TopicDeletion(name: name, id: id, error: self.error ?? error)
    }
}

extension Controller {
    /// Deletes topics, each for itself.
    package func deleteTopics(
        _ topics: [TopicSelector]
    ) throws(ControllerError) -> ControllerResult<[TopicDeletion]> {
        guard broker.flag("delete.topic.enable") else {
            throw ControllerError(.topicDeletionDisabled, "Topic deletion is disabled.")
        }
        var draft = draft
        let meant = Occurrences(topics)
        var results: [TopicDeletion] = []
        for reference in topics {
            let isRepeated = meant.isRepeated(reference)
            results.append(delete(reference, isRepeated: isRepeated, in: &draft))
        }
        return ControllerResult(draft.records, results)
    }

    private func delete(
        _ reference: TopicSelector, isRepeated: Bool, in draft: inout Draft
    ) -> TopicDeletion {
        let found: TopicImage?
        let unknown: TopicDeletion
        switch reference {
        case .name(let name):
            found = image.topic(named: name)
            unknown = TopicDeletion(
                name: name, id: .zero, error: ControllerError(.unknownTopicOrPartition))
        case .id(let id):
            found = image.topic(id)
            unknown = TopicDeletion(name: nil, id: id, error: ControllerError(.unknownTopicId))
        }
        guard let found else { return unknown }
        guard !isRepeated, draft.image.topic(found.id) != nil else {
            return TopicDeletion(
                name: found.name, id: found.id,
                error: ControllerError(.invalidRequest, "The topic is named more than once."))
        }
        var record = RemoveTopicRecord()
        record.topicID = found.id.uuid
        draft.append(.removeTopic(record))
        return TopicDeletion(name: found.name, id: found.id, error: nil)
    }
}
