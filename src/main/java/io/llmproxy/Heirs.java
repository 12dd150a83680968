package io.llmproxy;

import java.io.IOException;

/** Which of the processes of one data directory is to follow which, as each says it for those that outlive it. */
interface Heirs {
    long NOBODY = 0;

    /** This process has started that one to follow it; {@link #NOBODY}: that came to nothing. */
    void followedBy(long process) throws IOException;

    /** Whom a process has started to follow it, as it last said; {@link #NOBODY}: none. */
    long heirOf(long process) throws IOException;

    /** Whether a process lives, and has come so far as to be known here. */
    boolean present(long process) throws IOException;
}
