internal import Model
internal import Ports
internal import Records

/// After a stop of any kind: which files count, which segments are checked.
extension PartitionLog {
    /// Opens all segments: those below the recovery point, and all after a clean stop, at their
    /// word, the others batch by batch.
    ///
    /// The first damage ends the log: what follows it cannot have been acknowledged as durable, and
    /// an offset must not be skipped.
    ///
    /// Answers where the check began, nil if there was none.
    func openSegments(_ history: LogHistory) throws(LogError) -> Offset? {
        var index = 0
        var checkedFrom: Offset?
        while index < segments.count {
            openingProgress?(segments.count - index)
            let segment = segments[index]
            let next = index + 1 < segments.count ? segments[index + 1].baseOffset : nil
            // Where the recovery point is the segment's end, its indexes were perhaps written after
            // it.
            let isTrusted =
                history.wasCleanShutdown || next.map { $0 < history.recoveryPoint } ?? false
            if isTrusted, try openTrusted(segment, next: next) {
                index += 1
                continue
            }
            let from = history.wasCleanShutdown ? segment.baseOffset : history.recoveryPoint
            opening.wasRecovered = true
            let fileSize = try segment.resume(at: from)
            checkedFrom = checkedFrom ?? segment.nextOffset
            guard
                try recover(
                    segment, upTo: fileSize, next: next,
                    cleaned: history.areGapsBelieved ? Offset(.max) : history.cleanedUpTo)
            else {
                try removeSegments(after: index)
                break
            }
            index += 1
        }
        return checkedFrom
    }

    private func openTrusted(_ segment: Segment, next: Offset?) throws(LogError) -> Bool {
        guard let next else { return try segment.openLast() }
        return try segment.openSealed(nextOffset: next, configuration)
    }

    /// Checks a segment from where it resumed. False if the log ends in it although there are later
    /// segments.
    private func recover(
        _ segment: Segment, upTo fileSize: Int, next: Offset?, cleaned: Offset
    ) throws(LogError) -> Bool {
        if epochs.truncateEnd(at: segment.nextOffset) { flushing.epochsChanged += 1 }
        let checked = try segment.check(upTo: fileSize, configuration) { noteEpoch(of: $0) }
        if checked.cutOff > 0 {
            opening.bytesCutOff += checked.cutOff
            opening.fault = opening.fault ?? checked.fault.map { "\($0)" }
        }
        guard let next else { return true }
        let isGap = segment.nextOffset < next && next > cleaned
        guard checked.cutOff == 0, segment.nextOffset <= next, !isGap else { return false }
        let files = try segment.seal()
        flushing.note(files, upTo: segment.nextOffset)
        segment.nextOffset = next
        return true
    }

    private func removeSegments(after index: Int) throws(LogError) {
        while segments.count - 1 > index {
            try removeFiles(of: active)
            segments.removeLast()
            opening.segmentsRemoved += 1
        }
        try syncDirectory()
    }

    // MARK: Epochs

    /// Takes the epoch file. A missing one belongs to a log that ended before its first checkpoint,
    /// a damaged one is rebuilt: both from the batches.
    func loadEpochs() throws(LogError) {
        do throws(LogError) {
            if let entries = try LeaderEpochFile(in: directory, on: fileSystem).read() {
                epochs = LeaderEpochCache(entries)
            } else {
                mustRebuildEpochs = true
            }
        } catch .corruptFile(let path, _) {
            opening.filesMended.append(path)
            mustRebuildEpochs = true
        } catch {
            throw error
        }
    }

    /// Learns the epochs from all batches' headers, where the file could not tell them.
    func rebuildEpochs() throws(LogError) {
        guard mustRebuildEpochs else { return }
        mustRebuildEpochs = false
        epochs.removeAll()
        for segment in segments where segment.size > 0 {
            var scanner = BatchScanner(
                try segment.file(), from: 0, to: segment.size, window: LogLimit.scanWindow)
            while let header = try scanner.header() {
                noteEpoch(of: header)
                scanner.skip(header)
            }
        }
    }

    // MARK: Leftovers

