extension Settings {
    /// Windows over which quotas are measured.
    static let quotaWindows: [Setting] = [
        .int(
            "alter.log.dirs.replication.quota.window.num", 11, valid: .atLeast(1),
            "Alter log dirs replication quota window num."),
        .int(
            "alter.log.dirs.replication.quota.window.size.seconds", 1, valid: .atLeast(1),
            "Alter log dirs replication quota window size seconds."),
        .className("client.quota.callback.class", nil, "Client quota callback class."),
        .int("controller.quota.window.num", 11, valid: .atLeast(1), "Controller quota window num."),
        .int(
            "controller.quota.window.size.seconds", 1, valid: .atLeast(1),
            "Controller quota window size seconds."),
        .int("quota.window.num", 11, valid: .atLeast(1), "Quota window num."),
        .int("quota.window.size.seconds", 1, valid: .atLeast(1), "Quota window size seconds."),
        .int(
            "replication.quota.window.num", 11, valid: .atLeast(1), "Replication quota window num."),
        .int(
            "replication.quota.window.size.seconds", 1, valid: .atLeast(1),
            "Replication quota window size seconds."),
    ]
}
