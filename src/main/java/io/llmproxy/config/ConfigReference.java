package io.llmproxy.config;

import io.llmproxy.config.ApplianceConfig.JournalConfig;
import io.llmproxy.config.ApplianceConfig.Listen;
import io.llmproxy.config.ApplianceConfig.LogConfig;
import io.llmproxy.config.ApplianceConfig.PricingConfig;
import io.llmproxy.config.ApplianceConfig.TlsConfig.ClientAuth;
import io.llmproxy.config.ApplianceConfig.TranslationConfig;
import io.llmproxy.domain.Checks;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.model.UpstreamProxy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Every key that the configuration may hold, in the order of conf/llmproxy.yaml. */
public final class ConfigReference {
    private static final List<ConfigKey<?>> KEYS = new ArrayList<>();

    static final ConfigKey<String> TENANT = key(
            "tenant",
            null,
            t -> Checks.slug("tenant", t),
            "the one tenant that this process serves; null: every tenant");
    static final ConfigKey<Listen> GATEWAY_LISTEN = key(
            "gateway.listen", "127.0.0.1:8080", ConfigValues::listen, "where clients connect; port 0 picks a free one");
    static final ConfigKey<Path> TLS_CERTIFICATE = key(
            "gateway.tls.certificate",
            null,
            ConfigValues::path,
            "a PEM file with the certificate and its chain; null: HTTP without TLS");
    static final ConfigKey<Path> TLS_KEY =
            key("gateway.tls.key", null, ConfigValues::path, "a PEM file with the certificate's private key");
    static final ConfigKey<Path> TLS_KEY_PASSWORD = key(
            "gateway.tls.key-password-file",
            null,
            ConfigValues::path,
            "a file with the password of the private key; null: it is not encrypted");
    static final ConfigKey<String> TLS_MIN_VERSION = key(
            "gateway.tls.min-version",
            "1.2",
            t -> ConfigValues.oneOf(t, "1.2", "1.3"),
            "the oldest version of TLS that clients may speak");
    static final ConfigKey<Path> TLS_CLIENT_CA = key(
            "gateway.tls.client-ca",
            null,
            ConfigValues::path,
            "a PEM file with the authorities of clients' certificates");
    static final ConfigKey<ClientAuth> TLS_CLIENT_AUTH = key(
            "gateway.tls.client-auth",
            "none",
            t -> ConfigValues.oneOf(t, ClientAuth.class),
            "whether clients are asked for certificates: none, optional or required");
    static final ConfigKey<Long> MAX_BODY =
            key("gateway.max-body", "32MiB", t -> ConfigValues.size(t, 1), "the largest JSON body");
    static final ConfigKey<Long> MAX_UPLOAD =
            key("gateway.max-upload", "512MiB", t -> ConfigValues.size(t, 1), "the largest multipart body");
    static final ConfigKey<Long> BODY_MEMORY = key(
            "gateway.body-memory",
            "64MiB",
            t -> ConfigValues.size(t, 0),
            "heap that bodies of more than 64 KiB share; the rest of them is on disk");
    static final ConfigKey<Boolean> QUERY_KEY = key(
            "gateway.auth.query-key",
            "false",
            ConfigValues::bool,
            "whether `?key=` in the URL is taken as the API key");
    static final ConfigKey<List<Cidr>> TRUSTED_PROXIES = list(
            "gateway.trusted-proxies",
            t -> Cidr.parse("", t),
            "addresses of load balancers whose X-Forwarded-For is believed");
    static final ConfigKey<String> PROXY_PROTOCOL = key(
            "gateway.proxy-protocol",
            "off",
            t -> ConfigValues.oneOf(t, "off", "on"),
            "whether trusted proxies begin their connections with a PROXY header");
    static final ConfigKey<Duration> HEAD_TIMEOUT = waiting(
            "gateway.head-timeout", "10s", "how long the head of a request may take, from its first byte to its end");
    static final ConfigKey<Duration> KEEP_ALIVE =
            waiting("gateway.keep-alive", "75s", "how long a client's connection may lie idle between two requests");
    static final ConfigKey<Long> MIN_RATE = key(
            "gateway.min-rate",
            "1KiB",
            t -> ConfigValues.size(t, 0),
            "bytes per second that a request's body must come in, over any ten seconds; 0: any");
    static final ConfigKey<Duration> IDLE_TIMEOUT = waiting(
            "gateway.idle-timeout",
            "60s",
            "how long a client may send nothing of a body, or read nothing of an answer, that is waited for");
    static final ConfigKey<Duration> SSE_KEEP_ALIVE = key(
            "gateway.sse-keep-alive",
            "15s",
            t -> ConfigValues.durationOrOff(t, Duration.ofMillis(100), Duration.ofHours(1)),
            "after how much silence the client of an event stream gets a comment; 0: never");
    static final ConfigKey<Boolean> COST_HEADER = key(
            "gateway.cost-header",
            "false",
            ConfigValues::bool,
            "whether answers tell clients their cost, as x-llmproxy-cost");
    static final ConfigKey<Listen> ADMIN_LISTEN = key(
            "admin.listen",
            "127.0.0.1:8081",
            ConfigValues::listen,
            "health, metrics, and the admin API for who has a token");
    static final ConfigKey<Path> ADMIN_TLS_CERTIFICATE = key(
            "admin.tls.certificate",
            null,
            ConfigValues::path,
            "a PEM file with the certificate of admin.listen and its chain; null: HTTP without TLS");
    static final ConfigKey<Path> ADMIN_TLS_KEY =
            key("admin.tls.key", null, ConfigValues::path, "a PEM file with that certificate's private key");
    static final ConfigKey<Path> ADMIN_TLS_KEY_PASSWORD = key(
            "admin.tls.key-password-file",
            null,
            ConfigValues::path,
            "a file with the password of that private key; null: it is not encrypted");
    static final ConfigKey<String> ADMIN_TLS_MIN_VERSION = key(
            "admin.tls.min-version",
            "1.2",
            t -> ConfigValues.oneOf(t, "1.2", "1.3"),
            "the oldest version of TLS that may be spoken there");
    static final AdminAuthKeys ADMIN_AUTH = new AdminAuthKeys();
    static final ConfigKey<Path> ADMIN_SOCKET = key(
            "admin.socket",
            null,
            ConfigValues::path,
            "the admin socket; null: $RUNTIME_DIRECTORY or the data directory");
    static final ConfigKey<String> SOCKET_GROUP = key(
            "admin.socket-group", null, t -> Checks.name("admin.socket-group", t), "the group that may use the socket");
    static final ConfigKey<String> DATABASE_URL = key(
            "database.url", null, ConfigValues::databaseUrl, "jdbc:postgresql://...; null: H2 in the data directory");
    static final ConfigKey<String> DATABASE_USER =
            key("database.user", null, t -> Checks.text("database.user", t, 128), "the PostgreSQL user");
    static final ConfigKey<Path> DATABASE_PASSWORD_FILE =
            key("database.password-file", null, ConfigValues::path, "a file with the PostgreSQL password");
    static final ConfigKey<Integer> DATABASE_POOL =
            key("database.pool", "8", t -> ConfigValues.integer(t, 1, 200), "connections to the database");
    static final ConfigKey<String> REDIS_URL = key(
            "redis.url", null, ConfigValues::redisUrl, "redis://... where counters are shared; null: in this process");
    static final ConfigKey<Path> REDIS_PASSWORD_FILE =
            key("redis.password-file", null, ConfigValues::path, "a file with the Redis password");
    static final ConfigKey<Path> REDIS_CA_FILE = key(
            "redis.ca-file",
            null,
            ConfigValues::path,
            "PEM authorities that Redis is believed by, besides the system's");
    static final ConfigKey<String> REDIS_ON_FAILURE = key(
            "redis.on-failure",
            "local",
            t -> ConfigValues.oneOf(t, "local", "refuse"),
            "what to do while Redis is away: count here, or refuse");

