package io.llmproxy.adapter.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
 * The one connection to Redis, the one thread that talks on it, and the breaker before it.
 *
 * <p>All that is asked for while a round trip is under way goes out together with the next one: under load a request costs a share of
 * a system call, and no pool has to be waited for. Calls are done in the order in which they were asked for, and corrections before
 * what was asked after them, so that a process sees what it gave back.
 *
 * <p><b>The breaker</b> opens when the connection fails or cannot be made, when Redis answers with an error, or when
 * {@link #LATE_CALLS} requests one after another had no answer in time; it closes when a beat is answered in time, and nothing else
 * closes it. While it is open nothing is asked for but beats, and corrections wait.
 */
final class RedisLine implements AutoCloseable {
    /** How long a request waits for an answer. */
    static final Duration PATIENCE = Duration.ofMillis(50);

    /** How long slots of a process that is gone stay taken; longer than a Redis that stands still may take to go on. */
    static final Duration LEASE = Duration.ofSeconds(30);

    private static final Logger LOG = System.getLogger(RedisLine.class.getName());
    private static final int LATE_CALLS = 3;
    private static final int BATCH = 256;
    private static final int CONNECT_MILLIS = 1000;
    /** What is on its way when Redis stands still is given up by requests long before; its answers still tell what was done. */
    private static final int READ_MILLIS = 15_000;

    private static final long BEAT = Duration.ofSeconds(2).toNanos();
    private static final long BEAT_AWAY = Duration.ofMillis(200).toNanos();

    private final RedisAddress address;
    private final LineEvents events;
    private final InstantSource clock;
    private final Corrections corrections;
    private final Duration patience;
    private final ConcurrentLinkedQueue<Call> calls = new ConcurrentLinkedQueue<>();
    private final AtomicInteger late = new AtomicInteger();
    private final Thread thread;
    private final CountDownLatch tried = new CountDownLatch(1);
    private volatile boolean waiting;
    private volatile boolean closing;
    private volatile boolean silent;
    private volatile State state;

    // of the thread alone
    private @Nullable Connection connection;
    private @Nullable Settle unconfirmed;
    private long nextBeat;

    /**
     * Whether Redis is there.
     *
     * @param fault why it is not; null: it is
     */
    record State(Instant since, @Nullable String fault) {
        boolean up() {
            return fault == null;
        }
    }

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

    RedisLine(
            RedisAddress address, Corrections corrections, LineEvents events, InstantSource clock, Duration patience) {
        this.address = address;
        this.corrections = corrections;
        this.patience = patience;
        this.events = events;
        this.clock = clock;
        this.state = new State(clock.instant(), "it was not asked yet");
        this.thread = Thread.ofPlatform().daemon().name("redis").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Waits until it is known whether Redis is there, for a second and a half at most. */
    void awaitFirst() {
        try {
            tried.await(1500, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    State state() {
        return state;
    }

    boolean up() {
        return state.up();
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

    /** A request had its answer in time. */
    void inTime() {
        if (late.get() != 0) {
            late.set(0);
        }
    }

    /** A request had no answer in time. */
    void late() {
        if (late.incrementAndGet() >= LATE_CALLS) {
            down("it does not answer within " + patience.toMillis() + " ms");
        }
    }

    private synchronized void down(String fault) {
        boolean was = state.up();
        state = new State(was ? clock.instant() : state.since(), fault);
        if (was || tried.getCount() > 0) {
            LOG.log(Level.WARNING, "event 6101: Redis at " + address + " is away: " + fault);
        }
        tried.countDown();
    }

    private synchronized void upAgain() {
        late.set(0);
        if (!state.up() && !closing) {
            state = new State(clock.instant(), null);
            LOG.log(Level.INFO, "event 6102: Redis at " + address + " counts limits");
            events.back();
        }
        tried.countDown();
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
            down("it refuses the password (redis.password-file)");
        } catch (JedisException e) {
            down(refusal(e));
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
        if (System.nanoTime() - sent <= patience.toNanos()) {
            upAgain();
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
        down(fault);
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
