extension Settings {
    /// Windows over which quotas are measured.
    static let quotaWindows: [Setting] = [
        .int(
            "alter.log.dirs.replication.quota.window.num", 11, valid: .atLeast(1),
            "Windows over which moves between directories are measured."),
        .int(
            "alter.log.dirs.replication.quota.window.size.seconds", 1, valid: .atLeast(1),
            "Length of such a window."),
        .className("client.quota.callback.class", nil, "Class that decides quotas."),
        .int(
            "controller.quota.window.num", 11, valid: .atLeast(1),
            "Windows over which changes of metadata are measured."),
        .int(
            "controller.quota.window.size.seconds", 1, valid: .atLeast(1),
            "Length of such a window."),
        .int(
            "quota.window.num", 11, valid: .atLeast(1),
            "Windows over which clients' traffic is measured."),
        .int("quota.window.size.seconds", 1, valid: .atLeast(1), "Length of such a window."),
        .int(
            "replication.quota.window.num", 11, valid: .atLeast(1),
            "Windows over which replication traffic is measured."),
        .int(
            "replication.quota.window.size.seconds", 1, valid: .atLeast(1),
            "Length of such a window."),
    ]
}
