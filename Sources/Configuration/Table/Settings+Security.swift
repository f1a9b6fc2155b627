extension Settings {
    /// TLS, SASL and tokens.
    static let security: [Setting] = [
        .long(
            "connections.max.reauth.ms", 0,
            "Session life after which SASL clients must re-authenticate (KIP-368); 0 off."),
        .long(
            "delegation.token.expiry.check.interval.ms", 3_600_000, valid: .atLeast(1),
            "Delegation token expiry check interval in milliseconds."),
        .long(
            "delegation.token.expiry.time.ms", 86_400_000, valid: .atLeast(1),
            "Delegation token expiry time in milliseconds."),
        .long(
            "delegation.token.max.lifetime.ms", 604_800_000, valid: .atLeast(1),
            "Delegation token max lifetime in milliseconds."),
        .password("delegation.token.secret.key", nil, "Enables tokens."),
        .className(
            "principal.builder.class",
            "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder",
            update: .perBroker,
            "Principal builder class."),
        .className(
            "sasl.client.callback.handler.class", nil, "Sasl client callback handler class."),
        .list("sasl.enabled.mechanisms", "GSSAPI", update: .perBroker, "Per listener with prefix."),
        .password("sasl.jaas.config", nil, update: .perBroker, "Sasl jaas config."),
        .string(
            "sasl.kerberos.kinit.cmd", "/usr/bin/kinit", update: .perBroker,
            "Sasl kerberos kinit cmd."),
        .long(
            "sasl.kerberos.min.time.before.relogin", 60_000, update: .perBroker,
            "Sasl kerberos min time before relogin."),
        .list(
            "sasl.kerberos.principal.to.local.rules", "DEFAULT", update: .perBroker,
            "Sasl kerberos principal to local rules."),
        .string(
            "sasl.kerberos.service.name", nil, update: .perBroker, "Sasl kerberos service name."),
        .double(
            "sasl.kerberos.ticket.renew.jitter", 0.05, update: .perBroker,
            "Sasl kerberos ticket renew jitter."),
        .double(
            "sasl.kerberos.ticket.renew.window.factor", 0.8, update: .perBroker,
            "Sasl kerberos ticket renew window factor."),
        .className("sasl.login.callback.handler.class", nil, "Sasl login callback handler class."),
        .className("sasl.login.class", nil, "Sasl login class."),
        .int("sasl.login.connect.timeout.ms", nil, "Sasl login connect timeout in milliseconds."),
        .int("sasl.login.read.timeout.ms", nil, "Sasl login read timeout in milliseconds."),
        .short(
            "sasl.login.refresh.buffer.seconds", 300, update: .perBroker,
            "Sasl login refresh buffer seconds."),
        .short(
            "sasl.login.refresh.min.period.seconds", 60, update: .perBroker,
            "Sasl login refresh min period seconds."),
        .double(
            "sasl.login.refresh.window.factor", 0.8, update: .perBroker,
            "Sasl login refresh window factor."),
        .double(
            "sasl.login.refresh.window.jitter", 0.05, update: .perBroker,
            "Sasl login refresh window jitter."),
        .long(
            "sasl.login.retry.backoff.max.ms", 10_000,
            "Sasl login retry backoff max in milliseconds."),
        .long("sasl.login.retry.backoff.ms", 100, "Sasl login retry backoff in milliseconds."),
        .string(
            "sasl.mechanism.inter.broker.protocol", "GSSAPI", update: .perBroker,
            "Sasl mechanism inter broker protocol."),
        .boolean(
            "sasl.oauthbearer.allow.unverified.audience", false,
            "Sasl oauthbearer allow unverified audience."),
        .boolean(
            "sasl.oauthbearer.allow.unverified.issuer", false,
            "Sasl oauthbearer allow unverified issuer."),
        .string(
            "sasl.oauthbearer.assertion.algorithm", "RS256",
            valid: .oneOfAnyCase(["ES256", "RS256"]),
            "Sasl oauthbearer assertion algorithm."),
        .string(
            "sasl.oauthbearer.assertion.claim.aud", nil, "Sasl oauthbearer assertion claim aud."),
        .int(
            "sasl.oauthbearer.assertion.claim.exp.seconds", 300, valid: .within(0...86_400),
            "Sasl oauthbearer assertion claim exp seconds."),
        .string(
            "sasl.oauthbearer.assertion.claim.iss", nil, "Sasl oauthbearer assertion claim iss."),
        .boolean(
            "sasl.oauthbearer.assertion.claim.jti.include", false,
            "Sasl oauthbearer assertion claim jti include."),
        .int(
            "sasl.oauthbearer.assertion.claim.nbf.seconds", 60, valid: .within(0...3600),
            "Sasl oauthbearer assertion claim nbf seconds."),
        .string(
            "sasl.oauthbearer.assertion.claim.sub", nil, "Sasl oauthbearer assertion claim sub."),
        .string("sasl.oauthbearer.assertion.file", nil, "Sasl oauthbearer assertion file."),
        .string(
            "sasl.oauthbearer.assertion.private.key.file", nil,
            "Sasl oauthbearer assertion private key file."),
        .password(
            "sasl.oauthbearer.assertion.private.key.passphrase", nil,
            "Sasl oauthbearer assertion private key passphrase."),
        .string(
            "sasl.oauthbearer.assertion.template.file", nil,
            "Sasl oauthbearer assertion template file."),
        .string(
            "sasl.oauthbearer.client.credentials.client.id", nil,
            "Sasl oauthbearer client credentials client id."),
        .password(
            "sasl.oauthbearer.client.credentials.client.secret", nil,
            "Sasl oauthbearer client credentials client secret."),
        .int("sasl.oauthbearer.clock.skew.seconds", 30, "Sasl oauthbearer clock skew seconds."),
        .list("sasl.oauthbearer.expected.audience", "", "Sasl oauthbearer expected audience."),
        .string("sasl.oauthbearer.expected.issuer", nil, "Sasl oauthbearer expected issuer."),
        .long(
            "sasl.oauthbearer.jwks.endpoint.refresh.ms", 3_600_000,
            "Sasl oauthbearer jwks endpoint refresh in milliseconds."),
        .long(
            "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", 10_000,
            "Sasl oauthbearer jwks endpoint retry backoff max in milliseconds."),
        .long(
            "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", 100,
            "Sasl oauthbearer jwks endpoint retry backoff in milliseconds."),
        .string("sasl.oauthbearer.jwks.endpoint.url", nil, "Sasl oauthbearer jwks endpoint url."),
        .className(
            "sasl.oauthbearer.jwt.retriever.class",
            "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever",
            "Sasl oauthbearer jwt retriever class."),
        .className(
            "sasl.oauthbearer.jwt.validator.class",
            "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator",
            "Sasl oauthbearer jwt validator class."),
        .string("sasl.oauthbearer.scope", nil, "Sasl oauthbearer scope."),
        .string("sasl.oauthbearer.scope.claim.name", "scope", "Sasl oauthbearer scope claim name."),
        .string("sasl.oauthbearer.sub.claim.name", "sub", "Sasl oauthbearer sub claim name."),
        .string("sasl.oauthbearer.token.endpoint.url", nil, "Sasl oauthbearer token endpoint url."),
        .className(
            "sasl.server.callback.handler.class", nil, "Sasl server callback handler class."),
        .int("sasl.server.max.receive.size", 524_288, "Sasl server max receive size."),
        .string("security.providers", nil, "Security providers."),
        .boolean("ssl.allow.dn.changes", false, "Ssl allow dn changes."),
        .boolean("ssl.allow.san.changes", false, "Ssl allow san changes."),
        .list("ssl.cipher.suites", "", update: .perBroker, "Ssl cipher suites."),
        .string(
            "ssl.client.auth", "none", valid: .oneOf(["required", "requested", "none"]),
            update: .perBroker,
            "None, requested, required."),
        .list(
            "ssl.enabled.protocols", "TLSv1.2,TLSv1.3", update: .perBroker, "Ssl enabled protocols."),
        .string(
            "ssl.endpoint.identification.algorithm", "https", update: .perBroker,
            "Ssl endpoint identification algorithm."),
        .className(
            "ssl.engine.factory.class", nil, update: .perBroker, "Ssl engine factory class."),
        .password("ssl.key.password", nil, update: .perBroker, "Ssl key password."),
        .string(
            "ssl.keymanager.algorithm", "SunX509", update: .perBroker, "Ssl keymanager algorithm."),
        .password(
            "ssl.keystore.certificate.chain", nil, update: .perBroker,
            "Ssl keystore certificate chain."),
        .password("ssl.keystore.key", nil, update: .perBroker, "Ssl keystore key."),
        .string("ssl.keystore.location", nil, update: .perBroker, "Ssl keystore location."),
        .password("ssl.keystore.password", nil, update: .perBroker, "Ssl keystore password."),
        .string("ssl.keystore.type", "JKS", update: .perBroker, "JKS, PKCS12 or PEM (KIP-651)."),
        .string(
            "ssl.principal.mapping.rules", "DEFAULT", "RULE:pattern/replacement/[LU], DEFAULT."),
        .string("ssl.protocol", "TLSv1.3", update: .perBroker, "Ssl protocol."),
        .string("ssl.provider", nil, update: .perBroker, "Ssl provider."),
        .string(
            "ssl.secure.random.implementation", nil, update: .perBroker,
            "Ssl secure random implementation."),
        .string(
            "ssl.trustmanager.algorithm", "PKIX", update: .perBroker, "Ssl trustmanager algorithm."),
        .password(
            "ssl.truststore.certificates", nil, update: .perBroker, "Ssl truststore certificates."),
        .string("ssl.truststore.location", nil, update: .perBroker, "Ssl truststore location."),
        .password("ssl.truststore.password", nil, update: .perBroker, "Ssl truststore password."),
        .string("ssl.truststore.type", "JKS", update: .perBroker, "Ssl truststore type."),
    ]
}
