package io.llmproxy.config;

import io.llmproxy.config.ApplianceConfig.AdminConfig;
import io.llmproxy.config.ApplianceConfig.AlertsConfig;
import io.llmproxy.config.ApplianceConfig.BackupConfig;
import io.llmproxy.config.ApplianceConfig.DatabaseConfig;
import io.llmproxy.config.ApplianceConfig.EgressConfig;
import io.llmproxy.config.ApplianceConfig.GatewayConfig;
import io.llmproxy.config.ApplianceConfig.IdempotencyConfig;
import io.llmproxy.config.ApplianceConfig.JournalConfig;
import io.llmproxy.config.ApplianceConfig.LimitsConfig;
import io.llmproxy.config.ApplianceConfig.LogConfig;
import io.llmproxy.config.ApplianceConfig.PricingConfig;
import io.llmproxy.config.ApplianceConfig.RedisConfig;
import io.llmproxy.config.ApplianceConfig.ResilienceConfig;
import io.llmproxy.config.ApplianceConfig.SecretsConfig;
import io.llmproxy.config.ApplianceConfig.ShutdownConfig;
import io.llmproxy.config.ApplianceConfig.TlsConfig;
import io.llmproxy.config.ApplianceConfig.TlsConfig.ClientAuth;
import io.llmproxy.config.ApplianceConfig.TracingConfig;
import io.llmproxy.config.ApplianceConfig.TranslationConfig;
import io.llmproxy.config.ApplianceConfig.UpstreamConfig;
import io.llmproxy.config.ConfigException.Problem;
import io.llmproxy.config.YamlSource.Setting;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.limit.LimitScope;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configuration in the contract's order: defaults, files, environment, {@code --set}, options; later wins. Every
 * value is checked where it stands, also one that is overridden later, and all faults are told at once.
 */
public final class ConfigLoader {
    /** Variables that begin like keys and are none. */
    private static final Set<String> NOT_KEYS =
            Set.of("LLMPROXY_SOCKET", "LLMPROXY_TENANT", "LLMPROXY_URL", "LLMPROXY_MASTER_KEY", "LLMPROXY_TAKE_OVER");

    private final List<Problem> problems = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final Map<ConfigKey<?>, Object> values = new HashMap<>();
    private final Set<String> explicit = new HashSet<>();
    private final Map<String, String> origins = new HashMap<>();

    private ConfigLoader() {}

    /**
     * What a program was told.
     *
     * @param options key to value, of options such as {@code --listen}; the option's spelling is the origin
     */
    public record Sources(
            List<ConfigFile> files, Map<String, String> environment, List<String> sets, Map<String, Option> options) {
        /** A value given by an option of its own. */
        public record Option(String spelling, String value) {}

        public static Sources files(List<Path> files) {
            List<ConfigFile> required =
                    files.stream().map(file -> new ConfigFile(file, false)).toList();
            return new Sources(required, Map.of(), List.of(), Map.of());
        }
    }

    /**
     * A configuration without faults, and what is worth a warning.
     *
     * @param explicit the keys that were set, as against left at their defaults
     * @param shown every key and its value, as it may be shown to anybody
     * @param origins where each key was set last: {@code default}, {@code FILE:LINE}, {@code --set} and the like
     * @param sources what it was read from, and is read from again
     */
    public record Loaded(
            ApplianceConfig config,
            List<String> warnings,
            Set<String> explicit,
            Map<String, String> shown,
            Map<String, String> origins,
            Sources sources) {
        /** The keys whose values are others in {@code next}, in the order of the reference. */
        public List<String> changes(Loaded next) {
            List<String> changed = new ArrayList<>();
            for (ConfigKey<?> key : ConfigReference.keys()) {
                boolean same = SECRET.contains(key)
                        ? secret(key, config).equals(secret(key, next.config))
                        : Objects.equals(shown.get(key.name()), next.shown.get(key.name()));
                if (!same) {
                    changed.add(key.name());
                }
            }
            return List.copyOf(changed);
        }

        private static Optional<?> secret(ConfigKey<?> key, ApplianceConfig config) {
            return Optional.ofNullable(
                    key.equals(ConfigReference.WEBHOOK_URL)
                            ? config.alerts().webhook()
                            : config.upstream().proxy());
        }
    }

