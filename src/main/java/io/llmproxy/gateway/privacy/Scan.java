package io.llmproxy.gateway.privacy;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Goes over one text, given whole or in pieces, and tells what is private in it. What is told does not depend on the pieces: a place
 * is judged when enough of the text has come to judge it, and until then it is held, some thousand characters at most. One thread.
 *
 * <p>Patterns of the operator come first: they run ahead, and what they take is blanked before the detectors see it. A match with a
 * {@link Tail} stays open until a character comes that is not its own, and nothing of it need be held.
 */
final class Scan {
    /** Stands where a pattern has matched; part of no word, no number and no URL. */
    static final char BLANK = '\uFFFF';

    private final Redactor rules;
    private final Findings findings;
    private final Window window;
    private final @Nullable PatternRun patterns;
    private final ArrayDeque<PatternRun.Match> matches = new ArrayDeque<>();
    private int at;
    /** Offset in the whole text of the window's index 0. */
    private long base;
    /** The match whose tail goes on; null: none. */
    private @Nullable String open;

    private long openStart;
    private Tail tail = Tail.NONE;
    private int dashes;

    /** @param expected how many characters are likely to come before the first are judged */
    Scan(Redactor rules, Findings findings, int expected) {
        this.rules = rules;
        this.findings = findings;
        this.window = new Window(new char[expected], 0, false);
        this.patterns = rules.patternRun();
    }

    /** Takes in more of the text. */
    void feed(CharSequence text, int from, int to) {
        window.append(text, from, to);
        run();
        int gone = window.forget(at);
        at -= gone;
        base += gone;
        if (patterns != null) {
            patterns.moved(gone);
        }
    }

    /** The text ends here. */
    void finish() {
        window.last = true;
        run();
        String label = open;
        if (label != null) {
            findings.found(label, openStart, base + at);
            open = null;
        }
    }

    /** How many characters came and are not judged yet. */
    int held() {
        return window.to - at;
    }

    private void run() {
        if (patterns == null) {
            detect();
            return;
        }
        // what the patterns have not decided on is not there yet for the detectors
        int all = window.to;
        boolean last = window.last;
        window.to = patterns.run(window, base, matches);
        window.last = last && window.to == all;
        detect();
        window.to = all;
        window.last = last;
    }

    private void detect() {
        Window w = window;
        if (open != null && !swallowed()) {
            return;
        }
        int from = at;
        while (at < w.to) {
            int end = end(w, w.chars[at]);
            if (end == Window.MORE) {
                break;
            }
            if (end < 0) {
                continue;
            }
            pass(from);
            if (!began(end)) {
                return;
            }
            from = at;
        }
        pass(from);
    }

    /** The end of what begins here, or MORE; or NO, and then the place has been passed over. */
    private int end(Window w, char c) {
        if (c == BLANK && !matches.isEmpty() && matches.getFirst().start() == base + at) {
            return (int) (matches.getFirst().end() - base);
        }
        if (!Redactor.begins(c) && (c < 128 || !Window.isWord(c))) {
            at++;
            return Window.NO;
        }
        int end = c != '-' && Window.isWord(w.before(at, 1)) ? Window.NO : rules.judge(w, at);
        if (end != Window.NO) {
            return end;
        }
        at++;
        if (Window.isWord(c)) {
            while (at < w.to && Window.isWord(w.chars[at])) {
                at++;
            }
        }
        return Window.NO;
    }

    private void pass(int from) {
        if (at > from) {
            findings.passed(window.chars, from, at);
        }
    }

    /** Tells a match, or keeps it open; false: the window is used up by it. */
    private boolean began(int end) {
        if (window.chars[at] == BLANK) {
            PatternRun.Match match = matches.removeFirst();
            at = end;
            findings.found(match.label(), match.start(), match.end());
            return true;
        }
        String label = window.label;
        if (window.tail == Tail.NONE) {
            long start = base + at;
            at = end;
            findings.found(label, start, base + end);
            return true;
        }
        open = label;
        openStart = base + at;
        tail = window.tail;
        dashes = 0;
        at = end;
        return swallowed();
    }

    /** Goes over the tail; false: more of it may come. */
    private boolean swallowed() {
        Window w = window;
        while (at < w.to && tail.takes(w.chars[at], dashes)) {
            dashes += tail == Tail.PEM && w.chars[at] == '-' ? 1 : 0;
            at++;
        }
        if (at == w.to && !w.last) {
            return false;
        }
        String label = open;
        open = null;
        if (label != null) {
            findings.found(label, openStart, base + at);
        }
        return true;
    }
}
