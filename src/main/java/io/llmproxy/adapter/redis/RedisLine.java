package io.llmproxy.adapter.redis;

import io.llmproxy.domain.Carrier;
import java.io.IOException;
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
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * The one connection to Redis, and the one thread that talks on it: a virtual one, so that whom it answers runs next on the same
 * carrier, and that what gathers while it waits for its turn goes out together. {@link Patience} is its clock, on a thread of the system.
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

    private static final long READ_NANOS = READ_MILLIS * 1_000_000L;
    /** Requests in a call tell that there are some more being served. */
    private static final int SERVED = 2;

    private static final long BEAT = Duration.ofSeconds(2).toNanos();
    private static final long BEAT_AWAY = Duration.ofMillis(200).toNanos();

    /** What was really used is told so often at most while requests take: for many of them together it costs as much as for one. */
    private static final long TELL = Duration.ofMillis(2).toNanos();

    private final RedisAddress address;
    private final LineEvents events;
    private final Corrections corrections;
    private final RedisBreaker breaker;
    private final Outbox outbox = new Outbox();
    private final Patience clock = new Patience(new Clockwork());
    private final Thread thread;
    private volatile @Nullable Wire connection;
    private volatile List<Call> underWay = List.of();
    private volatile boolean waiting;
    private volatile long nextBeat = System.nanoTime();
    private volatile long sentAt;
    private volatile boolean closing;
    private volatile boolean closed;
    private volatile boolean silent;

    private volatile boolean tellFirst;

    // of the thread alone
    private @Nullable Settle unconfirmed;
    private long toldAt = System.nanoTime() - TELL;

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
        this.thread = Thread.ofVirtual().name("redis").unstarted(this::run);
    }

    void start() {
        thread.start();
        clock.start();
    }

    boolean up() {
        return breaker.up();
    }

    /** Whether Redis owes an answer for so many ns; not where it has come, and this process is what is late. */
    boolean awaits(long nanos) {
        return !underWay.isEmpty() && System.nanoTime() - sentAt >= nanos && !arrived();
    }

    private boolean arrived() {
        Wire open = connection;
        return open != null && open.arrived();
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
        clock.begin();
    }

    /** There is something to correct: that goes with the next call, or by itself a moment later. */
    void told() {
        clock.begin();
    }

    /** What is to be told by now goes before what is submitted next. */
    void tellFirst() {
        tellFirst = true;
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
                pause(BEAT_AWAY);
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
        }
    }

    /** Until there is something to ask, or the clock says that it is time. What is to be told waits that long for what is asked. */
    private void rest() {
        waiting = true;
        if (outbox.isEmpty() && !closing && nextBeat - System.nanoTime() > 0) {
            LockSupport.park(this);
        }
        waiting = false;
    }

    private boolean connect() {
        try {
            Wire made = address.connect(CONNECT_MILLIS, READ_MILLIS);
            connection = made;
            load(made);
            // a timer for each read: the clock looks after them
            made.setSoTimeout(0);
            nextBeat = System.nanoTime();
            return true;
        } catch (RuntimeException e) {
            breaker.open(RedisFault.connecting(e));
        }
        disconnect();
        return false;
    }

    /** A script that is unknown when it is called is done after those that are known, and so out of its order. */
    private static void load(Wire made) {
        for (RedisScript script : RedisScript.values()) {
            made.executeCommand(
                    new CommandArguments(Protocol.Command.SCRIPT).add("LOAD").add(script.text()));
        }
    }

    /** Corrections first: whoever gave back a slot and asks for one finds it. Those that wait are known to be missing ({@link Take#untold}). */
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
        boolean takes = asked.stream().anyMatch(Takes.class::isInstance);
        if (takes && !tellFirst && now - toldAt < TELL && !corrections.isEmpty()) {
            asked.forEach(Call::untold);
        } else if (unconfirmed == null && up()) {
            tellFirst = false;
            toldAt = now;
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
        sentAt = System.nanoTime();
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
        Wire open = connection;
        if (open == null) {
            throw new JedisConnectionException("closed");
        }
        int requests = 0;
        for (Call call : batch) {
            open.sendCommand(text ? call.byText() : call.byHash());
            requests += call instanceof Takes takes ? takes.size() : 0;
        }
        open.send();
        Carrier.yieldToOthers(SERVED * requests);
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
        cut();
        connection = null;
    }

    private final class Clockwork implements Patience.Watched {
        private boolean spared;

        @Override
        public boolean quiet() {
            return underWay.isEmpty() && outbox.isEmpty() && !toTell();
        }

        @Override
        public long due() {
            return nextBeat;
        }

        @Override
        public void tick(long now, boolean late) {
            // after a time in which nobody could run: what is here is heard in a moment, what was not sent is answered
            // in one
            spared = !spared && (late || !underWay.isEmpty() && arrived());
            if (!spared) {
                underWay.forEach(call -> call.expire(now));
                outbox.expire(now);
            }
            if (!underWay.isEmpty() && now - sentAt > READ_NANOS) {
                // closing TLS may take a while itself
                sentAt = now;
                Thread.ofVirtual().start(RedisLine.this::cut);
            } else if (waiting && (toTell() || now - nextBeat >= 0)) {
                LockSupport.unpark(thread);
            }
        }

        private boolean toTell() {
            return !corrections.isEmpty() && up();
        }
    }

    /** Whoever reads from the connection finds it broken. */
    private void cut() {
        Wire open = connection;
        if (open != null) {
            try {
                open.forceDisconnect();
            } catch (IOException | JedisException e) {
                LOG.log(Level.DEBUG, "closing a connection", e);
            }
        }
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
        Wire open = connection;
        if (open != null && up() && !silent) {
            try {
                open.setSoTimeout(1000);
                while (connection != null && (unconfirmed != null || !corrections.isEmpty())) {
                    exchange(batch());
                }
                sent(List.of(events.farewell()), false);
            } catch (RuntimeException e) {
                LOG.log(Level.DEBUG, "no farewell to Redis", e);
            }
        }
        disconnect();
        closed = true;
        outbox.failAll();
        clock.close();
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
            if (!thread.join(Duration.ofSeconds(3))) {
                cut();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
