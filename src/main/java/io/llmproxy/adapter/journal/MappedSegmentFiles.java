package io.llmproxy.adapter.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Makes the mapped files of one journal, with one thread that makes their windows before they are wanted. */
final class MappedSegmentFiles implements SegmentFile.Opener {
    // a platform thread: a virtual one would keep a carrier from all others while the disk works
    private final ExecutorService room = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("journal-room").daemon().factory());

    @Override
    public SegmentFile open(Path path) throws IOException {
        return new MappedSegmentFile(path, room);
    }

    /** What it was asked for is still done. */
    @Override
    public void close() {
        room.shutdown();
    }
}
