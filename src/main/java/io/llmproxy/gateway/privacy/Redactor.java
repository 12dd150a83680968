package io.llmproxy.gateway.privacy;

import io.llmproxy.domain.privacy.CustomPattern;
import io.llmproxy.domain.privacy.PatternProgram;
import io.llmproxy.domain.privacy.PrivateKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds what is private in a text and takes it out. Immutable and thread-safe; the time is linear in the text, and what a text in
 * pieces is redacted to does not depend on the pieces.
 */
public final class Redactor {
    /** Redacts every kind that is no particular country's. */
    public static final Redactor DEFAULT = of(PrivateKind.DEFAULTS);

    private static final int PIECE = 16 * 1024;
    private static final boolean[] BEGINS = new boolean[128];

    static {
        for (char c = 0; c < 128; c++) {
            BEGINS[c] = Window.isWord(c) || c == '+' || c == '(' || c == '-';
        }
    }

    /** A detector with the label of what it finds. */
    private record Rule(String label, Detector detector) {}

    private final @Nullable PatternProgram patterns;
    private final List<String> patternLabels;
    private final Rule[] letters;
    private final Rule[] digits;
    private final Rule[] plus;
    private final Rule[] dash;

    private Redactor(Set<PrivateKind> kinds, List<CustomPattern> custom) {
        this.patterns = custom.isEmpty()
                ? null
                : PatternProgram.of(
                        CustomPattern.FIELD,
                        custom.stream().map(CustomPattern::regex).toList());
        this.patternLabels = custom.stream().map(CustomPattern::label).toList();
        List<Rule> forLetters = new ArrayList<>();
        List<Rule> forDigits = new ArrayList<>();
        List<Rule> forPlus = new ArrayList<>();
        List<Rule> forDash = new ArrayList<>();
        // in this order: what says most surely what it is comes first
        add(kinds, PrivateKind.PRIVATE_KEY, TokenDetectors::pem, forDash);
        add(kinds, PrivateKind.JWT, TokenDetectors::jwt, forLetters);
        add(kinds, PrivateKind.KEY, new KeyDetector(), forLetters, forDigits);
        add(kinds, PrivateKind.EMAIL, new EmailDetector(), forLetters, forDigits);
        add(kinds, PrivateKind.IBAN, new IbanDetector(), forLetters);
        add(kinds, PrivateKind.CARD, new CardDetector(), forDigits);
        for (PrivateKind kind : PrivateKind.values()) {
            if (kind.national()) {
                add(kinds, kind, NationalDetectors.of(kind), forLetters, forDigits);
            }
        }
        add(kinds, PrivateKind.IP, new IpDetector(), forLetters, forDigits);
        add(kinds, PrivateKind.PHONE, new PhoneDetector(), forDigits, forPlus);
        this.letters = forLetters.toArray(Rule[]::new);
        this.digits = forDigits.toArray(Rule[]::new);
        this.plus = forPlus.toArray(Rule[]::new);
        this.dash = forDash.toArray(Rule[]::new);
    }

    @SafeVarargs
    private static void add(Set<PrivateKind> kinds, PrivateKind kind, Detector detector, List<Rule>... places) {
        if (kinds.contains(kind)) {
            for (List<Rule> place : places) {
                place.add(new Rule(kind.label(), detector));
            }
        }
    }

    /** One that looks for these kinds. */
    public static Redactor of(Set<PrivateKind> kinds) {
        return of(kinds, List.of());
    }

    /** One that looks for these kinds, and before them for the patterns. */
    public static Redactor of(Set<PrivateKind> kinds, List<CustomPattern> patterns) {
        return new Redactor(kinds, patterns);
    }

    /** The text with a label such as {@code [EMAIL]} for each private part; the same text where there is none. */
    public String redact(String text) {
        Masking masked = new Masking(new StringBuilder(text.length()));
        Scan scan = new Scan(this, masked, Math.min(text.length(), PIECE));
        for (int at = 0; at < text.length(); at += PIECE) {
            scan.feed(text, at, Math.min(text.length(), at + PIECE));
        }
        scan.finish();
        return masked.count == 0 ? text : masked.out.toString();
    }

    /** Tells what is private in a text that is there. */
    void find(CharSequence text, Findings findings) {
        Scan scan = new Scan(this, findings, Math.min(text.length(), PIECE));
        for (int at = 0; at < text.length(); at += PIECE) {
            scan.feed(text, at, Math.min(text.length(), at + PIECE));
        }
        scan.finish();
    }

    /** Whether something private may begin with this sign or ASCII letter. */
    static boolean begins(char c) {
        return c < 128 && BEGINS[c];
    }

    /** What begins at the index, where no word goes on: its end, and its label in the window; or NO or MORE. */
    int judge(Window w, int i) {
        char c = w.chars[i];
        Rule[] rules = Window.isDigit(c) ? digits : Window.isWord(c) ? letters : c == '-' ? dash : plus;
        for (Rule rule : rules) {
            w.tail = Tail.NONE;
            int end = rule.detector.match(w, i);
            if (end != Window.NO) {
                w.label = rule.label;
                return end;
            }
        }
        return Window.NO;
    }

    @Nullable
    PatternRun patternRun() {
        return patterns == null ? null : new PatternWalk(patterns, patternLabels);
    }

    /** Writes labels for what is found. */
    static final class Masking implements Findings {
        final StringBuilder out;
        int count;

        Masking(StringBuilder out) {
            this.out = out;
        }

        @Override
        public void passed(char[] text, int from, int to) {
            out.append(text, from, to - from);
        }

        @Override
        public void found(String label, long start, long end) {
            count++;
            out.append('[').append(label).append(']');
        }
    }
}