    static final Level GLOBAL = new Level("global", "10000", "minute", "token-bucket");
    static final Level TENANT_LEVEL = new Level("tenant", "1000", "hour", "fixed-window");
    static final Level USER = new Level("user", "100", "minute", "sliding-window");
    static final Level IP = new Level("ip", "50", "minute", "fixed-window");
    static final ConfigKey<Integer> CONCURRENCY = key(
            "limits.concurrency",
            "500",
            t -> ConfigValues.integer(t, 0, 1_000_000),
            "requests at one time; 0: no limit");

    static final ConfigKey<Duration> IDEMPOTENCY_RETENTION = key(
            "idempotency.retention",
            "24h",
            t -> ConfigValues.duration(t, Duration.ofMinutes(1), Duration.ofDays(30)),
            "how long the answer to a request with an Idempotency-Key is kept");
    static final ConfigKey<Long> IDEMPOTENCY_MAX_ANSWER = key(
            "idempotency.max-answer",
            "1MiB",
            t -> ConfigValues.size(t, 0, 64L << 20),
            "the largest answer that is kept; a larger one releases its key");
    static final ConfigKey<Long> IDEMPOTENCY_MEMORY = key(
            "idempotency.memory",
            "64MiB",
            t -> ConfigValues.size(t, 0),
            "heap for answers with a key that run or wait to be stored");
    static final ConfigKey<Long> IDEMPOTENCY_MAX_STORED = key(
            "idempotency.max-stored",
            "256MiB",
            t -> ConfigValues.size(t, 0),
            "for the stored answers of one tenant; beyond it the oldest go");
    static final ConfigKey<Duration> IDEMPOTENCY_WAIT = key(
            "idempotency.wait",
            "2m",
            t -> ConfigValues.duration(t, Duration.ofMillis(100), Duration.ofHours(1)),
            "how long a repeated request waits for the first byte of the one that runs");
    static final ConfigKey<Duration> JOURNAL_SYNC = key(
            "journal.sync",
            "100ms",
            t -> ConfigValues.duration(t, Duration.ofMillis(1), Duration.ofMinutes(1)),
            "how long a usage record may be in the kernel alone before it is forced to the disk");
    static final ConfigKey<JournalConfig.OnFull> JOURNAL_ON_FULL = key(
            "journal.on-full",
            "refuse",
            t -> ConfigValues.oneOf(t, JournalConfig.OnFull.class),
            "requests while the journal's disk takes no records: refuse them, or continue and keep records in memory");
    static final ConfigKey<Path> BACKUP_DIRECTORY = key(
            "backup.directory",
            null,
            ConfigValues::path,
            "where backups are kept; null: backups in the data directory");
    static final ConfigKey<Duration> BACKUP_EVERY = key(
            "backup.every",
            "0",
            t -> ConfigValues.durationOrOff(t, Duration.ofMinutes(1), Duration.ofDays(366)),
            "how often the server makes one by itself; 0: never");
    static final ConfigKey<Integer> BACKUP_KEEP =
            key("backup.keep", "7", t -> ConfigValues.integer(t, 1, 10_000), "how many of those are kept");
    static final ConfigKey<Integer> BACKUP_BEFORE_MIGRATION = key(
            "backup.before-migration",
            "3",
            t -> ConfigValues.integer(t, 0, 1000),
            "how many backups are kept that are made before the schema of H2 changes; 0: none is made");
    static final ConfigKey<Path> BACKUP_PASSPHRASE_FILE = key(
            "backup.passphrase-file",
            null,
            ConfigValues::path,
            "a file with the passphrase that they are sealed under; null: none");
    static final ConfigKey<Path> BACKUP_RECIPIENT_KEY = key(
            "backup.recipient-key",
            null,
            ConfigValues::path,
            "a file with the public key that they are sealed for; null: none");
    static final ConfigKey<List<Path>> SECRET_DIRECTORIES =
            list("secrets.directories", ConfigValues::absolutePath, "where file: references of providers may point");
    static final ConfigKey<List<Cidr>> EGRESS_ALLOW = list(
            "egress.allow",
            t -> Cidr.parse("", t),
            "link-local or metadata addresses that providers may have all the same");
    static final ConfigKey<Path> UPSTREAM_CA_FILE = key(
            "upstream.ca-file",
            null,
            ConfigValues::path,
            "PEM authorities that providers are believed by, besides the system's");
    static final ConfigKey<UpstreamProxy> UPSTREAM_PROXY = key(
            "upstream.proxy",
            null,
            ConfigValues::proxy,
            "the HTTP proxy to providers: http://[user:password@]host:port; null: none");
    static final ConfigKey<List<String>> UPSTREAM_NO_PROXY =
            list("upstream.no-proxy", ConfigValues::hostPattern, "hosts reached without it: names, globs, .suffixes");
    static final ConfigKey<Integer> BREAKER_FAILURES = key(
            "resilience.breaker-failures",
            "10",
            t -> ConfigValues.integer(t, 0, 100),
            "how many more calls of a provider's model must fail than succeed until it is left alone; 0: never");
    static final ConfigKey<Duration> BREAKER_PAUSE = key(
            "resilience.breaker-pause",
            "5s",
            t -> ConfigValues.duration(t, Duration.ofMillis(100), Duration.ofMinutes(10)),
            "how long it is left alone before one call tries it; twice as long after each try that fails");
    static final ConfigKey<Integer> RETRY_PERCENT = key(
            "resilience.retry-percent",
            "20",
            t -> ConfigValues.integer(t, 0, 100),
            "how many of a provider's running calls may be retries, but for three that always may");
    static final ConfigKey<Duration> RESILIENCE_TIMEOUT = key(
            "resilience.timeout",
            "0s",
            t -> ConfigValues.durationOrOff(t, Duration.ofMillis(1), Duration.ofDays(1)),
            "for the whole of a request, all attempts and the answer's last byte included, where no route says otherwise; 0s: none");
    static final ConfigKey<Integer> PROVIDER_CALLS = key(
            "resilience.provider-calls",
            "0",
            t -> ConfigValues.integer(t, 0, 1_000_000),
            "how many calls of one provider may run at a time, so that one that hangs leaves room for others; 0: any");
    static final ConfigKey<Duration> HEALTH_CHECK = key(
            "health.check",
            "0s",
            t -> ConfigValues.durationOrOff(t, Duration.ofSeconds(1), Duration.ofDays(1)),
            "how often every provider is asked for its models, which costs nothing; 0s: never");
    static final ConfigKey<PricingConfig.Unknown> PRICING_UNKNOWN = key(
            "pricing.unknown",
            "allow",
            t -> ConfigValues.oneOf(t, PricingConfig.Unknown.class),
            "a request whose model has no known price: allow serves and marks it, deny refuses it");
    static final ConfigKey<TranslationConfig.Unsupported> TRANSLATION_UNSUPPORTED = key(
            "translation.unsupported",
            "refuse",
            t -> ConfigValues.oneOf(t, TranslationConfig.Unsupported.class),
            "a parameter that a provider of another dialect does not have: refuse answers 400, drop leaves it out and says so");
    static final ConfigKey<Boolean> TRANSLATION_FETCH_IMAGES = key(
            "translation.fetch-images",
            "false",
            ConfigValues::bool,
            "whether images and documents that clients tell by their URLs are fetched for providers that want the bytes");
    static final ConfigKey<List<Integer>> ALERT_THRESHOLDS = list(
            "alerts.thresholds",
            "[50, 80, 100]",
            t -> ConfigValues.integer(t, 1, 100),
            "percents of a budget of money or tokens that are told once in each of its periods; []: no alerts");
    static final ConfigKey<URI> WEBHOOK_URL = key(
            "alerts.webhook.url",
            null,
            ConfigValues::webhook,
            "where alerts are posted; null: they are in the log alone");
    static final ConfigKey<Path> WEBHOOK_SECRET_FILE = key(
            "alerts.webhook.secret-file",
            null,
            ConfigValues::path,
            "a file with the secret that calls are signed with");
    static final ConfigKey<Duration> WEBHOOK_TIMEOUT = key(
            "alerts.webhook.timeout",
            "10s",
            t -> ConfigValues.duration(t, Duration.ofMillis(100), Duration.ofSeconds(60)),
            "how long a call may take");
    static final ConfigKey<Duration> WEBHOOK_RETRY_FOR = key(
            "alerts.webhook.retry-for",
            "24h",
            t -> ConfigValues.duration(t, Duration.ZERO, Duration.ofDays(30)),
            "how long an alert that the webhook does not take is sent again");
    static final ConfigKey<URI> TRACING_ENDPOINT = key(
            "tracing.endpoint",
            null,
            ConfigValues::webhook,
            "the collector of traces, by OTLP over HTTP, as http://127.0.0.1:4318/v1/traces; null: no traces");
    static final ConfigKey<Path> TRACING_HEADERS_FILE = key(
            "tracing.headers-file",
            null,
            ConfigValues::path,
            "a file with header fields for the collector, one `Name: value` a line");
    static final ConfigKey<Double> TRACING_RATIO = key(
            "tracing.sample-ratio",
            "1.0",
            ConfigValues::ratio,
            "how many of the requests that bring no trace along are traced, 0 to 1");
    static final ConfigKey<String> TRACING_SERVICE_NAME = key(
            "tracing.service-name",
            "llmproxy",
            t -> Checks.text("tracing.service-name", t, 128),
            "what the service is called in traces");
    static final ConfigKey<Integer> TRACING_QUEUE = key(
            "tracing.queue",
            "8192",
            t -> ConfigValues.integer(t, 16, 1_000_000),
            "how many spans may wait for the collector; beyond it they are dropped and counted");
    static final ConfigKey<Duration> TRACING_TIMEOUT = key(
            "tracing.timeout",
            "10s",
            t -> ConfigValues.duration(t, Duration.ofMillis(100), Duration.ofSeconds(60)),
            "how long the collector may take for a batch");
    static final ConfigKey<Boolean> TRACING_CONTENT = key(
            "tracing.content",
            "false",
            ConfigValues::bool,
            "whether spans say what was asked and answered, of tenants whose requests are audited redacted or full, and as they are");
    static final ConfigKey<Duration> SHUTDOWN_GRACE = key(
            "shutdown.grace",
            "30s",
            t -> ConfigValues.duration(t, Duration.ZERO, Duration.ofHours(24)),
            "how long running requests may take to finish after SIGTERM");
    static final ConfigKey<Duration> SHUTDOWN_LEAVE = key(
            "shutdown.leave",
            "10m",
            t -> ConfigValues.duration(t, Duration.ZERO, Duration.ofHours(24)),
            "how long requests may take to finish in a process that handed over to its successor");
    static final ConfigKey<LogConfig.Format> LOG_FORMAT = key(
            "log.format",
            "auto",
            t -> ConfigValues.oneOf(t, LogConfig.Format.class),
            "auto: text on a terminal, JSON lines elsewhere; text; json");
    static final ConfigKey<LogConfig.Threshold> LOG_LEVEL = key(
            "log.level", "info", t -> ConfigValues.oneOf(t, LogConfig.Threshold.class), "debug, info, warn or error");
    static final ConfigKey<LogConfig.Access> LOG_ACCESS = key(
            "log.access",
            "off",
            ConfigValues::access,
            "a line for each request: all, errors (those that did not go well) or off");
    static final ConfigKey<Boolean> LOG_ADDRESSES =
            key("log.addresses", "false", ConfigValues::bool, "whether those lines name the clients' addresses");
    static final ConfigKey<Path> LOG_FILE =
            key("log.file.path", null, ConfigValues::path, "the file that the log goes to; null: standard error");
    static final ConfigKey<Long> LOG_FILE_SIZE = key(
            "log.file.max-size",
            "64MiB",
            t -> ConfigValues.size(t, 1 << 10),
            "how large it grows before it is set aside as FILE.1");
    static final ConfigKey<Integer> LOG_FILE_KEEP = key(
            "log.file.keep",
            "5",
            t -> ConfigValues.integer(t, 0, 1000),
            "how many files are kept besides the one that is written");

