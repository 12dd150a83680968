package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.port.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisException;

/** What people want to know of counters, and do to them: off the line, on connections of its own, and slowly. Blocks. */
final class RedisSurvey {
    /** How long a walk over all counters may take; half a million or so are seen in that time. */
    static final Duration BOUND = Duration.ofSeconds(3);

    private static final int CONNECT_MILLIS = 1000;
    private static final int READ_MILLIS = 5000;
    private static final int PAGE = 1000;

    private final RedisAddress address;
    private final RedisLine line;
    private final ServerTime time;
    private final String process;

    RedisSurvey(RedisAddress address, RedisLine line, ServerTime time, String process) {
        this.address = address;
        this.line = line;
        this.time = time;
        this.process = process;
    }

    Map<CounterKey, Long> used(Limit limit) {
        line.flush();
        Map<CounterKey, Long> used = new HashMap<>();
        scan(RedisKeys.present(limit), (connection, keys) -> look(connection, Map.of(limit, keys), used));
        return used;
    }

    /** Of all counters in one walk; the looks at those of a page are sent together. */
    Map<CounterKey, Long> used(Collection<Limit> limits) {
        line.flush();
        Map<String, Limit> names = new HashMap<>();
        limits.forEach(limit -> names.put(RedisKeys.name(limit), limit));
        Map<CounterKey, Long> used = new HashMap<>();
        long begun = System.nanoTime();
        scan(RedisKeys.counters(), (connection, keys) -> {
            if (System.nanoTime() - begun > BOUND.toNanos()) {
                String text = "the counters in Redis at " + address + " could not be looked at within "
                        + BOUND.toSeconds() + " s";
                throw new StoreException.CountersAway(text, new TimeoutException(text));
            }
            look(connection, byLimit(keys, names), used);
        });
        return used;
    }

    private static Map<Limit, List<byte[]>> byLimit(List<byte[]> keys, Map<String, Limit> names) {
        Map<Limit, List<byte[]>> counters = new LinkedHashMap<>();
        for (byte[] key : keys) {
            Limit limit = names.get(RedisKeys.name(key));
            if (limit != null) {
                counters.computeIfAbsent(limit, l -> new ArrayList<>()).add(key);
            }
        }
        return counters;
    }

    private void look(Connection connection, Map<Limit, List<byte[]>> counters, Map<CounterKey, Long> used) {
        boolean known = false;
        for (Map.Entry<Limit, List<byte[]>> own : counters.entrySet()) {
            Look look = look(own.getKey(), own.getValue(), null);
            // the first one brings the script
            connection.sendCommand(known ? look.byHash() : look.byText());
            known = true;
        }
        counters.forEach((limit, keys) -> {
            long[] counts = Unpacker.numbers((byte[]) connection.getOne());
            for (int i = 0; i < keys.size(); i++) {
                used.put(RedisKeys.parse(limit, keys.get(i)), counts[i + 1]);
            }
        });
    }

    void reset(Limit limit) {
        line.flush();
        scan(RedisKeys.all(limit), (connection, keys) -> {
            CommandArguments unlink = new CommandArguments(Protocol.Command.UNLINK);
            keys.forEach(unlink::add);
            connection.executeCommand(unlink);
        });
    }

    /** On the line, in the background. */
    void seed(PastUse past) {
        Limit limit = past.limit();
        line.submit(look(limit, List.of(RedisKeys.counter(limit, past.key().subject())), past));
    }

    private Look look(Limit limit, List<byte[]> counters, @Nullable PastUse past) {
        List<byte[]> keys = new ArrayList<>(counters.size() + 1);
        keys.add(RedisKeys.leases());
        keys.addAll(counters);
        long now = time.now();
        List<PastUse.Part> parts = past == null ? List.of() : past.parts();
        Packer packer = new Packer(9 + 2 * parts.size())
                .number(time.told())
                .text(process)
                .number(past == null ? -1 : past.charge().amount())
                .number(RedisKeys.kind(limit))
                .number(limit.amount())
                .number(limit.period().micros())
                .number(limit.segments())
                .number(ServerTime.start(limit, now))
                .number(ServerTime.end(limit, now));
        parts.forEach(p -> packer.number(time.of(p.until())).number(p.amount()));
        return new Look(keys, packer.bytes());
    }

    private static final class Look extends Call {
        Look(List<byte[]> keys, byte[] argument) {
            super(RedisScript.LOOK, keys, argument);
        }

        @Override
        void answered(Object answer) {
            // counters count at least so much now
        }

        @Override
        public void failed() {
            // they begin anew when Redis is back, and are told again
        }
    }

    private interface Page {
        void read(Connection connection, List<byte[]> keys);
    }

    private void scan(byte[] pattern, Page page) {
        try (Connection connection = address.connect(CONNECT_MILLIS, READ_MILLIS)) {
            byte[] cursor = {'0'};
            do {
                CommandArguments scan = new CommandArguments(Protocol.Command.SCAN)
                        .add(cursor)
                        .add("MATCH")
                        .add(pattern)
                        .add("COUNT")
                        .add(PAGE);
                List<?> answer = (List<?>) connection.executeCommand(scan);
                cursor = (byte[]) answer.get(0);
                List<byte[]> keys = new ArrayList<>();
                Consumer<Object> add = key -> keys.add((byte[]) key);
                ((List<?>) answer.get(1)).forEach(add);
                if (!keys.isEmpty()) {
                    page.read(connection, keys);
                }
            } while (cursor.length != 1 || cursor[0] != '0');
        } catch (JedisException e) {
            throw new StoreException.CountersAway("Redis at " + address + " does not answer", e);
        }
    }
}
