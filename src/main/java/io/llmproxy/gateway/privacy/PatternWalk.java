package io.llmproxy.gateway.privacy;

import io.llmproxy.domain.privacy.PatternProgram;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;

/**
 * Takes patterns over one text: the leftmost match, and of those that begin there the longest, of {@value #LONGEST} characters at most.
 * In a state for every place of the program at most, so that no text makes it slow; of several ways to a place the one that began first
 * is kept.
 */
final class PatternWalk implements PatternRun {
    static final int LONGEST = 512;

    private final PatternProgram program;
    private final List<String> labels;
    // places of the program that are waiting for the character at `at`, each with where its match began
    private int[] places;
    private long[] began;
    private int waiting;
    // the same behind all forks and checks
    private final int[] open;
    private final long[] openBegan;
    private int opened;
    private final int[] stack;
    private final int[] seen;
    private int round;
    private int at;
    private long base;
    private long bestStart = -1;
    private long bestEnd;
    private int bestPattern;
    private long lastEnd = -1;
    private char lastTaken;

    PatternWalk(PatternProgram program, List<String> labels) {
        this.program = program;
        this.labels = labels;
        int size = program.size();
        this.places = new int[size];
        this.began = new long[size];
        this.open = new int[size];
        this.openBegan = new long[size];
        this.stack = new int[2 * size + 2];
        this.seen = new int[size];
    }

    @Override
    public int run(Window w, long offset, Queue<Match> matches) {
        base = offset;
        while (at < w.to || w.last && (waiting > 0 || bestStart >= 0 || at == w.to)) {
            expand(w);
            if (bestStart >= 0 && (opened == 0 || at >= w.to)) {
                take(w, matches);
                continue;
            }
            if (at >= w.to) {
                break;
            }
            step(w.chars[at]);
            at++;
        }
        return decided(w);
    }

    @Override
    public void moved(int by) {
        at -= by;
    }

    private int decided(Window w) {
        if (w.last && waiting == 0 && bestStart < 0) {
            return w.to;
        }
        long first = base + at;
        if (waiting > 0) {
            first = Math.min(first, began[0]);
        }
        return (int) ((bestStart < 0 ? first : Math.min(first, bestStart)) - base);
    }

    private void take(Window w, Queue<Match> matches) {
        matches.add(new Match(labels.get(bestPattern), bestStart, bestEnd));
        lastEnd = bestEnd;
        lastTaken = w.chars[(int) (bestEnd - base) - 1];
        Arrays.fill(w.chars, (int) (bestStart - base), (int) (bestEnd - base), Scan.BLANK);
        at = (int) (bestEnd - base);
        bestStart = -1;
        waiting = 0;
    }

    /** Follows forks and checks at this place of the text, and begins anew here where nothing has matched yet. */
    private void expand(Window w) {
        round++;
        opened = 0;
        for (int i = 0; i < waiting; i++) {
            if (bestStart < 0 || began[i] <= bestStart) {
                follow(w, places[i], began[i]);
            }
        }
        waiting = 0;
        if (bestStart < 0 && at < w.to) {
            for (int p = 0; p < program.starts(); p++) {
                follow(w, program.start(p), base + at);
            }
        }
    }

    private void follow(Window w, int place, long start) {
        int depth = 0;
        stack[depth++] = place;
        while (depth > 0) {
            int p = stack[--depth];
            if (seen[p] == round) {
                continue;
            }
            seen[p] = round;
            switch (program.operation(p)) {
                case PatternProgram.CHARACTER -> {
                    open[opened] = p;
                    openBegan[opened++] = start;
                }
                case PatternProgram.FORK -> {
                    stack[depth++] = program.second(p);
                    stack[depth++] = program.argument(p);
                }
                case PatternProgram.MATCH -> matched(program.argument(p), start);
                default -> {
                    if (holds(w, program.operation(p))) {
                        stack[depth++] = p + 1;
                    }
                }
            }
        }
    }

    private void matched(int pattern, long start) {
        long end = base + at;
        if (end > start && (bestStart < 0 || start < bestStart || start == bestStart && end > bestEnd)) {
            bestStart = start;
            bestEnd = end;
            bestPattern = pattern;
        }
    }

    private boolean holds(Window w, int check) {
        int before = base + at == lastEnd ? lastTaken : w.before(at, 1);
        int after = at < w.to ? w.chars[at] : Window.NO;
        return switch (check) {
            case PatternProgram.WORD_BORDER -> Window.isWord(before) != Window.isWord(after);
            case PatternProgram.NO_WORD_BORDER -> Window.isWord(before) == Window.isWord(after);
            case PatternProgram.LINE_START -> before == Window.NO || before == '\n';
            default -> after == Window.NO || after == '\n';
        };
    }

    private void step(char c) {
        waiting = 0;
        for (int i = 0; i < opened; i++) {
            if ((bestStart < 0 || openBegan[i] <= bestStart)
                    && base + at - openBegan[i] < LONGEST
                    && program.takes(open[i], c)) {
                places[waiting] = open[i] + 1;
                began[waiting++] = openBegan[i];
            }
        }
    }
}