    /** Their values may hold a secret. */
    private static final Set<ConfigKey<?>> SECRET = Set.of(ConfigReference.WEBHOOK_URL, ConfigReference.UPSTREAM_PROXY);

    /** @throws ConfigException with every fault */
    public static Loaded load(Sources sources) throws ConfigException {
        ConfigLoader loader = new ConfigLoader();
        loader.defaults();
        for (ConfigFile file : sources.files()) {
            YamlSource.file(file, loader.problems::add).forEach(loader::apply);
            if (file.replaced()) {
                loader.warnings.add(
                        file.path() + " was replaced by a new file, and this process still sees the old one:"
                                + " `systemctl reload` of its unit shows it the new one");
            }
        }
        loader.environment(sources.environment());
        sources.sets().forEach(loader::set);
        sources.options().forEach((key, option) -> loader.text(key, option.value(), option.spelling()));
        loader.requireBothOfThePair();
        if (!loader.problems.isEmpty()) {
            throw new ConfigException(loader.problems);
        }
        ApplianceConfig config = loader.build();
        loader.checkLimits(config.limits());
        if (!loader.problems.isEmpty()) {
            throw new ConfigException(loader.problems);
        }
        return new Loaded(
                config,
                List.copyOf(loader.warnings),
                Set.copyOf(loader.explicit),
                loader.shown(),
                Map.copyOf(loader.origins),
                sources);
    }

    private Map<String, String> shown() {
        Map<String, String> shown = new LinkedHashMap<>();
        for (ConfigKey<?> key : ConfigReference.keys()) {
            Object value = optional(key);
            shown.put(key.name(), value != null && SECRET.contains(key) ? "***" : ConfigValues.text(value));
        }
        return Collections.unmodifiableMap(shown);
    }

    private void requireBothOfThePair() {
        requireBoth(ConfigReference.TLS_CERTIFICATE, ConfigReference.TLS_KEY);
        requireBoth(ConfigReference.ADMIN_TLS_CERTIFICATE, ConfigReference.ADMIN_TLS_KEY);
        require(ConfigReference.TLS_KEY_PASSWORD, ConfigReference.TLS_KEY);
        require(ConfigReference.ADMIN_TLS_KEY_PASSWORD, ConfigReference.ADMIN_TLS_KEY);
        require(ConfigReference.TLS_CLIENT_CA, ConfigReference.TLS_CERTIFICATE);
        requireAuthorities();
        if (proxyProtocol() && trustedProxies().isEmpty()) {
            problems.add(new Problem(
                    "configuration",
                    ConfigReference.PROXY_PROTOCOL.name(),
                    "is of no use without " + ConfigReference.TRUSTED_PROXIES.name()
                            + ", whose headers alone are believed"));
        }
        requireBoth(ConfigReference.WEBHOOK_URL, ConfigReference.WEBHOOK_SECRET_FILE);
        problems.addAll(ConfigReference.ADMIN_AUTH.faults(this::optional, origins));
    }

    private boolean proxyProtocol() {
        return "on".equals(optional(ConfigReference.PROXY_PROTOCOL));
    }

    private List<Cidr> trustedProxies() {
        List<Cidr> proxies = optional(ConfigReference.TRUSTED_PROXIES);
        return proxies == null ? List.of() : proxies;
    }

    /** Those who are asked for certificates need somebody who signs them, and the other way round. */
    private void requireAuthorities() {
        ClientAuth asked = optional(ConfigReference.TLS_CLIENT_AUTH);
        if (asked != null && asked != ClientAuth.NONE) {
            require(ConfigReference.TLS_CLIENT_AUTH, ConfigReference.TLS_CLIENT_CA);
        } else if (optional(ConfigReference.TLS_CLIENT_CA) != null) {
            problems.add(new Problem(
                    "configuration",
                    ConfigReference.TLS_CLIENT_CA.name(),
                    "is of no use while " + ConfigReference.TLS_CLIENT_AUTH.name() + " is none: make it optional or"
                            + " required"));
        }
    }

