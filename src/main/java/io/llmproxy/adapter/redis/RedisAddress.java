package io.llmproxy.adapter.redis;

import io.llmproxy.domain.secret.Secret;
import java.net.URI;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.SslVerifyMode;

/**
 * Where Redis is and how to get in: {@code redis://HOST:PORT/DATABASE}, or {@code rediss://} for TLS, which checks the server's
 * certificate and name by the authorities that this Java trusts.
 *
 * @param password null: none is sent
 */
public record RedisAddress(
        String host,
        int port,
        int database,
        boolean tls,
        @Nullable Secret password) {
    private static final int DEFAULT_PORT = 6379;

    /** @throws IllegalArgumentException where the URL is none of Redis */
    public static RedisAddress of(String url, @Nullable Secret password) {
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
                password);
    }

    /** A new connection, on which the password was accepted and the database is chosen. Blocks. */
    Connection connect(int connectMillis, int readMillis) {
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
            SSLParameters checks = new SSLParameters();
            checks.setEndpointIdentificationAlgorithm("HTTPS");
            config.sslOptions(SslOptions.builder()
                    .sslParameters(checks)
                    .sslVerifyMode(SslVerifyMode.FULL)
                    .build());
        }
        Connection connection = new Connection(new HostAndPort(host, port), config.build());
        connection.connect();
        return connection;
    }

    @Override
    public String toString() {
        return host + ":" + port + "/" + database;
    }
}
