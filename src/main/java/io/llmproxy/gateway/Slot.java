package io.llmproxy.gateway;

import org.jspecify.annotations.Nullable;

/** A value that one stage writes once and later ones read; misuse says who should have come first. */
final class Slot<T> {
    private final String name;
    private final String writer;
    private volatile @Nullable T value;

    Slot(String name, String writer) {
        this.name = name;
        this.writer = writer;
    }

    void set(T newValue) {
        if (value != null) {
            throw new IllegalStateException("the " + name + " is set already; " + writer + " alone sets it, once");
        }
        value = newValue;
    }

    T get() {
        T known = value;
        if (known == null) {
            throw new IllegalStateException("the " + name + " is not known yet: " + writer + " must come first");
        }
        return known;
    }

    @Nullable
    T orNull() {
        return value;
    }
}