    private void require(ConfigKey<?> given, ConfigKey<?> needed) {
        if (optional(given) != null && optional(needed) == null) {
            missing(given, needed);
        }
    }

    private void missing(ConfigKey<?> given, ConfigKey<?> needed) {
        problems.add(new Problem("configuration", given.name(), "is of no use without " + needed.name()));
    }

    private void requireBoth(ConfigKey<?> one, ConfigKey<?> other) {
        boolean first = optional(one) != null;
        if (first != (optional(other) != null)) {
            ConfigKey<?> given = first ? one : other;
            ConfigKey<?> missing = first ? other : one;
            missing(given, missing);
        }
    }

    private void checkLimits(LimitsConfig limits) {
        Map<String, LimitsConfig.Level> levels =
                Map.of("global", limits.global(), "tenant", limits.tenant(), "user", limits.user(), "ip", limits.ip());
        levels.forEach((name, level) -> {
            try {
                level.limits(name, LimitScope.GLOBAL);
            } catch (InvalidValueException e) {
                String field = e.field().equals("amount") ? "requests" : e.field();
                problems.add(new Problem("configuration", "limits." + name + "." + field, rule(e)));
            }
        });
    }

    private void defaults() {
        for (ConfigKey<?> key : ConfigReference.keys()) {
            put(key, fallback(key), "default");
        }
    }

    private void environment(Map<String, String> environment) {
        Map<String, ConfigKey<?>> byVariable = new LinkedHashMap<>();
        ConfigReference.keys().forEach(k -> byVariable.put(k.variable(), k));
        environment.keySet().stream().sorted().forEach(name -> {
            if (!name.startsWith("LLMPROXY") || NOT_KEYS.contains(name) || name.endsWith("_JAVA_OPTS")) {
                return;
            }
            ConfigKey<?> key = byVariable.get(name);
            if (key == null) {
                warnings.add("the environment variable " + name + " is no key of the configuration and is ignored");
            } else {
                text(key.name(), environment.getOrDefault(name, ""), "environment " + name);
            }
        });
    }

    private void set(String assignment) {
        int equals = assignment.indexOf('=');
        if (equals <= 0) {
            problems.add(new Problem("--set", null, "must be KEY=VALUE; got `" + assignment + "`"));
        } else {
            text(assignment.substring(0, equals).strip(), assignment.substring(equals + 1), "--set");
        }
    }

    private void text(String key, String value, String origin) {
        String text = value.strip();
        boolean list = ConfigReference.find(key).map(ConfigKey::list).orElse(false);
        List<String> texts = text.isEmpty() || text.equals("null") ? null : list ? items(text) : List.of(text);
        apply(new Setting(key, texts, list, origin));
    }

    private static List<String> items(String text) {
        String inner = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        return java.util.Arrays.stream(inner.split(",", -1))
                .map(String::strip)
                .filter(s -> !s.isEmpty())
                .toList();
    }

    private void apply(Setting setting) {
        ConfigKey<?> key = ConfigReference.find(setting.key()).orElse(null);
        if (key == null) {
            problems.add(new Problem(setting.origin(), setting.key(), unknown(setting.key())));
            return;
        }
        if (setting.list() != key.list() && setting.texts() != null) {
            problems.add(new Problem(
                    setting.origin(),
                    key.name(),
                    key.list() ? "must be a list, as [a, b]" : "must be one value, not a list"));
            return;
        }
        explicit.add(key.name());
        put(key, setting.texts(), setting.origin());
    }

    private static @Nullable List<String> fallback(ConfigKey<?> key) {
        String text = key.fallback();
        return text == null ? null : key.list() ? items(text) : List.of(text);
    }

    private static String unknown(String name) {
        if (ConfigReference.section(name)) {
            return "is a section of keys, not a key";
        }
        String near = ConfigReference.nearest(name);
        return "unknown key" + (near == null ? "" : "; did you mean `" + near + "`?");
    }

