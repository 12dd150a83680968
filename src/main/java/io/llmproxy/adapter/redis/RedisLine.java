package io.llmproxy.adapter.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol;
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
    private static final int CONNECT_MILLIS = 1000;
    /** What is on its way when Redis stands still is given up by requests long before; its answers still tell what was done. */
    private static final int READ_MILLIS = 15_000;

    /** So long what is to be told may wait for company, and slots that were given back for other processes to find them. */
    private static final long LINGER = Duration.ofMillis(3).toNanos();

    /** So long after an exchange nobody who has something to tell has to wake the thread. */
    private static final long BUSY = Duration.ofMillis(100).toNanos();

    private static final long BEAT = Duration.ofSeconds(2).toNanos();
    private static final long BEAT_AWAY = Duration.ofMillis(200).toNanos();

    private final RedisAddress address;
    private final LineEvents events;
    private final Corrections corrections;
    private final RedisBreaker breaker;
    private final Outbox outbox = new Outbox();
    private final Patience waiters = new Patience(this::quiet, this::expire);
    private final Thread thread;
    private volatile List<Call> underWay = List.of();
    private volatile boolean waiting;
    private volatile boolean resting;
    private volatile boolean closing;
    private volatile boolean closed;
    private volatile boolean silent;

    // of the thread alone
    private @Nullable Connection connection;
    private @Nullable Settle unconfirmed;
    private long nextBeat;
    private long lastExchange = System.nanoTime();

    /** Who makes calls for the line, and hears of it; on the line's thread. */
    interface LineEvents {
        Beat beat(Runnable answered);

        Beat farewell();

        /** One call for as many as fit into it, which are removed from the list. */
        Takes takes(List<Take> waiting);

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
        waiters.start();
    }

    boolean up() {
        return breaker.up();
    }

    /** Does it as soon as it can; where the breaker opens before, it fails. */
    void submit(Asked call) {
        outbox.add(call);
        if (waiting) {
            LockSupport.unpark(thread);
        }
        if (closed) {
            outbox.failAll();
        }
        waiters.begin();
    }

    /** There is something to correct: that goes with the next call, or by itself a moment later. */
    void told() {
        if (resting) {
            LockSupport.unpark(thread);
        }
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
            outbox.failAll();
            pause(BEAT_AWAY);
            return;
        }
        rest();
        List<Call> batch = batch();
        if (!batch.isEmpty()) {
            exchange(batch);
            if (batch.size() > 1 || !(batch.getFirst() instanceof Beat)) {
                lastExchange = System.nanoTime();
            }
        }
    }

    /** Until there is something to ask or to tell. What is to be told waits a moment for what is asked, which it can go with. */
    private void rest() {
        long now = System.nanoTime();
        boolean busy = now - lastExchange < BUSY;
        waiting = true;
        if (outbox.isEmpty() && !closing && nextBeat - now > 0) {
            if (busy || !corrections.isEmpty() && up()) {
                LockSupport.parkNanos(this, Math.min(LINGER, nextBeat - now));
            } else {
                resting = true;
                if (corrections.isEmpty() || !up()) {
                    LockSupport.parkNanos(this, nextBeat - now);
                }
                resting = false;
            }
        }
        waiting = false;
    }

    private boolean connect() {
        try {
            Connection made = address.connect(CONNECT_MILLIS, READ_MILLIS);
            connection = made;
            load(made);
            nextBeat = System.nanoTime();
            return true;
        } catch (JedisException e) {
            breaker.open(RedisFault.connecting(e));
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

    /** Corrections first: whoever gave back a slot and asks for one finds it. */
    private List<Call> batch() {
        List<Call> batch = new ArrayList<>();
        if (!up()) {
            outbox.failAll();
        }
        List<Call> asked = outbox.next(events::takes);
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
        underWay = batch;
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
        } catch (JedisException e) {
            broken(RedisFault.calling(e));
        } finally {
            batch.subList(done, batch.size()).forEach(Call::failed);
            underWay = List.of();
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

    private boolean quiet() {
        return underWay.isEmpty() && outbox.isEmpty();
    }

    private void expire(long now) {
        underWay.forEach(call -> call.expire(now));
        outbox.expire(now);
    }

    private void pause(long nanos) {
        waiting = false;
        long until = System.nanoTime() + nanos;
        while (!closing && until - System.nanoTime() > 0) {
            LockSupport.parkNanos(this, until - System.nanoTime());
            outbox.failAll();
        }
    }

    private void farewell() {
        outbox.failAll();
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
        closed = true;
        outbox.failAll();
        waiters.close();
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
