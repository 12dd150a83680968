package io.llmproxy.testing;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.clients.jedis.Jedis;

/** How often a Redis was called, by its own count; the commands that scripts give count too. */
public final class RedisCalls implements AutoCloseable {
    private final Jedis redis;

    public RedisCalls(RedisServer server) {
        redis = new Jedis(server.url());
    }

    /** Counts anew. */
    public void forget() {
        redis.configResetStat();
    }

    public long of(String command) {
        Matcher calls = Pattern.compile("cmdstat_" + command + ":calls=(\\d+),").matcher(redis.info("commandstats"));
        return calls.find() ? Long.parseLong(calls.group(1)) : 0;
    }

    /** Scripts that were run. */
    public long scripts() {
        return of("evalsha") + of("eval") + of("fcall");
    }

    @Override
    public void close() {
        redis.close();
    }
}
