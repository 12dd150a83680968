package io.llmproxy.adapter.journal;

import io.llmproxy.port.StoreException;
import java.io.IOException;

/** A record in the journal was written by a later version of the program, whose format this one does not know. */
public final class NewerRecordException extends StoreException {
    NewerRecordException(int version) {
        super(
                "the usage journal holds a record of format " + version
                        + ", and this version of llmproxy reads formats up to "
                        + UsageRecordCodec.VERSION
                        + ": start the newer version once, so that it writes its journal to the"
                        + " database, or move the directory of the journal aside",
                new IOException("record format " + version));
    }
}
