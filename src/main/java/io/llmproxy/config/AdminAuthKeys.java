package io.llmproxy.config;

import static io.llmproxy.config.ConfigReference.key;

import io.llmproxy.config.ApplianceConfig.AdminAuthConfig;
import io.llmproxy.config.ApplianceConfig.Listen;
import io.llmproxy.config.ConfigException.Problem;
import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The keys {@code admin.auth.…}, and which of them make sense together. */
final class AdminAuthKeys {
    private static final String JWT = "admin.auth.jwt.";

    private final ConfigKey<Path> tokens = key(
            "admin.auth.tokens-file",
            null,
            ConfigValues::path,
            "a file with who may administer over TCP by which token: names, roles, hashes");
    private final ConfigKey<String> issuer =
            key(JWT + "issuer", null, t -> Checks.text("", t, 1024), "whose JWTs may administer over TCP: their iss");
    private final ConfigKey<String> audience =
            key(JWT + "audience", null, t -> Checks.text("", t, 1024), "whom they must be meant for: their aud");
    private final ConfigKey<Path> keys =
            key(JWT + "keys-file", null, ConfigValues::path, "a JSON Web Key Set with the issuer's public keys");
    private final ConfigKey<URI> keysUrl =
            key(JWT + "keys-url", null, AdminAuthKeys::https, "where the issuer publishes that set, by https");
    private final ConfigKey<List<String>> algorithms = ConfigReference.list(
            JWT + "algorithms",
            "[RS256, PS256, ES256, EdDSA]",
            t -> ConfigValues.oneOf(t, "RS256", "PS256", "ES256", "EdDSA"),
            "how they may be signed");
    private final ConfigKey<String> roleClaim = claim("role", "the claim with the role: admin, tenant-admin or user");
    private final ConfigKey<String> tenantClaim = claim("tenant", "the claim with the tenant's slug");
    private final ConfigKey<String> userClaim = claim("user", "the claim with the e-mail address of the user");
    private final ConfigKey<Duration> leeway = key(
            JWT + "leeway",
            "30s",
            t -> ConfigValues.durationOrOff(t, Duration.ofSeconds(1), Duration.ofMinutes(5)),
            "how far the issuer's clock and this one may differ");
    private final ConfigKey<Duration> maxLifetime = key(
            JWT + "max-lifetime",
            "24h",
            t -> ConfigValues.duration(t, Duration.ofMinutes(1), Duration.ofDays(366)),
            "how long they may be valid, from iat to exp");

    /** What the keys are set to. */
    interface Values {
        <T> @Nullable T of(ConfigKey<T> key);
    }

    private static ConfigKey<String> claim(String what, String doc) {
        return key(JWT + what + "-claim", "llmproxy_" + what, t -> Checks.text("", t, 256), doc);
    }

    private static URI https(String text) {
        URI url = ConfigValues.webhook(text);
        if (!"https".equals(url.getScheme())) {
            throw new InvalidValueException("", "must be of https: who can change these keys can be anybody");
        }
        return url;
    }

    AdminAuthConfig config(Values values) {
        return new AdminAuthConfig(values.of(tokens), jwt(values));
    }

    private AdminAuthConfig.@Nullable Jwt jwt(Values values) {
        String from = values.of(issuer);
        String to = values.of(audience);
        if (from == null || to == null) {
            return null;
        }
        return new AdminAuthConfig.Jwt(
                from,
                to,
                values.of(keys),
                values.of(keysUrl),
                known(values, algorithms),
                known(values, roleClaim),
                known(values, tenantClaim),
                known(values, userClaim),
                known(values, leeway),
                known(values, maxLifetime));
    }

    private static <T> T known(Values values, ConfigKey<T> key) {
        T value = values.of(key);
        if (value == null) {
            throw new IllegalStateException("no default for " + key.name());
        }
        return value;
    }

    /** @param origins where each key was set last */
    List<Problem> faults(Values values, Map<String, String> origins) {
        Faults faults = new Faults(values, origins);
        faults.together(issuer, audience);
        faults.together(audience, issuer);
        if (values.of(keys) != null && values.of(keysUrl) != null) {
            faults.add(keysUrl, "the keys come from " + keys.name() + " already; name one of the two");
        }
        if (values.of(issuer) != null && values.of(keys) == null && values.of(keysUrl) == null) {
            faults.add(issuer, "is of no use without " + keys.name() + " or " + keysUrl.name());
        }
        faults.together(keys, issuer);
        faults.together(keysUrl, issuer);
        List<String> allowed = values.of(algorithms);
        if (allowed != null && allowed.isEmpty()) {
            faults.add(algorithms, "is empty, so that no JWT is accepted");
        }
        faults.exposed();
        return faults.found;
    }

    private final class Faults {
        private final Values values;
        private final Map<String, String> origins;
        private final List<Problem> found = new ArrayList<>();

        Faults(Values values, Map<String, String> origins) {
            this.values = values;
            this.origins = origins;
        }

        void add(ConfigKey<?> key, String message) {
            found.add(new Problem(origins.getOrDefault(key.name(), "configuration"), key.name(), message));
        }

        void together(ConfigKey<?> given, ConfigKey<?> needed) {
            if (values.of(given) != null && values.of(needed) == null) {
                add(given, "is of no use without " + needed.name());
            }
        }

        /** Whoever listens on the way has a bearer token as soon as it is shown once. */
        void exposed() {
            Listen listen = values.of(ConfigReference.ADMIN_LISTEN);
            boolean wanted = values.of(tokens) != null || values.of(issuer) != null;
            boolean plain = values.of(ConfigReference.ADMIN_TLS_CERTIFICATE) == null;
            if (listen != null && wanted && plain && !loopback(listen.host())) {
                add(
                        values.of(tokens) != null ? tokens : issuer,
                        "tokens would cross the network in clear text on admin.listen " + listen
                                + "; set admin.tls.certificate and admin.tls.key, or listen on 127.0.0.1");
            }
        }
    }

    /** Of a name only this one: what others mean may change. */
    private static boolean loopback(String host) {
        try {
            return host.equals("localhost") || InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
