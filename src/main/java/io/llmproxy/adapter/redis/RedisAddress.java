package io.llmproxy.adapter.redis;

import io.llmproxy.domain.secret.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;

/**
 * Where Redis is and how to get in: {@code redis://HOST:PORT/DATABASE}, or {@code rediss://} for TLS, which checks the server's
 * certificate and name by the authorities that this Java trusts, and those of a file.
 *
 * @param password null: none is sent
 * @param trust by whom it is believed where it speaks TLS
 */
public record RedisAddress(
        String host,
        int port,
        int database,
        boolean tls,
        @Nullable Secret password,
        RedisTrust trust) {
    private static final int DEFAULT_PORT = 6379;

    /**
     * Of a URL.
     *
     * @param caFile authorities besides those of this Java, in PEM; null: none
     * @throws IllegalArgumentException where the URL is none of Redis
     * @throws IOException where the file cannot be read, or holds no certificate
     */
    public static RedisAddress of(String url, @Nullable Secret password, @Nullable Path caFile) throws IOException {
        return of(url, password, caFile == null ? RedisTrust.SYSTEM : RedisTrust.besides(caFile));
    }

    static RedisAddress of(String url, @Nullable Secret password) {
        return of(url, password, RedisTrust.SYSTEM);
    }

    private static RedisAddress of(String url, @Nullable Secret password, RedisTrust trust) {
        URI uri = URI.create(url);
        String host = uri.getHost();
        if (host == null) {
            throw new IllegalArgumentException("the URL of Redis names no host");
        }
        String path = uri.getPath() == null ? "" : uri.getPath().replaceFirst("^/", "");
        return new RedisAddress(
                host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(),
                path.isEmpty() ? 0 : Integer.parseInt(path),
                "rediss".equals(uri.getScheme()),
                password,
                trust);
    }

    /** A new connection, on which the password was accepted and the database is chosen. Blocks. */
    Wire connect(int connectMillis, int readMillis) {
        DefaultJedisClientConfig.Builder config = DefaultJedisClientConfig.builder()
                .connectionTimeoutMillis(connectMillis)
                .socketTimeoutMillis(readMillis)
                .database(database)
                .resp2()
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED);
        if (password != null) {
            config.password(password.reveal());
        }
        if (tls) {
            config.sslOptions(trust.options());
        }
        Wire connection = new Wire(new HostAndPort(host, port), config.build());
        connection.connect();
        return connection;
    }

    @Override
    public String toString() {
        return host + ":" + port + "/" + database;
    }
}
