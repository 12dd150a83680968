package io.llmproxy.adapter.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisAccessControlException;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * The one connection to Redis, and the one thread that talks on it.
 *
 * <p>All that is asked for while a round trip is under way goes out together with the next one: under load a request costs a share of
 * a system call, and no pool has to be waited for. Calls are done in the order in which they were asked for, and corrections before
 * what was asked after them, so that a process sees what it gave back.
 *
 * <p>While the {@link RedisBreaker} is open nothing is asked for but beats, and corrections wait.
 */
final class RedisLine implements AutoCloseable {
    /** How long a request waits for an answer. */
    static final Duration PATIENCE = Duration.ofMillis(50);

    /** How long slots of a process that is gone stay taken; longer than a Redis that stands still may take to go on. */
    static final Duration LEASE = Duration.ofSeconds(30);

    private static final Logger LOG = System.getLogger(RedisLine.class.getName());
    private static final int BATCH = 256;
    private static final int CONNECT_MILLIS = 1000;
    /** What is on its way when Redis stands still is given up by requests long before; its answers still tell what was done. */
    private static final int READ_MILLIS = 15_000;

    private static final long BEAT = Duration.ofSeconds(2).toNanos();
    private static final long BEAT_AWAY = Duration.ofMillis(200).toNanos();

    private final RedisAddress address;
    private final LineEvents events;
    private final Corrections corrections;
    private final RedisBreaker breaker;
    private final ConcurrentLinkedQueue<Call> calls = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean waiting;
    private volatile boolean closing;
    private volatile boolean silent;

    // of the thread alone
    private @Nullable Connection connection;
    private @Nullable Settle unconfirmed;
    private long nextBeat;

    /** Who makes calls for the line, and hears of it; on the line's thread. */
    interface LineEvents {
        Beat beat(Runnable answered);

        Beat farewell();

        Settle settle(List<Correction> corrections, Runnable done);

        /** The connection broke: nobody knows what of the last calls was done. */
        void broke();

        /** Redis answers again. */
        void back();
    }