    private void put(ConfigKey<?> key, @Nullable List<String> texts, String origin) {
        try {
            Object value = key.parse(texts);
            if (value == null && key.fallback() != null) {
                value = key.parse(fallback(key));
            }
            if (value == null) {
                values.remove(key);
            } else {
                values.put(key, value);
            }
            origins.put(key.name(), origin);
        } catch (InvalidValueException e) {
            problems.add(new Problem(origin, key.name(), rule(e)));
        }
    }

    /** The message without the field's name, which the problem names already. */
    private static String rule(InvalidValueException e) {
        String message = String.valueOf(e.getMessage());
        String prefix = e.field() + ": ";
        return message.startsWith(prefix) ? message.substring(prefix.length()) : message;
    }

    @SuppressWarnings("unchecked") // put() stored what this key's parser returned
    private <T> @Nullable T optional(ConfigKey<T> key) {
        return (T) values.get(key);
    }

    private <T> T value(ConfigKey<T> key) {
        T value = optional(key);
        if (value == null) {
            throw new IllegalStateException("no default for " + key.name());
        }
        return value;
    }

    private ApplianceConfig build() {
        return new ApplianceConfig(
                optional(ConfigReference.TENANT),
                new GatewayConfig(
                        value(ConfigReference.GATEWAY_LISTEN),
                        tls(),
                        value(ConfigReference.MAX_BODY),
                        value(ConfigReference.MAX_UPLOAD),
                        value(ConfigReference.BODY_MEMORY),
                        value(ConfigReference.QUERY_KEY),
                        value(ConfigReference.TRUSTED_PROXIES),
                        proxyProtocol(),
                        value(ConfigReference.SSE_KEEP_ALIVE),
                        value(ConfigReference.COST_HEADER),
                        new GatewayConfig.Clients(
                                value(ConfigReference.HEAD_TIMEOUT),
                                value(ConfigReference.KEEP_ALIVE),
                                value(ConfigReference.MIN_RATE),
                                value(ConfigReference.IDLE_TIMEOUT))),
                new AdminConfig(
                        value(ConfigReference.ADMIN_LISTEN),
                        adminTls(),
                        ConfigReference.ADMIN_AUTH.config(this::optional),
                        optional(ConfigReference.ADMIN_SOCKET),
                        optional(ConfigReference.SOCKET_GROUP)),
                new DatabaseConfig(
                        optional(ConfigReference.DATABASE_URL),
                        optional(ConfigReference.DATABASE_USER),
                        optional(ConfigReference.DATABASE_PASSWORD_FILE),
                        value(ConfigReference.DATABASE_POOL)),
                new RedisConfig(
                        optional(ConfigReference.REDIS_URL),
                        optional(ConfigReference.REDIS_PASSWORD_FILE),
                        optional(ConfigReference.REDIS_CA_FILE),
                        value(ConfigReference.REDIS_ON_FAILURE)),
                new LimitsConfig(
                        level(ConfigReference.GLOBAL),
                        level(ConfigReference.TENANT_LEVEL),
                        level(ConfigReference.USER),
                        level(ConfigReference.IP),
                        value(ConfigReference.CONCURRENCY)),
                new IdempotencyConfig(
                        value(ConfigReference.IDEMPOTENCY_RETENTION),
                        value(ConfigReference.IDEMPOTENCY_MAX_ANSWER),
                        value(ConfigReference.IDEMPOTENCY_MEMORY),
                        value(ConfigReference.IDEMPOTENCY_MAX_STORED),
                        value(ConfigReference.IDEMPOTENCY_WAIT)),
                new JournalConfig(value(ConfigReference.JOURNAL_SYNC), value(ConfigReference.JOURNAL_ON_FULL)),
                new BackupConfig(
                        optional(ConfigReference.BACKUP_DIRECTORY),
                        value(ConfigReference.BACKUP_EVERY),
                        value(ConfigReference.BACKUP_KEEP),
                        value(ConfigReference.BACKUP_BEFORE_MIGRATION),
                        optional(ConfigReference.BACKUP_PASSPHRASE_FILE),
                        optional(ConfigReference.BACKUP_RECIPIENT_KEY)),
                new SecretsConfig(value(ConfigReference.SECRET_DIRECTORIES)),
                new EgressConfig(value(ConfigReference.EGRESS_ALLOW)),
                new UpstreamConfig(
                        optional(ConfigReference.UPSTREAM_CA_FILE),
                        optional(ConfigReference.UPSTREAM_PROXY),
                        value(ConfigReference.UPSTREAM_NO_PROXY)),
                new ResilienceConfig(
                        value(ConfigReference.BREAKER_FAILURES),
                        value(ConfigReference.BREAKER_PAUSE),
                        value(ConfigReference.RETRY_PERCENT),
                        value(ConfigReference.RESILIENCE_TIMEOUT),
                        value(ConfigReference.PROVIDER_CALLS),
                        value(ConfigReference.HEALTH_CHECK)),
                new PricingConfig(value(ConfigReference.PRICING_UNKNOWN)),
                new TranslationConfig(
                        value(ConfigReference.TRANSLATION_UNSUPPORTED),
                        value(ConfigReference.TRANSLATION_FETCH_IMAGES)),
                new AlertsConfig(value(ConfigReference.ALERT_THRESHOLDS), webhook()),
                new TracingConfig(
                        optional(ConfigReference.TRACING_ENDPOINT),
                        optional(ConfigReference.TRACING_HEADERS_FILE),
                        value(ConfigReference.TRACING_RATIO),
                        value(ConfigReference.TRACING_SERVICE_NAME),
                        value(ConfigReference.TRACING_QUEUE),
                        value(ConfigReference.TRACING_TIMEOUT),
                        value(ConfigReference.TRACING_CONTENT)),
                new ShutdownConfig(value(ConfigReference.SHUTDOWN_GRACE), value(ConfigReference.SHUTDOWN_LEAVE)),
                log());
    }

