package io.llmproxy;

import io.llmproxy.adapter.admin.auth.AuthSettings;
import io.llmproxy.adapter.http.ClientPatience;
import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.adapter.jdbc.Upgrade;
import io.llmproxy.adapter.log.AccessLog;
import io.llmproxy.adapter.log.Logging;
import io.llmproxy.adapter.log.RunningLog;
import io.llmproxy.adapter.provider.support.UpstreamDefaults;
import io.llmproxy.adapter.provider.support.chat.Translations;
import io.llmproxy.adapter.telemetry.OtlpTracing;
import io.llmproxy.adapter.webhook.SignedWebhook;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ApplianceConfig.AdminAuthConfig;
import io.llmproxy.config.ApplianceConfig.AlertsConfig.Webhook;
import io.llmproxy.config.ApplianceConfig.GatewayConfig.Clients;
import io.llmproxy.config.ApplianceConfig.IdempotencyConfig;
import io.llmproxy.config.ApplianceConfig.LogConfig;
import io.llmproxy.config.ApplianceConfig.PricingConfig;
import io.llmproxy.config.ApplianceConfig.TracingConfig;
import io.llmproxy.config.ApplianceConfig.TranslationConfig;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.gateway.BodyRoom;
import io.llmproxy.gateway.GatewaySettings;
import io.llmproxy.gateway.OnFull;
import io.llmproxy.gateway.PricingRules;
import io.llmproxy.gateway.estimate.UsageEstimator;
import io.llmproxy.gateway.idempotency.IdempotencySettings;
import io.llmproxy.gateway.resilience.ResilienceRules;
import io.llmproxy.port.AlertHook;
import io.llmproxy.port.EndedRequest;
import io.llmproxy.port.LogControl;
import io.llmproxy.port.Tokenizer;
import java.io.Console;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** What the configuration means to the parts: each key in the terms of the part that it is for. */
final class PartSettings {
    private PartSettings() {}

    /** Opens it. */
    static Database database(ApplianceConfig config, Path directory, Upgrade upgrade, boolean join) throws IOException {
        Secret password = databasePassword(config);
        return Database.open(
                config.database().url(),
                directory,
                config.database().user(),
                password,
                config.database().pool(),
                upgrade,
                join);
    }

    static @Nullable Secret databasePassword(ApplianceConfig config) throws IOException {
        Path file = config.database().passwordFile();
        return file == null ? null : new Secret(Files.readString(file).strip());
    }

    static UpstreamDefaults upstreamDefaults(ApplianceConfig.UpstreamConfig config) {
        return new UpstreamDefaults(config.caFile(), config.proxy(), config.noProxy());
    }

    /** @param room for large bodies that were translated */
    static Translations translations(
            TranslationConfig config, BodyRoom room, Tokenizer tokenizer, InstantSource clock) {
        boolean drop = config.unsupported() == TranslationConfig.Unsupported.DROP;
        return new Translations(drop, config.fetchImages(), room, new UsageEstimator(tokenizer), clock);
    }

    static AuthSettings auth(AdminAuthConfig config) {
        AdminAuthConfig.Jwt jwt = config.jwt();
        return new AuthSettings(
                config.tokens(),
                jwt == null
                        ? null
                        : new AuthSettings.Jwt(
                                jwt.issuer(),
                                jwt.audience(),
                                jwt.keys(),
                                jwt.keysUrl(),
                                jwt.algorithms(),
                                new AuthSettings.Claims(jwt.roleClaim(), jwt.tenantClaim(), jwt.userClaim()),
                                jwt.leeway(),
                                jwt.maxLifetime()));
    }

    static IdempotencySettings idempotency(IdempotencyConfig config) {
        return new IdempotencySettings(
                config.retention(), config.maxAnswer(), config.memory(), config.maxStored(), config.patience());
    }

    /** @param spool where bodies go that are too large for the memory */
    static GatewaySettings gateway(ApplianceConfig all, Path spool) {
        ApplianceConfig.GatewayConfig config = all.gateway();
        return new GatewaySettings(
                config.maxBody(),
                config.maxUpload(),
                config.bodyMemory(),
                config.queryKey(),
                config.sseKeepAlive(),
                spool,
                new PricingRules(all.pricing().unknown() == PricingConfig.Unknown.DENY, config.costHeader()),
                new ResilienceRules(
                        all.resilience().breakerFailures(),
                        all.resilience().breakerPause(),
                        all.resilience().retryPercent(),
                        ResilienceRules.DEFAULT.retriesAtLeast(),
                        all.resilience().timeout().isZero()
                                ? null
                                : all.resilience().timeout(),
                        all.resilience().providerCalls() == 0
                                ? Integer.MAX_VALUE
                                : all.resilience().providerCalls()));
    }

