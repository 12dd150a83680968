package io.llmproxy.adapter.provider.simulated;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** What a simulated model says, how long it is in tokens, and where it puts a text in space: a pure function of its input. */
final class SimulatedText {
    private static final int ECHO = 80;

    private SimulatedText() {}

    /** A friendly reply that repeats the beginning of what was said, in tokens whose sum is the text. */
    static List<String> reply(String said, int wanted) {
        String echo = said.strip().replaceAll("\\s+", " ");
        String brief = echo.codePointCount(0, echo.length()) <= ECHO
                ? echo
                : echo.substring(0, echo.offsetByCodePoints(0, ECHO - 3)) + "...";
        String text = (brief.isEmpty() ? "Hello! " : "You said: \"" + brief + "\". ")
                + "I am a simulated model, so this is all I know, but it came through the gateway token by token,"
                + " and it was counted on the way.";
        List<String> tokens = tokens(text);
        return wanted == 0 ? tokens : fitted(tokens, wanted);
    }

    /** About as many tokens as a real tokenizer would count: one for each word and mark, more for long words. */
    static int count(String text) {
        return tokens(text).size();
    }

    /** Words with the blank before them, and runs of marks, in pieces of eight characters at most. */
    private static List<String> tokens(String text) {
        List<String> tokens = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= text.length(); i++) {
            if (i == text.length() || i - start >= 8 && whole(text, i) || boundary(text, start, i)) {
                tokens.add(text.substring(start, i));
                start = i;
            }
        }
        return tokens;
    }

    private static boolean whole(String text, int i) {
        return !Character.isLowSurrogate(text.charAt(i));
    }

    private static boolean boundary(String text, int start, int i) {
        char before = text.charAt(i - 1);
        char here = text.charAt(i);
        boolean leadingBlank = i - 1 == start && before == ' ';
        return !leadingBlank && word(before) != word(here) && whole(text, i);
    }

    private static boolean word(char c) {
        return Character.isLetterOrDigit(c) || Character.isSurrogate(c) || c == '\'';
    }

    private static List<String> fitted(List<String> tokens, int wanted) {
        List<String> out = new ArrayList<>(wanted);
        for (int i = 0; i < wanted; i++) {
            String token = tokens.get(i % tokens.size());
            out.add(i > 0 && i % tokens.size() == 0 ? " " + token : token);
        }
        return out;
    }

    /** A vector of length one; the same text always has the same. */
    static float[] vector(String text, int dimensions) {
        SplittableRandom random = new SplittableRandom(text.hashCode() * 31L + text.length());
        float[] vector = new float[dimensions];
        double squares = 0;
        for (int i = 0; i < dimensions; i++) {
            vector[i] = (float) (random.nextDouble() * 2 - 1);
            squares += vector[i] * vector[i];
        }
        float length = (float) Math.sqrt(squares);
        for (int i = 0; i < dimensions && length > 0; i++) {
            vector[i] /= length;
        }
        return vector;
    }
}
