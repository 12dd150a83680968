package io.llmproxy;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Tells that a disk is nearly full, before the journal has to. */
final class DiskWatch {
    private static final long LITTLE = 256L << 20;
    private static final int TWENTIETH = 20;

    private DiskWatch() {}

    /** What is wrong and what to do; null: there is room, or nobody knows. */
    static @Nullable String fault(String what, Path place) {
        try {
            FileStore disk = Files.getFileStore(place);
            long free = disk.getUsableSpace();
            boolean little = free < Math.min(LITTLE, disk.getTotalSpace() / TWENTIETH);
            return little
                    ? "the disk of " + what + " `" + place + "` has only " + (free >> 20)
                            + " MiB left: free space there (`df -h " + place
                            + "`), before usage records cannot be kept and requests are refused"
                    : null;
        } catch (IOException e) {
            return null; // gone or unreadable: others say so
        }
    }
}
