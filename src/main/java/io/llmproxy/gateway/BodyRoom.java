package io.llmproxy.gateway;

import java.nio.file.Path;

/**
 * Where bodies are kept that the gateway makes itself, and what is fetched for them: in the heap while {@code gateway.body-memory} has
 * room, and else on disk. Thread-safe.
 *
 * @param directory where bodies go that the memory has no room for
 */
public record BodyRoom(Path directory, BodyMemory memory) {
    /** The heap without a bound. */
    public static final BodyRoom HEAP = new BodyRoom(Path.of(""), new BodyMemory(Long.MAX_VALUE));

    /**
     * Keeps a body until it is closed; the caller lets go of its array.
     *
     * @throws java.io.UncheckedIOException where the disk refuses
     */
    public KeptBody keep(byte[] bytes) {
        return KeptBody.of(bytes, this);
    }

    /** Room in the heap alone, of nothing as yet. */
    public Share share() {
        return new Share(memory);
    }

    /** What one request has taken of the memory; to be used by one thread. */
    public static final class Share implements AutoCloseable {
        private final BodyMemory memory;
        private long taken;

        private Share(BodyMemory memory) {
            this.memory = memory;
        }

        /** False where there is not so much; then nothing is taken. */
        public boolean take(int bytes) {
            boolean got = memory.take(bytes);
            taken += got ? bytes : 0;
            return got;
        }

        /** Gives everything back. */
        @Override
        public void close() {
            memory.giveBack(taken);
            taken = 0;
        }
    }
}