    private ConfigReference() {}

    /** The four keys of one level of limits. */
    static final class Level {
        final ConfigKey<Long> requests;
        final ConfigKey<String> per;
        final ConfigKey<String> algorithm;
        final ConfigKey<Integer> segments;

        private Level(String name, String requests, String per, String algorithm) {
            String prefix = "limits." + name;
            this.requests =
                    key(prefix + ".requests", requests, ConfigValues::count, "requests per period; 0: no limit");
            this.per = key(
                    prefix + ".per",
                    per,
                    t -> ConfigValues.oneOf(t, "second", "minute", "hour", "day", "month", "total"),
                    "the period");
            this.algorithm = key(
                    prefix + ".algorithm",
                    algorithm,
                    t -> ConfigValues.oneOf(t, "token-bucket", "fixed-window", "sliding-window"),
                    "how requests are counted");
            this.segments =
                    key(prefix + ".segments", "6", t -> ConfigValues.integer(t, 1, 60), "parts of a sliding window");
        }
    }

    /** What {@code llmproxyctl config reload} applies to the running process. */
    private static final Set<String> RELOADED = Set.of(
            TRUSTED_PROXIES.name(),
            HEAD_TIMEOUT.name(),
            KEEP_ALIVE.name(),
            MIN_RATE.name(),
            IDLE_TIMEOUT.name(),
            SECRET_DIRECTORIES.name(),
            SHUTDOWN_LEAVE.name(),
            LOG_LEVEL.name(),
            LOG_ACCESS.name(),
            LOG_ADDRESSES.name());