    /// Deals with what an interrupted change left behind, and answers which segment files count.
    ///
    /// - `.deleted`: was to be removed. `.tmp`: a replacement that was not finished. `.cleaned`: a
    ///   compaction that was not finished.
    /// - `.swap`: a compaction that was finished and not yet put in place. Its segment takes the
    ///   place of those it was made from. With a `.cleaned` at or below it, it is half of one that is
    ///   still to be finished, or was taken back: dropped.
    /// - An index without a log is of no use.
    func sweep(_ names: [String]) throws(LogError) -> Set<SegmentFileName> {
        var files: Set<SegmentFileName> = []
        var (swaps, cleaned): ([SegmentFileName], [SegmentFileName]) = ([], [])
        for name in names {
            if let file = SegmentFileName(name) {
                files.insert(file)
            } else if let swap = Self.leftover(name, ".swap") {
                swaps.append(swap)
            } else if let unfinished = Self.leftover(name, ".cleaned") {
                cleaned.append(unfinished)
            } else if name.hasSuffix(".deleted") || name.hasSuffix(".cleaned")
                || name.hasSuffix(AtomicFile.temporarySuffix)
            {
                try mend(removing: name)
            }
        }
        let lowestCleaned = cleaned.map(\.offset).min() ?? Offset(.max)
        try drop(swaps.filter { $0.offset >= lowestCleaned }, cleaned)
        try complete(swaps.filter { $0.offset < lowestCleaned }, &files)
        let bases = Set(files.filter { $0.kind == .log }.map(\.offset))
        let orphans = files.filter { $0.kind != .producerSnapshot && !bases.contains($0.offset) }
        for orphan in orphans.sorted(by: { $0.description < $1.description }) {
            try mend(removing: orphan.description)
            files.remove(orphan)
        }
        return files
    }

    private static func leftover(_ name: String, _ suffix: String) -> SegmentFileName? {
        name.hasSuffix(suffix) ? SegmentFileName(String(name.dropLast(suffix.count))) : nil
    }

    private func mend(removing name: String) throws(LogError) {
        try removeIfPresent(PathName.join(directory, name))
        opening.filesMended.append(name)
        flushing.directoryChanges += 1
    }

    /// Removes a compaction that was not finished. Its `.cleaned` go last, for what makes a start drop a
    /// `.swap` is that there is one.
    private func drop(
        _ swaps: [SegmentFileName], _ cleaned: [SegmentFileName]
    ) throws(LogError) {
        for swap in swaps { try mend(removing: "\(swap).swap") }
        if !swaps.isEmpty { try syncDirectory() }
        for name in cleaned { try mend(removing: "\(name).cleaned") }
    }

    /// Puts compacted segments in the place of what they were made from: the old files go, then the log
    /// gets its name, then its indexes, each durably before the next.
    private func complete(
        _ swaps: [SegmentFileName], _ files: inout Set<SegmentFileName>
    ) throws(LogError) {
        let logs = swaps.filter { $0.kind == .log }
        for swap in logs {
            let end = try swapEnd(swap)
            let replaced = files.filter {
                $0.kind != .producerSnapshot && $0.offset >= swap.offset && $0.offset < end
            }
            for file in replaced.sorted(by: { $0.description < $1.description }) {
                try mend(removing: file.description)
                files.remove(file)
            }
        }
        if !logs.isEmpty { try syncDirectory() }
        try putInPlace(logs, &files)
        try putInPlace(swaps.filter { $0.kind != .log }, &files)
    }

    private func putInPlace(
        _ swaps: [SegmentFileName], _ files: inout Set<SegmentFileName>
    ) throws(LogError) {
        for swap in swaps {
            let target = PathName.join(directory, swap.description)
            try onDisk { () throws(FileError) in
                try fileSystem.rename(target + ".swap", to: target)
            }
            opening.filesMended.append(swap.description)
            files.insert(swap)
        }
        if !swaps.isEmpty { try syncDirectory() }
    }

    /// The offset after the last batch of a compacted segment.
    private func swapEnd(_ swap: SegmentFileName) throws(LogError) -> Offset {
        let path = PathName.join(directory, swap.description + ".swap")
        let file = try onDisk { () throws(FileError) in try fileSystem.open(path, .read) }
        var scanner = BatchScanner(
            file, from: 0, to: Int(try file.sizeOnDisk()), window: LogLimit.headerWindow)
        var end = swap.offset.next
        while let header = try scanner.header() {
            end = max(end, header.nextOffset)
            scanner.skip(header)
        }
        return end
    }
}
