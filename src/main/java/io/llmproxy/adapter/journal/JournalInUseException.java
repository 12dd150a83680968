package io.llmproxy.adapter.journal;

import io.llmproxy.port.StoreException;
import java.io.IOException;
import java.nio.file.Path;

/** Another process, or another journal of this one, has the directory. */
public final class JournalInUseException extends StoreException {
    JournalInUseException(Path directory) {
        super(
                "the usage journal in " + directory + " is in use by another process: stop it, or choose another data"
                        + " directory with --data-dir",
                new IOException("locked: " + directory));
    }
}