    /** Whether a changed value is applied by a reload; the others are by a restart. */
    public static boolean reloads(String key) {
        return RELOADED.contains(key) || key.startsWith("limits.");
    }

    public static List<ConfigKey<?>> keys() {
        return List.copyOf(KEYS);
    }

    static Optional<ConfigKey<?>> find(String name) {
        return KEYS.stream()
                .filter(k -> k.name().equals(name))
                .<ConfigKey<?>>map(k -> k)
                .findFirst();
    }

    /** Whether keys lie below that name. */
    static boolean section(String name) {
        return KEYS.stream().anyMatch(k -> k.name().startsWith(name + "."));
    }

    /** The known key that is spelled most alike, where one is near. */
    static @Nullable String nearest(String name) {
        String best = null;
        int bestDistance = Math.max(2, name.length() / 3) + 1;
        for (ConfigKey<?> key : KEYS) {
            int distance = Spelling.distance(name, key.name());
            if (distance < bestDistance) {
                best = key.name();
                bestDistance = distance;
            }
        }
        return best;
    }

    static <T> ConfigKey<T> key(String name, @Nullable String fallback, Function<String, T> one, String doc) {
        ConfigKey<T> key = new ConfigKey<>(name, fallback, false, texts -> one.apply(texts.getFirst()), doc);
        KEYS.add(key);
        return key;
    }

    private static ConfigKey<Duration> waiting(String name, String fallback, String doc) {
        return key(name, fallback, t -> ConfigValues.duration(t, Duration.ofMillis(100), Duration.ofHours(24)), doc);
    }

    private static <T> ConfigKey<List<T>> list(String name, Function<String, T> item, String doc) {
        return list(name, "[]", item, doc);
    }

    static <T> ConfigKey<List<T>> list(String name, String fallback, Function<String, T> item, String doc) {
        ConfigKey<List<T>> key = new ConfigKey<>(
                name, fallback, true, texts -> texts.stream().map(item).toList(), doc);
        KEYS.add(key);
        return key;
    }
}