    /**
     * @param tls for a receiver over HTTPS
     * @throws StartException where the secret cannot be read
     */
    static AlertHook hook(@Nullable Webhook webhook, Supplier<SSLSocketFactory> tls) throws StartException {
        if (webhook == null) {
            return (alert, now) -> {};
        }
        try {
            SignedWebhook.secret(webhook.secretFile());
        } catch (IOException e) {
            throw new StartException(StartException.USAGE, "alerts.webhook.secret-file: " + e.getMessage(), e);
        }
        return new SignedWebhook(webhook.url(), webhook.secretFile(), webhook.timeout(), tls);
    }

    /** @throws StartException where the file of header fields cannot be read; null: no traces are wanted */
    static OtlpTracing.@Nullable Settings tracing(TracingConfig config) throws StartException {
        URI endpoint = config.endpoint();
        if (endpoint == null) {
            return null;
        }
        try {
            OtlpTracing.check(config.headersFile());
        } catch (IOException e) {
            throw new StartException(
                    StartException.USAGE, "tracing.headers-file " + config.headersFile() + ": " + e.getMessage(), e);
        }
        return new OtlpTracing.Settings(
                endpoint,
                config.headersFile(),
                config.ratio(),
                config.serviceName(),
                Version.current(),
                config.queue(),
                config.timeout(),
                config.content());
    }

    static OnFull onFull(ApplianceConfig.JournalConfig config) {
        return switch (config.onFull()) {
            case REFUSE -> OnFull.REFUSE;
            case CONTINUE -> OnFull.CONTINUE;
        };
    }

    static ClientPatience patience(Clients clients) {
        return new ClientPatience(
                clients.head(), clients.keepAlive(), clients.rate(), ClientPatience.DEFAULT.window(), clients.idle());
    }

    /** Opens it. */
    static RunningLog log(LogConfig config, Map<String, String> environment) throws StartException {
        try {
            return Logging.install(logging(config, environment));
        } catch (IOException e) {
            throw new StartException(
                    StartException.FAILURE,
                    "log.file.path: `"
                            + (config.file() == null ? "" : config.file().path())
                            + "` cannot be written: " + e + "; give the directory to the user that the process runs as,"
                            + " or name another",
                    e);
        }
    }

    static Logging.Settings logging(LogConfig log, Map<String, String> environment) {
        LogConfig.LogFile file = log.file();
        return new Logging.Settings(
                format(log),
                level(log),
                Logging.journalReadsStandardError(environment),
                file == null ? null : new Logging.LogFile(file.path(), file.maxSize(), file.keep()));
    }

    /** The level of all loggers that have none of their own, where the configuration has another now. */
    static void relevel(LogControl running, LogConfig before, LogConfig next) {
        if (before.level() != next.level()) {
            running.set("", LogControl.Threshold.valueOf(next.level().name()));
        }
    }

    /** Who writes access lines; null: nobody. */
    static @Nullable Consumer<List<EndedRequest>> access(LogConfig config, RunningLog log) {
        return switch (config.access()) {
            case OFF -> null;
            case ERRORS -> new AccessLog(log, true, config.addresses())::write;
            case ALL -> new AccessLog(log, false, config.addresses())::write;
        };
    }

    private static Logging.Format format(LogConfig log) {
        return switch (log.format()) {
            case TEXT -> Logging.Format.TEXT;
            case JSON -> Logging.Format.JSON;
            case AUTO ->
                log.file() == null
                                && Optional.ofNullable(System.console())
                                        .map(Console::isTerminal)
                                        .orElse(false)
                        ? Logging.Format.TEXT
                        : Logging.Format.JSON;
        };
    }

    private static Level level(LogConfig log) {
        return switch (log.level()) {
            case DEBUG -> Level.DEBUG;
            case INFO -> Level.INFO;
            case WARN -> Level.WARNING;
            case ERROR -> Level.ERROR;
        };
    }
}
