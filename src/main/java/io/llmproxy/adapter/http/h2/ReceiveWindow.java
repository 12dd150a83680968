package io.llmproxy.adapter.http.h2;

import java.util.concurrent.locks.ReentrantLock;

/** How much the client may still send: opened again in steps of half its size, so that few updates are written. */
final class ReceiveWindow {
    private final int size;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by the lock
    private long left;
    private int due;

    ReceiveWindow(int size) {
        this.size = size;
        this.left = size;
    }

    /** False: the client sent more than it may. */
    boolean take(int bytes) {
        lock.lock();
        try {
            left -= bytes;
            return left >= 0;
        } finally {
            lock.unlock();
        }
    }

    /** Bytes have gone on; returns by how much the client is to be told that the window has grown; 0: not yet. */
    int give(int bytes) {
        lock.lock();
        try {
            due += bytes;
            if (due < size / 2) {
                return 0;
            }
            int increment = due;
            due = 0;
            left += increment;
            return increment;
        } finally {
            lock.unlock();
        }
    }
}