    private LogConfig log() {
        Path path = optional(ConfigReference.LOG_FILE);
        return new LogConfig(
                value(ConfigReference.LOG_FORMAT),
                value(ConfigReference.LOG_LEVEL),
                value(ConfigReference.LOG_ACCESS),
                value(ConfigReference.LOG_ADDRESSES),
                path == null
                        ? null
                        : new LogConfig.LogFile(
                                path, value(ConfigReference.LOG_FILE_SIZE), value(ConfigReference.LOG_FILE_KEEP)));
    }

    private @Nullable TlsConfig tls() {
        Path certificate = optional(ConfigReference.TLS_CERTIFICATE);
        Path key = optional(ConfigReference.TLS_KEY);
        return certificate == null || key == null
                ? null
                : new TlsConfig(
                        certificate,
                        key,
                        optional(ConfigReference.TLS_KEY_PASSWORD),
                        value(ConfigReference.TLS_MIN_VERSION).equals("1.3"),
                        optional(ConfigReference.TLS_CLIENT_CA),
                        value(ConfigReference.TLS_CLIENT_AUTH));
    }

    private @Nullable TlsConfig adminTls() {
        Path certificate = optional(ConfigReference.ADMIN_TLS_CERTIFICATE);
        Path key = optional(ConfigReference.ADMIN_TLS_KEY);
        return certificate == null || key == null
                ? null
                : new TlsConfig(
                        certificate,
                        key,
                        optional(ConfigReference.ADMIN_TLS_KEY_PASSWORD),
                        value(ConfigReference.ADMIN_TLS_MIN_VERSION).equals("1.3"),
                        null,
                        ClientAuth.NONE);
    }

    private AlertsConfig.@Nullable Webhook webhook() {
        URI url = optional(ConfigReference.WEBHOOK_URL);
        Path secret = optional(ConfigReference.WEBHOOK_SECRET_FILE);
        return url == null || secret == null
                ? null
                : new AlertsConfig.Webhook(
                        url, secret, value(ConfigReference.WEBHOOK_TIMEOUT), value(ConfigReference.WEBHOOK_RETRY_FOR));
    }

    private LimitsConfig.Level level(ConfigReference.Level keys) {
        return new LimitsConfig.Level(
                value(keys.requests), value(keys.per), value(keys.algorithm), value(keys.segments));
    }
}
