import Configuration

/// Renders `docs/configuration.md` from the table of settings.
enum ConfigurationPage {
    static let path = "docs/configuration.md"

    static var text: String {
        var page = """
            # Configuration

            Generated from the table in `Sources/Configuration/Table`; a test compares. Values come from, in this
            order: what is set at run time for one broker, what is set at run time for all, `server.properties` (with
            `--override key=value` on the command line), the default. A topic's setting comes before the broker's.

            *update*: `read-only` changes with a restart; `cluster-wide` at run time, for all brokers or for one;
            `per-broker` at run time, for one broker. A setting of Kafka's that Martlet does not serve yet is
            accepted and checked, and has no effect; where that would be dangerous (TLS, SASL, authorizers, tiering)
            the start is refused instead. What differs from Kafka: [differences](differences-from-kafka.md).

            ## Brokers and controllers

            | name | type | default | allowed | update | meaning |
            |---|---|---|---|---|---|

            """
        for setting in Settings.broker where !setting.isInternal {
            page += row(setting, [setting.update.name])
        }
        page += """

            ## Topics

            | name | type | default | allowed | broker's setting | meaning |
            |---|---|---|---|---|---|

            """
        for setting in Settings.topic where !setting.isInternal {
            page += row(setting, [setting.brokerName.map { "`\($0)`" } ?? ""])
        }
        page +=
            "\n## Groups\n\n| name | type | default | allowed | meaning |\n|---|---|---|---|---|\n"
        for setting in Settings.group where !setting.isInternal { page += row(setting, []) }
        page += "\n## Subscriptions to client metrics\n\n"
        page += "| name | type | default | allowed | meaning |\n|---|---|---|---|---|\n"
        for setting in Settings.clientMetrics { page += row(setting, []) }
        return page
    }

    private static func row(_ setting: Setting, _ more: [String]) -> String {
        let standard =
            setting.isRequired
            ? "(required)"
            : setting.defaultText.map { $0.isEmpty ? "(empty)" : "`\($0)`" } ?? "(unset)"
        let cells =
            ["`\(setting.name)`", setting.kind.name, standard, setting.rule.allowed ?? ""] + more
            + [setting.documentation]
        return "| \(cells.joined(separator: " | ")) |\n"
    }
}
