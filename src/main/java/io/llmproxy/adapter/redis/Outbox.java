package io.llmproxy.adapter.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;

/** What was asked for and not sent yet. Anybody may add to it; the line's thread alone takes out of it. */
final class Outbox {
    private static final int BATCH = 256;

    private final ConcurrentLinkedQueue<Asked> asked = new ConcurrentLinkedQueue<>();

    void add(Asked call) {
        asked.add(call);
    }

    boolean isEmpty() {
        return asked.isEmpty();
    }

    /** Thread-safe. */
    void failAll() {
        for (Asked call = asked.poll(); call != null; call = asked.poll()) {
            call.failed();
        }
    }

    /** Thread-safe. */
    void expire(long now) {
        asked.forEach(call -> call.expire(now));
    }

    /**
     * What is to be sent next, in the order in which it was asked for; requests that are next to one another take in one call.
     *
     * @param together makes one call for as many as fit into it, which are removed from the list
     */
    List<Call> next(Function<List<Take>, Takes> together) {
        List<Call> calls = new ArrayList<>();
        List<Take> takes = new ArrayList<>();
        int count = 0;
        for (Asked next = asked.poll(); next != null; next = count < BATCH ? asked.poll() : null) {
            if (next.wanted()) {
                switch (next) {
                    case Take take -> takes.add(take);
                    case Call call -> {
                        flush(takes, together, calls);
                        calls.add(call);
                    }
                }
                count++;
            }
        }
        flush(takes, together, calls);
        return calls;
    }

    private static void flush(List<Take> takes, Function<List<Take>, Takes> together, List<Call> calls) {
        while (!takes.isEmpty()) {
            calls.add(together.apply(takes));
        }
    }
}
