package io.llmproxy.config;

import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.model.UpstreamProxy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an installation is told before it starts; the keys and defaults are those of conf/llmproxy.yaml. */
public record ApplianceConfig(
        @Nullable String tenant,
        GatewayConfig gateway,
        AdminConfig admin,
        DatabaseConfig database,
        RedisConfig redis,
        LimitsConfig limits,
        IdempotencyConfig idempotency,
        JournalConfig journal,
        BackupConfig backup,
        SecretsConfig secrets,
        EgressConfig egress,
        UpstreamConfig upstream,
        ResilienceConfig resilience,
        PricingConfig pricing,
        TranslationConfig translation,
        AlertsConfig alerts,
        TracingConfig tracing,
        ShutdownConfig shutdown,
        LogConfig log) {

    /** A host and a port; port 0 picks a free one. */
    public record Listen(String host, int port) {
        @Override
        public String toString() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * The listener for clients. Sizes in bytes.
     *
     * @param tls null: HTTP without TLS
     * @param proxyProtocol whether trusted proxies begin their connections with a PROXY header
     * @param sseKeepAlive zero: off
     * @param costHeader whether clients are told what an answer cost
     */
    public record GatewayConfig(
            Listen listen,
            @Nullable TlsConfig tls,
            long maxBody,
            long maxUpload,
            long bodyMemory,
            boolean queryKey,
            List<Cidr> trustedProxies,
            boolean proxyProtocol,
            Duration sseKeepAlive,
            boolean costHeader,
            Clients clients) {

        /**
         * How long clients may take.
         *
         * @param head for the head of a request
         * @param keepAlive between two requests of a connection
         * @param rate bytes per second that a body must come in; 0: any
         * @param idle for one read of a body or one write of an answer
         */
        public record Clients(Duration head, Duration keepAlive, long rate, Duration idle) {}
    }

    /**
     * PEM files: the certificate with its chain, and its private key.
     *
     * @param keyPassword a file; null: the key is not encrypted
     * @param newestAlone whether TLS 1.2 is refused
     * @param clientCa PEM: the authorities of clients; null where they are not asked for certificates
     */
    public record TlsConfig(
            Path certificate,
            Path key,
            @Nullable Path keyPassword,
            boolean newestAlone,
            @Nullable Path clientCa,
            ClientAuth clientAuth) {
        /** Whether clients are asked for certificates. */
        public enum ClientAuth {
            NONE,
            OPTIONAL,
            REQUIRED
        }
    }

    /**
     * The listeners for administration.
     *
     * @param tls of the one over TCP; null: HTTP without TLS
     * @param auth who may administer over TCP
     * @param socket null: the default place
     */
    public record AdminConfig(
            Listen listen,
            @Nullable TlsConfig tls,
            AdminAuthConfig auth,
            @Nullable Path socket,
            @Nullable String socketGroup) {}

    /**
     * Who may administer over TCP; nobody, where both are null.
     *
     * @param tokens a file of names, roles and hashes of tokens
     */
    public record AdminAuthConfig(
            @Nullable Path tokens, @Nullable Jwt jwt) {
        /**
         * Tokens that another signs. Of the keys either is given.
         *
         * @param keys a file, as a JSON Web Key Set
         * @param keysUrl where such a set is, by HTTPS
         * @param leeway how far clocks may differ
         * @param maxLifetime from a token's being issued to its end
         */
        public record Jwt(
                String issuer,
                String audience,
                @Nullable Path keys,
                @Nullable URI keysUrl,
                List<String> algorithms,
                String roleClaim,
                String tenantClaim,
                String userClaim,
                Duration leeway,
                Duration maxLifetime) {}
    }

    /** @param url null: embedded H2 in the data directory */
    public record DatabaseConfig(
            @Nullable String url,
            @Nullable String user,
            @Nullable Path passwordFile,
            int pool) {}

    /**
     * Where counters are shared.
     *
     * @param caFile authorities besides those of this Java; null: none
     */
    public record RedisConfig(
            @Nullable String url,
            @Nullable Path passwordFile,
            @Nullable Path caFile,
            String onFailure) {}

    /** The levels every installation starts with. */
    public record LimitsConfig(Level global, Level tenant, Level user, Level ip, int concurrency) {
        /** @param requests 0 turns it off */
        public record Level(long requests, String per, String algorithm, int segments) {
            /** The level as limits: one, or none where it is turned off. */
            List<Limit> limits(String name, LimitScope scope) {
                if (requests == 0) {
                    return List.of();
                }
                return List.of(new Limit(
                        "config:" + name,
                        null,
                        scope,
                        null,
                        LimitMetric.REQUESTS,
                        requests,
                        LimitPeriod.parse("per", per),
                        LimitAlgorithm.parse("algorithm", algorithm),
                        segments,
                        LimitMode.HARD,
                        LimitOrigin.CONFIG,
                        ZoneOffset.UTC));
            }
        }

        /** All levels as limits. @throws io.llmproxy.domain.error.InvalidValueException where one makes no sense */
        public List<Limit> limits() {
            List<Limit> out = new ArrayList<>();
            out.addAll(global.limits("global", LimitScope.GLOBAL));
            out.addAll(tenant.limits("tenant", LimitScope.TENANT));
            out.addAll(user.limits("user", LimitScope.USER));
            out.addAll(ip.limits("ip", LimitScope.IP));
            if (concurrency > 0) {
                out.add(Limit.of(
                        "config:concurrency",
                        LimitScope.GLOBAL,
                        LimitMetric.CONCURRENCY,
                        concurrency,
                        LimitPeriod.NONE,
                        LimitAlgorithm.FIXED_WINDOW,
                        LimitOrigin.CONFIG));
            }
            return out;
        }
    }

    /**
     * Requests with an Idempotency-Key; sizes in bytes.
     *
     * @param retention how long an answer is kept
     * @param maxAnswer the largest body that is recorded
     * @param memory for all answers that run or wait to be stored
     * @param maxStored for the stored answers of one tenant
     * @param patience for the first byte of the request that is repeated
     */
    public record IdempotencyConfig(
            Duration retention, long maxAnswer, long memory, long maxStored, Duration patience) {}

    /** @param sync how long a record may be in the kernel alone */
    public record JournalConfig(Duration sync, OnFull onFull) {
        /** What happens to requests while the journal's disk takes no records. */
        public enum OnFull {
            REFUSE,
            CONTINUE
        }
    }

    /** @param directories where {@code file:} references may point */
    public record SecretsConfig(List<Path> directories) {}

    /** @param allow link-local and metadata addresses that providers may have all the same */
    public record EgressConfig(List<Cidr> allow) {}

    /**
     * How providers are reached that say nothing else.
     *
     * @param caFile authorities besides the system's; null: none
     * @param noProxy hosts to which no proxy is used
     */
    public record UpstreamConfig(
            @Nullable Path caFile, @Nullable UpstreamProxy proxy, List<String> noProxy) {}

    /**
     * What is done about providers that fail.
     *
     * @param breakerFailures how many more calls must fail than succeed until a target is left alone; 0: never
     * @param breakerPause for how long, before one call tries it
     * @param retryPercent how many of a provider's running calls may be retries
     * @param timeout for the whole of a request where no route says otherwise; zero: none
     * @param providerCalls how many calls of one provider may run at a time; 0: any
     * @param healthCheck how often each provider is asked for its models; zero: never
     */
    public record ResilienceConfig(
            int breakerFailures,
            Duration breakerPause,
            int retryPercent,
            Duration timeout,
            int providerCalls,
            Duration healthCheck) {}

    /**
     * How conversations of other dialects are taken to a provider.
     *
     * @param unsupported what is done about parameters that it does not have
     * @param fetchImages whether images and documents that a client tells by their URLs are fetched where it wants their bytes
     */
    public record TranslationConfig(Unsupported unsupported, boolean fetchImages) {
        /** REFUSE: 400, by name. DROP: left out, and told in a header field. */
        public enum Unsupported {
            REFUSE,
            DROP
        }
    }

    /** What is done about prices that nobody knows. */
    public record PricingConfig(Unknown unknown) {
        /** ALLOW: served, and marked in the ledger. DENY: refused. */
        public enum Unknown {
            ALLOW,
            DENY
        }
    }

    /**
     * When budgets are alerts, and who is told.
     *
     * @param thresholds percents; none: no alerts
     * @param webhook null: the log alone
     */
    public record AlertsConfig(
            List<Integer> thresholds, @Nullable Webhook webhook) {
        /**
         * Who is called.
         *
         * @param secretFile holds what calls are signed with
         * @param timeout for one call
         * @param retryFor how long it is tried
         */
        public record Webhook(URI url, Path secretFile, Duration timeout, Duration retryFor) {}
    }

    /**
     * Where traces of requests go.
     *
     * @param endpoint the whole URL of a collector that takes OTLP over HTTP; null: nobody is told
     * @param headersFile holds fields for the collector, credentials as a rule
     * @param ratio of the requests that bring no trace along, 0 to 1
     * @param queue how many spans may wait
     * @param timeout for one batch
     */
    public record TracingConfig(
            @Nullable URI endpoint,
            @Nullable Path headersFile,
            double ratio,
            String serviceName,
            int queue,
            Duration timeout,
            boolean content) {}

    /**
     * Copies of the state that the server makes by itself.
     *
     * @param directory null: {@code backups} in the data directory
     * @param every zero: none
     * @param keep how many of those are kept
     * @param beforeMigration how many of those are kept that are made before the schema of an embedded database changes; zero: none is made
     * @param passphraseFile null: not sealed under a passphrase
     * @param recipientKey a file with the public key that they are sealed for; null: none
     */
    public record BackupConfig(
            @Nullable Path directory,
            Duration every,
            int keep,
            int beforeMigration,
            @Nullable Path passphraseFile,
            @Nullable Path recipientKey) {}

    /**
     * How a process ends.
     *
     * @param grace how long running requests may take to finish
     * @param leave the same where a successor serves already
     */
    public record ShutdownConfig(Duration grace, Duration leave) {}

    /**
     * How the log is written.
     *
     * @param access which requests have a line
     * @param addresses whether those lines name the clients' addresses
     * @param file null: standard error
     */
    public record LogConfig(
            Format format,
            Threshold level,
            Access access,
            boolean addresses,
            @Nullable LogFile file) {
        /** Which requests have a line of their own. */
        public enum Access {
            OFF,
            ERRORS,
            ALL
        }

        /**
         * A file that is set aside when it grows.
         *
         * @param maxSize in bytes
         * @param keep how many are kept besides the one that is written
         */
        public record LogFile(Path path, long maxSize, int keep) {}

        /** AUTO: text on a terminal, JSON lines elsewhere. */
        public enum Format {
            AUTO,
            TEXT,
            JSON
        }

        /** From the most to the least talkative. */
        public enum Threshold {
            DEBUG,
            INFO,
            WARN,
            ERROR
        }
    }
}
