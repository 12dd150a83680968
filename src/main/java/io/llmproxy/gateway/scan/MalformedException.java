package io.llmproxy.gateway.scan;

/** Input that breaks the rules of its format; says which rule and where, and quotes nothing of it. */
public final class MalformedException extends RuntimeException {
    private final long offset;

    MalformedException(String rule, long offset) {
        super(rule + " at byte " + offset, null, false, false);
        this.offset = offset;
    }

    /** The byte at fault, counted from 0. */
    public long offset() {
        return offset;
    }
}
