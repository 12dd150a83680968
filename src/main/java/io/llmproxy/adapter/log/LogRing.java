package io.llmproxy.adapter.log;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** The last warnings and errors, for who asks after they have scrolled away. Thread-safe. */
final class LogRing {
    private static final int LINES = 1000;
    private static final int LONGEST = 4000;
    private final Deque<String> lines = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();

    void add(String line) {
        String kept = line.length() > LONGEST ? line.substring(0, LONGEST) + "…\n" : line;
        lock.lock();
        try {
            if (lines.size() == LINES) {
                lines.removeFirst();
            }
            lines.addLast(kept.stripTrailing());
        } finally {
            lock.unlock();
        }
    }

    List<String> lines() {
        lock.lock();
        try {
            return List.copyOf(lines);
        } finally {
            lock.unlock();
        }
    }
}
