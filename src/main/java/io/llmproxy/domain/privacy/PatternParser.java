package io.llmproxy.domain.privacy;

import io.llmproxy.domain.error.InvalidValueException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a regular expression: literals, {@code .}, classes, {@code \d \w \s \b} and their opposites, groups, alternatives,
 * {@code ? * + {m,n}}, {@code ^}, {@code $} and {@code (?i)} at the beginning. What takes more than linear time to match is refused by
 * name.
 */
final class PatternParser {
    private static final int MAX_REPEAT = 256;
    private static final int MAX_DEPTH = 32;

    private final String field;
    private final String regex;
    private final PatternProgram.Builder out;
    private boolean foldCase;
    private int at;
    private int depth;

    PatternParser(String field, String regex, PatternProgram.Builder out) {
        this.field = field;
        this.regex = regex;
        this.out = out;
    }

    /** A part of an expression, which is written as often as it is repeated. */
    private interface Node {
        void write(PatternProgram.Builder out);
    }

    /** Writes the program of the whole expression. */
    void parse() {
        if (regex.startsWith("(?i)")) {
            foldCase = true;
            at = 4;
        }
        Node whole = alternatives();
        if (at < regex.length()) {
            throw fault("has a closing parenthesis too many");
        }
        whole.write(out);
    }

    private Node alternatives() {
        if (++depth > MAX_DEPTH) {
            throw fault("is nested more than " + MAX_DEPTH + " deep");
        }
        List<Node> branches = new ArrayList<>();
        branches.add(sequence());
        while (peek() == '|') {
            at++;
            branches.add(sequence());
        }
        depth--;
        return branches.size() == 1
                ? branches.getFirst()
                : o -> o.alternatives(
                        branches.stream().<Runnable>map(b -> () -> b.write(o)).toList());
    }

    private Node sequence() {
        List<Node> parts = new ArrayList<>();
        while (at < regex.length() && peek() != '|' && peek() != ')') {
            parts.add(repeated(atom()));
        }
        return o -> parts.forEach(p -> p.write(o));
    }

    private Node repeated(Node atom) {
        int c = peek();
        int least = c == '+' ? 1 : 0;
        int most = c == '?' ? 1 : -1;
        if (c == '{') {
            int close = regex.indexOf('}', at);
            String said = close < 0 ? "" : regex.substring(at + 1, close);
            int comma = said.indexOf(',');
            least = count(comma < 0 ? said : said.substring(0, comma));
            most = comma < 0 ? least : comma == said.length() - 1 ? -1 : count(said.substring(comma + 1));
            if (most >= 0 && most < least) {
                throw fault("repeats at least " + least + " times and at most " + most);
            }
            at = close;
        } else if (c != '*' && c != '+' && c != '?') {
            return atom;
        }
        at++;
        if (peek() == '?' || peek() == '+' || peek() == '*' || peek() == '{') {
            throw fault(
                    "has two repetitions in a row; the longest match is taken always, so lazy and possessive ones mean nothing");
        }
        int from = least;
        int to = most;
        return o -> o.repeat(() -> atom.write(o), from, to);
    }

    private int count(String said) {
        boolean digits = !said.isEmpty() && said.length() <= 4 && said.chars().allMatch(c -> c >= '0' && c <= '9');
        int value = digits ? Integer.parseInt(said) : -1;
        if (value < 0 || value > MAX_REPEAT) {
            throw fault("repeats by something else than a number from 0 to " + MAX_REPEAT);
        }
        return value;
    }

    private Node atom() {
        char c = regex.charAt(at++);
        return switch (c) {
            case '(' -> group();
            case '[' -> set(charClass());
            case '.' -> set(new CharSet().add('\n', '\n').negate());
            case '^' -> o -> o.check(PatternProgram.LINE_START);
            case '$' -> o -> o.check(PatternProgram.LINE_END);
            case '\\' -> escape();
            case '*', '+', '?', '{' -> throw fault("repeats nothing");
            default -> set(new CharSet().add(c, c));
        };
    }

    private Node group() {
        if (regex.startsWith("?:", at)) {
            at += 2;
        } else if (peek() == '?') {
            throw fault(
                    "has a look-around, a named group or a flag, which there are not; (?:...) and (?i) at the beginning there are");
        }
        Node inner = alternatives();
        if (peek() != ')') {
            throw fault("has a parenthesis that is not closed");
        }
        at++;
        return inner;
    }

    private Node escape() {
        int c = peek();
        if (c == 'b' || c == 'B') {
            at++;
            return o -> o.check(c == 'b' ? PatternProgram.WORD_BORDER : PatternProgram.NO_WORD_BORDER);
        }
        return set(escaped());
    }

    /** What stands behind a backslash. */
    private CharSet escaped() {
        if (at == regex.length()) {
            throw fault("ends in a backslash");
        }
        char c = regex.charAt(at++);
        return switch (c) {
            case 'd' -> digits();
            case 'D' -> digits().negate();
            case 'w' -> words();
            case 'W' -> words().negate();
            case 's' -> spaces();
            case 'S' -> spaces().negate();
            case 'n' -> new CharSet().add('\n', '\n');
            case 'r' -> new CharSet().add('\r', '\r');
            case 't' -> new CharSet().add('\t', '\t');
            default -> {
                if (c >= '1' && c <= '9') {
                    throw fault("has a reference back to a group, which takes more than linear time");
                }
                if (c < 128 && Character.isLetterOrDigit(c)) {
                    throw fault("has an escape that means nothing here: \\" + c);
                }
                yield new CharSet().add(c, c);
            }
        };
    }

    private CharSet charClass() {
        CharSet set = new CharSet();
        boolean negated = peek() == '^';
        at += negated ? 1 : 0;
        boolean first = true;
        while (first || peek() != ']') {
            if (at >= regex.length()) {
                throw fault("has a class that is not closed");
            }
            first = false;
            char c = regex.charAt(at++);
            if (c == '\\' && "dDwWsS".indexOf(peek()) >= 0) {
                set.addAll(escaped());
                continue;
            }
            int from = c == '\\' ? single() : c;
            int to = from;
            if (peek() == '-' && at + 1 < regex.length() && regex.charAt(at + 1) != ']') {
                at++;
                char end = regex.charAt(at++);
                to = end == '\\' ? single() : end;
            }
            if (to < from) {
                throw fault("has a range that ends before it begins");
            }
            set.add(from, to);
        }
        at++;
        if (foldCase) {
            set.foldCase();
        }
        return negated ? set.negate() : set;
    }

    private char single() {
        if (at == regex.length()) {
            throw fault("ends in a backslash");
        }
        char c = regex.charAt(at);
        char meant = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
        escaped();
        return meant;
    }

    private Node set(CharSet characters) {
        CharSet meant = foldCase ? characters.foldCase() : characters;
        return o -> o.character(meant);
    }

    private static CharSet digits() {
        return new CharSet().add('0', '9');
    }

    private static CharSet words() {
        return new CharSet().add('0', '9').add('A', 'Z').add('a', 'z').add('_', '_');
    }

    private static CharSet spaces() {
        return new CharSet().add('\t', '\r').add(' ', ' ');
    }

    private int peek() {
        return at < regex.length() ? regex.charAt(at) : -1;
    }

    private InvalidValueException fault(String what) {
        return new InvalidValueException(
                field, "the pattern " + what + " (at character " + (Math.min(at, regex.length()) + 1) + ")");
    }
}
