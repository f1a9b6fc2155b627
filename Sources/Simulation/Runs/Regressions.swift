/// Seeds that once failed, each with what it found, so that they are played again with every change.
///
/// A change of what seeds draw makes other histories of them. Where a bug could be shown to a mind alone it has a
/// test there too.
package enum Regressions {
    /// In the order in which they were found.
    package static let found: [(seed: UInt64, bug: String)] = [
        (20, "a client slept until its call's deadline once metadata had named no broker"),
        (45, "a replica whose disk was exchanged while it led last never got its place again"),
        (46, "the same"), (49, "the same"),
        (69, "the checker believed a follower's memory after its power had failed"),
        (97, "the checker missed what a leader committed in the turn in which it stood down"),
        (101, "a broker behind a cut link kept its lease while a reset got it fenced"),
        (130, "the checker did not remember what was on a disk that was taken out"),
        (163, "the checker took a batch with a torn offset for one of the log"),
        (174, "the same, of the quorum"), (177, "a lease outlived a fence, behind a slow link"),
        (99, "a leader committed without an eligible replica, by a minimum of before"),
        (217, "a broker never learned where a controller was that it knew by name at its start"),
        (297, "the checker learned late that a follower need not sync any more"),
        (748, "the checker took for committed in an epoch what is of it and was committed later"),
        (114, "the checker believed what a damaged batch says of its own end"),
        (150, "a damaged batch took the directory offline into which its replica was moved"),
        (
            687,
            "a directory that failed while its broker ran counted as gone, and its log was there twice"
        ),
        (753, "a log believed where a damaged batch claims to end, and trapped when it rolled"),
        (192, "a sync of a directory that had been renamed took a whole disk offline"),
    ]
}
