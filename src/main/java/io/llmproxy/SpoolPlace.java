package io.llmproxy;

import io.llmproxy.gateway.Spool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where this process puts the bodies of requests that find no room in memory. */
final class SpoolPlace {
    private SpoolPlace() {}

    /**
     * Empty: what a former process left there belongs to requests that are over.
     *
     * @param alone whether no other process has the data directory; what those at other places left goes too then
     */
    static Path cleared(DataDirectory directory, boolean alone) throws IOException {
        Path own = directory.own("spool");
        Files.createDirectories(own);
        Spool.clear(own);
        if (alone) {
            for (Path other : directory.others("spool")) {
                if (Files.isDirectory(other)) {
                    Spool.clear(other);
                }
            }
        }
        return own;
    }
}
