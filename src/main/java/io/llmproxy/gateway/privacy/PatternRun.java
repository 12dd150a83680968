package io.llmproxy.gateway.privacy;

import java.util.Queue;

/** The operator's patterns on their way over one text. One thread. */
interface PatternRun {
    /** Where one of them matched, as offsets in the whole text. */
    record Match(String label, long start, long end) {}

    /**
     * Goes on to the window's end, adds the matches that are certain and blanks them.
     *
     * @param base offset of the window's index 0
     * @return the index up to which it is certain what matches
     */
    int run(Window window, long base, Queue<Match> matches);

    /** The window's indices have shrunk by so much. */
    void moved(int by);
}
