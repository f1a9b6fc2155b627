extension Settings {
    /// TLS, SASL and tokens.
    static let security: [Setting] = [
        .long(
            "connections.max.reauth.ms", 0,
            "SASL clients authenticate anew after so long; 0 for never."),
        .long(
            "delegation.token.expiry.check.interval.ms", 3_600_000, valid: .atLeast(1),
            "How often expired delegation tokens are looked for."),
        .long(
            "delegation.token.expiry.time.ms", 86_400_000, valid: .atLeast(1),
            "Life of a delegation token without renewal."),
        .long(
            "delegation.token.max.lifetime.ms", 604_800_000, valid: .atLeast(1),
            "Longest life of a delegation token with renewals."),
        .password(
            "delegation.token.secret.key", nil,
            "Key that signs delegation tokens; they are offered where it is set."),
        .className(
            "principal.builder.class",
            "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder",
            update: .perBroker,
            "Class that makes a principal of a connection."),
        .className(
            "sasl.client.callback.handler.class", nil,
            "Class that answers a SASL client's questions."),
        .list(
            "sasl.enabled.mechanisms", "GSSAPI", update: .perBroker,
            "SASL mechanisms that are offered; with a listener's prefix, by that listener."),
        .password(
            "sasl.jaas.config", nil, update: .perBroker,
            "Login module and its options for a mechanism."),
        .string("sasl.kerberos.kinit.cmd", "/usr/bin/kinit", update: .perBroker, "Path of kinit."),
        .long(
            "sasl.kerberos.min.time.before.relogin", 60_000, update: .perBroker,
            "Least milliseconds between two Kerberos logins."),
        .list(
            "sasl.kerberos.principal.to.local.rules", "DEFAULT", update: .perBroker,
            "How a Kerberos principal becomes a user."),
        .string(
            "sasl.kerberos.service.name", nil, update: .perBroker, "Kerberos name of the brokers."),
        .double(
            "sasl.kerberos.ticket.renew.jitter", 0.05, update: .perBroker,
            "Random part of a ticket's renewal time."),
        .double(
            "sasl.kerberos.ticket.renew.window.factor", 0.8, update: .perBroker,
            "Share of a ticket's life after which it is renewed."),
        .className(
            "sasl.login.callback.handler.class", nil, "Class that answers a login's questions."),
        .className("sasl.login.class", nil, "Class that logs in."),
        .int(
            "sasl.login.connect.timeout.ms", nil,
            "Time allowed to a connection to the token provider."),
        .int("sasl.login.read.timeout.ms", nil, "Time allowed to an answer of the token provider."),
        .short(
            "sasl.login.refresh.buffer.seconds", 300, update: .perBroker,
            "Seconds before its end by which a token is renewed."),
        .short(
            "sasl.login.refresh.min.period.seconds", 60, update: .perBroker,
            "Least seconds between two renewals of a token."),
        .double(
            "sasl.login.refresh.window.factor", 0.8, update: .perBroker,
            "Share of a token's life after which it is renewed."),
        .double(
            "sasl.login.refresh.window.jitter", 0.05, update: .perBroker,
            "Random part of a token's renewal time."),
        .long(
            "sasl.login.retry.backoff.max.ms", 10_000,
            "Most of the pause before a failed login is tried again."),
        .long("sasl.login.retry.backoff.ms", 100, "Pause before a failed login is tried again."),
        .string(
            "sasl.mechanism.inter.broker.protocol", "GSSAPI", update: .perBroker,
            "SASL mechanism among brokers."),
        .boolean(
            "sasl.oauthbearer.allow.unverified.audience", false,
            "Whether tokens are taken although no audience is expected."),
        .boolean(
            "sasl.oauthbearer.allow.unverified.issuer", false,
            "Whether tokens are taken although no issuer is expected."),
        .string(
            "sasl.oauthbearer.assertion.algorithm", "RS256",
            valid: .oneOfAnyCase(["ES256", "RS256"]),
            "Algorithm by which a client's assertion is signed."),
        .string("sasl.oauthbearer.assertion.claim.aud", nil, "Audience in a client's assertion."),
        .int(
            "sasl.oauthbearer.assertion.claim.exp.seconds", 300, valid: .within(0...86_400),
            "Life of a client's assertion."),
        .string("sasl.oauthbearer.assertion.claim.iss", nil, "Issuer in a client's assertion."),
        .boolean(
            "sasl.oauthbearer.assertion.claim.jti.include", false,
            "Whether a client's assertion has an id of its own."),
        .int(
            "sasl.oauthbearer.assertion.claim.nbf.seconds", 60, valid: .within(0...3600),
            "How far back a client's assertion is valid."),
        .string("sasl.oauthbearer.assertion.claim.sub", nil, "Subject in a client's assertion."),
        .string(
            "sasl.oauthbearer.assertion.file", nil,
            "File that holds a client's assertion ready made."),
        .string(
            "sasl.oauthbearer.assertion.private.key.file", nil,
            "File of the key that signs a client's assertion."),
        .password(
            "sasl.oauthbearer.assertion.private.key.passphrase", nil, "Passphrase of that key."),
        .string(
            "sasl.oauthbearer.assertion.template.file", nil,
            "File with further claims of a client's assertion."),
        .string(
            "sasl.oauthbearer.client.credentials.client.id", nil,
            "Client id for the client-credentials grant."),
        .password(
            "sasl.oauthbearer.client.credentials.client.secret", nil,
            "Client secret for the client-credentials grant."),
        .int(
            "sasl.oauthbearer.clock.skew.seconds", 30,
            "How far clocks may differ when a token is checked."),
        .list(
            "sasl.oauthbearer.expected.audience", "", "Audiences of which a token must have one."),
        .string("sasl.oauthbearer.expected.issuer", nil, "Issuer that a token must have."),
        .long(
            "sasl.oauthbearer.jwks.endpoint.refresh.ms", 3_600_000,
            "How often the keys that sign tokens are fetched."),
        .long(
            "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", 10_000,
            "Most of the pause before those keys are fetched again after an error."),
        .long(
            "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", 100,
            "Pause before those keys are fetched again after an error."),
        .string("sasl.oauthbearer.jwks.endpoint.url", nil, "Where the keys that sign tokens are."),
        .className(
            "sasl.oauthbearer.jwt.retriever.class",
            "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever",
            "Class that gets a token."),
        .className(
            "sasl.oauthbearer.jwt.validator.class",
            "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator",
            "Class that checks a token."),
        .string("sasl.oauthbearer.scope", nil, "Scope that is asked for."),
        .string(
            "sasl.oauthbearer.scope.claim.name", "scope", "Name of the claim that holds the scope."),
        .string(
            "sasl.oauthbearer.sub.claim.name", "sub", "Name of the claim that holds the subject."),
        .string("sasl.oauthbearer.token.endpoint.url", nil, "Where tokens are given out."),
        .className(
            "sasl.server.callback.handler.class", nil,
            "Class that answers a SASL server's questions."),
        .int(
            "sasl.server.max.receive.size", 524_288,
            "Largest SASL message before a client is authenticated."),
        .string("security.providers", nil, "Classes that add security algorithms."),
        .boolean(
            "ssl.allow.dn.changes", false,
            "Whether a certificate may be replaced by one of another name at run time."),
        .boolean(
            "ssl.allow.san.changes", false,
            "Whether a certificate may be replaced by one with fewer alternative names at "
                + "run time."),
        .list(
            "ssl.cipher.suites", "", update: .perBroker,
            "TLS cipher suites that are offered; else the library's."),
        .string(
            "ssl.client.auth", "none", valid: .oneOf(["required", "requested", "none"]),
            update: .perBroker,
            "Whether clients must show a certificate: required, requested or none."),
        .list(
            "ssl.enabled.protocols", "TLSv1.2,TLSv1.3", update: .perBroker,
            "TLS versions that are offered."),
        .string(
            "ssl.endpoint.identification.algorithm", "https", update: .perBroker,
            "How a server's name is compared with its certificate; empty for not at all."),
        .className(
            "ssl.engine.factory.class", nil, update: .perBroker, "Class that makes TLS engines."),
        .password("ssl.key.password", nil, update: .perBroker, "Password of the private key."),
        .string(
            "ssl.keymanager.algorithm", "SunX509", update: .perBroker,
            "Java's algorithm of key managers."),
        .password(
            "ssl.keystore.certificate.chain", nil, update: .perBroker,
            "Certificate chain, as PEM text."),
        .password("ssl.keystore.key", nil, update: .perBroker, "Private key, as PEM text."),
        .string("ssl.keystore.location", nil, update: .perBroker, "File of the key store."),
        .password("ssl.keystore.password", nil, update: .perBroker, "Password of the key store."),
        .string(
            "ssl.keystore.type", "JKS", update: .perBroker,
            "Format of the key store: JKS, PKCS12 or PEM."),
        .string(
            "ssl.principal.mapping.rules", "DEFAULT",
            "How a certificate's name becomes a user, RULE:pattern/replacement/[LU] or DEFAULT."),
        .string("ssl.protocol", "TLSv1.3", update: .perBroker, "TLS version that is preferred."),
        .string("ssl.provider", nil, update: .perBroker, "Java's provider of TLS."),
        .string(
            "ssl.secure.random.implementation", nil, update: .perBroker,
            "Java's source of chance for TLS."),
        .string(
            "ssl.trustmanager.algorithm", "PKIX", update: .perBroker,
            "Java's algorithm of trust managers."),
        .password(
            "ssl.truststore.certificates", nil, update: .perBroker,
            "Trusted certificates, as PEM text."),
        .string("ssl.truststore.location", nil, update: .perBroker, "File of the trust store."),
        .password(
            "ssl.truststore.password", nil, update: .perBroker, "Password of the trust store."),
        .string(
            "ssl.truststore.type", "JKS", update: .perBroker,
            "Format of the trust store: JKS, PKCS12 or PEM."),
    ]
}