    RedisLine(RedisAddress address, Corrections corrections, LineEvents events, RedisBreaker breaker) {
        this.address = address;
        this.corrections = corrections;
        this.breaker = breaker;
        this.events = events;
        this.thread = Thread.ofPlatform().daemon().name("redis").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    boolean up() {
        return breaker.up();
    }

    /** Does it as soon as it can; where the breaker opens before, it fails. */
    void submit(Call call) {
        calls.add(call);
        wake();
    }

    /** Waits until all is told that was to be told before, for two seconds at most and as long as Redis is there. */
    void flush() {
        long until = System.nanoTime() + Duration.ofSeconds(2).toNanos();
        boolean told = false;
        while (up() && !told && System.nanoTime() - until < 0) {
            CountDownLatch done = new CountDownLatch(1);
            boolean last = corrections.isEmpty();
            submit(events.beat(done::countDown));
            try {
                told = done.await(100, TimeUnit.MILLISECONDS) && last;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** There is something to correct. */
    void wake() {
        if (waiting) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (!closing) {
            try {
                round();
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "talking to Redis at " + address + " failed by a fault of the gateway", e);
                broken("the gateway does not understand its answers");
            }
        }
        farewell();
    }

    private void round() {
        if (connection == null && !connect()) {
            failAll();
            pause(BEAT_AWAY);
            return;
        }
        List<Call> batch = batch();
        if (batch.isEmpty()) {
            waiting = true;
            if (calls.isEmpty() && (corrections.isEmpty() || !up()) && !closing) {
                LockSupport.parkNanos(this, Math.max(1, nextBeat - System.nanoTime()));
            }
            waiting = false;
            return;
        }
        exchange(batch);
    }

    private boolean connect() {
        try {
            Connection made = address.connect(CONNECT_MILLIS, READ_MILLIS);
            connection = made;
            load(made);
            nextBeat = System.nanoTime();
            return true;
        } catch (JedisAccessControlException e) {
            breaker.open("it refuses the password (redis.password-file)");
        } catch (JedisException e) {
            breaker.open(refusal(e));
        }
        disconnect();
        return false;
    }

    /** A script that is unknown when it is called is done after those that are known, and so out of its order. */
    private static void load(Connection made) {
        for (RedisScript script : RedisScript.values()) {
            made.executeCommand(
                    new CommandArguments(Protocol.Command.SCRIPT).add("LOAD").add(script.text()));
        }
    }

    private static String refusal(JedisException e) {
        String text = String.valueOf(e.getMessage());
        return text.contains("AUTH") || text.contains("password")
                ? "it wants another password (redis.password-file)"
                : "no connection can be made (" + text + ")";
    }

    /** Corrections first: whoever gave back a slot and asks for one finds it. */
    private List<Call> batch() {
        List<Call> batch = new ArrayList<>();
        List<Call> asked = new ArrayList<>();
        for (Call call = calls.poll(); call != null; call = calls.poll()) {
            if (!up()) {
                call.failed();
            } else if (call.wanted()) {
                asked.add(call);
            }
            if (asked.size() >= BATCH) {
                break;
            }
        }
        long now = System.nanoTime();
        if (!up()) {
            nextBeat = Math.min(nextBeat, now + BEAT_AWAY);
        }
        if (now - nextBeat >= 0) {
            nextBeat = now + (up() ? BEAT : BEAT_AWAY);
            batch.add(events.beat(() -> beaten(now)));
        }
        if (unconfirmed == null && up()) {
            List<Correction> next = corrections.next();
            if (!next.isEmpty()) {
                unconfirmed = events.settle(next, () -> unconfirmed = null);
            }
        }
        if (unconfirmed != null) {
            batch.add(unconfirmed);
        }
        batch.addAll(asked);
        return batch;
    }

    private void beaten(long sent) {
        if (breaker.beaten(sent)) {
            events.back();
        }
    }

    private void exchange(List<Call> batch) {
        int done = 0;
        try {
            List<Object> answers = sent(batch, false);
            List<Call> unknown = new ArrayList<>();
            for (int i = 0; i < answers.size(); i++) {
                if (answers.get(i) instanceof JedisNoScriptException) {
                    unknown.add(batch.get(i));
                }
            }
            // somebody made Redis forget its scripts
            List<Object> again = unknown.isEmpty() ? List.of() : sent(unknown, true);
            int next = 0;
            for (; done < batch.size(); done++) {
                Object answer = answers.get(done);
                answered(batch.get(done), answer instanceof JedisNoScriptException ? again.get(next++) : answer);
            }
        } catch (JedisConnectionException e) {
            broken("the connection broke (" + e.getMessage() + ")");
        } catch (JedisException e) {
            broken("it answers with an error (" + e.getMessage() + ")");
        } finally {
            batch.subList(done, batch.size()).forEach(Call::failed);
        }
    }

    private List<Object> sent(List<Call> batch, boolean text) {
        Connection open = connection;
        if (open == null) {
            throw new JedisConnectionException("closed");
        }
        for (Call call : batch) {
            open.sendCommand(text ? call.byText() : call.byHash());
        }
        return open.getMany(batch.size());
    }

    private static void answered(Call call, Object answer) {
        if (answer instanceof JedisException e) {
            throw e;
        }
        call.answered(answer);
    }

    private void broken(String fault) {
        breaker.open(fault);
        disconnect();
        events.broke();
    }

    private void disconnect() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.forceDisconnect();
            } catch (java.io.IOException | JedisException e) {
                LOG.log(Level.DEBUG, "closing a broken connection", e);
            }
        }
    }

    private void failAll() {
        for (Call call = calls.poll(); call != null; call = calls.poll()) {
            call.failed();
        }
    }

    private void pause(long nanos) {
        waiting = false;
        long until = System.nanoTime() + nanos;
        while (!closing && until - System.nanoTime() > 0) {
            LockSupport.parkNanos(this, until - System.nanoTime());
            failAll();
        }
    }

    private void farewell() {
        failAll();
        if (connection != null && up() && !silent) {
            try {
                connection.setSoTimeout(1000);
                while (connection != null && (unconfirmed != null || !corrections.isEmpty())) {
                    exchange(batch());
                }
                sent(List.of(events.farewell()), false);
            } catch (RuntimeException e) {
                LOG.log(Level.DEBUG, "no farewell to Redis", e);
            }
        }
        if (connection != null) {
            connection.disconnect();
        }
        failAll();
    }

    /** Ends without a farewell, as a process that is killed. */
    void abandon() {
        silent = true;
        close();
    }

    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            thread.join(Duration.ofSeconds(3));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
