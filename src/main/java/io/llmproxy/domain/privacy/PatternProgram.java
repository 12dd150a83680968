package io.llmproxy.domain.privacy;

import io.llmproxy.domain.error.InvalidValueException;
import java.util.ArrayList;
import java.util.List;

/**
 * Patterns as instructions of an automaton without memory, which goes over a text once, in as many places of the program at a time as
 * there are: each character costs one look at each, whatever the text.
 */
public final class PatternProgram {
    /** Takes a character of its set, and goes on. */
    public static final int CHARACTER = 0;
    /** Goes on at two places. */
    public static final int FORK = 1;
    /** A pattern has matched; the argument is its index. */
    public static final int MATCH = 2;
    /** These go on where the text is so, and take nothing. */
    public static final int WORD_BORDER = 3;

    public static final int NO_WORD_BORDER = 4;
    public static final int LINE_START = 5;
    public static final int LINE_END = 6;

    static final int MAX_SIZE = 4000;

    private final int[] operations;
    private final int[] arguments;
    private final int[] seconds;
    private final CharSet[] sets;
    private final int[] starts;

    private PatternProgram(Builder b) {
        this.operations = b.operations.stream().mapToInt(Integer::intValue).toArray();
        this.arguments = b.arguments.stream().mapToInt(Integer::intValue).toArray();
        this.seconds = b.seconds.stream().mapToInt(Integer::intValue).toArray();
        this.sets = b.sets.toArray(CharSet[]::new);
        this.starts = b.starts.stream().mapToInt(Integer::intValue).toArray();
    }

    /** @throws InvalidValueException naming {@code field} where one is no pattern, or all are too large */
    public static PatternProgram of(String field, List<String> patterns) {
        Builder out = new Builder(field);
        for (int i = 0; i < patterns.size(); i++) {
            out.starts.add(out.size());
            new PatternParser(field, patterns.get(i), out).parse();
            out.add(MATCH, i, 0);
        }
        return new PatternProgram(out);
    }

    public int size() {
        return operations.length;
    }

    public int operation(int at) {
        return operations[at];
    }

    /** Where a fork goes first, or which pattern has matched. */
    public int argument(int at) {
        return arguments[at];
    }

    /** Where a fork goes, too. */
    public int second(int at) {
        return seconds[at];
    }

    public boolean takes(int at, char c) {
        return sets[arguments[at]].contains(c);
    }

    /** Where each pattern begins. */
    public int starts() {
        return starts.length;
    }

    public int start(int pattern) {
        return starts[pattern];
    }

    /** Writes a program; each instruction leads to the one behind it, but for forks. */
    static final class Builder {
        private final String field;
        private final List<Integer> operations = new ArrayList<>();
        private final List<Integer> arguments = new ArrayList<>();
        private final List<Integer> seconds = new ArrayList<>();
        private final List<CharSet> sets = new ArrayList<>();
        private final List<Integer> starts = new ArrayList<>();

        Builder(String field) {
            this.field = field;
        }

        private int size() {
            return operations.size();
        }

        private int add(int operation, int argument, int second) {
            if (size() >= MAX_SIZE) {
                throw new InvalidValueException(
                        field, "the patterns come to more than " + MAX_SIZE + " steps with all their repetitions");
            }
            operations.add(operation);
            arguments.add(argument);
            seconds.add(second);
            return size() - 1;
        }

        void character(CharSet set) {
            sets.add(set);
            add(CHARACTER, sets.size() - 1, 0);
        }

        void check(int operation) {
            add(operation, 0, 0);
        }

        void alternatives(List<Runnable> branches) {
            List<Integer> ends = new ArrayList<>();
            for (int i = 0; i < branches.size(); i++) {
                boolean last = i == branches.size() - 1;
                int fork = last ? -1 : add(FORK, size() + 1, 0);
                branches.get(i).run();
                if (!last) {
                    ends.add(add(FORK, 0, 0));
                    seconds.set(fork, size());
                }
            }
            for (int end : ends) {
                arguments.set(end, size());
                seconds.set(end, size());
            }
        }

        /** @param most -1: any number */
        void repeat(Runnable part, int least, int most) {
            for (int i = 0; i < least; i++) {
                part.run();
            }
            if (most < 0) {
                int fork = add(FORK, size() + 1, 0);
                part.run();
                add(FORK, fork, fork);
                seconds.set(fork, size());
                return;
            }
            List<Integer> forks = new ArrayList<>();
            for (int i = least; i < most; i++) {
                forks.add(add(FORK, size() + 1, 0));
                part.run();
            }
            forks.forEach(fork -> seconds.set(fork, size()));
        }
    }
}
