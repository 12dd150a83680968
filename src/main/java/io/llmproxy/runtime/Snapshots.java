package io.llmproxy.runtime;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Holds the snapshot that is true now; one reference, read without a lock. */
public final class Snapshots {
    private final List<Consumer<RuntimeSnapshot>> listeners = new CopyOnWriteArrayList<>();
    private volatile RuntimeSnapshot current = RuntimeSnapshot.EMPTY;

    public RuntimeSnapshot current() {
        return current;
    }

    /** Called with each snapshot after it became current, on the thread that published it. */
    public void onPublish(Consumer<RuntimeSnapshot> listener) {
        listeners.add(listener);
    }

    void publish(RuntimeSnapshot next) {
        current = next;
        listeners.forEach(l -> l.accept(next));
    }
}
