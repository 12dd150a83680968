package io.llmproxy.cli;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Finds the word that a mistyped one was meant to be. */
final class Nearest {
    private Nearest() {}

    /** The nearest of the words, or null where none is near: at most one slip in three characters. */
    static @Nullable String to(String typed, Collection<String> words) {
        String nearest = null;
        int least = Math.max(1, Math.min(3, typed.length() / 3)) + 1;
        for (String word : words) {
            int slips = slips(typed, word);
            if (slips < least) {
                least = slips;
                nearest = word;
            }
        }
        return nearest;
    }

    /** How many characters were added, left out, changed, or swapped with their neighbour (optimal string alignment). */
    private static int slips(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                d[i][j] = i == 0 || j == 0 ? i + j : cheapest(a, b, i, j, d);
            }
        }
        return d[a.length()][b.length()];
    }

    private static int cheapest(String a, String b, int i, int j, int[][] d) {
        int change = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        int best = Math.min(change, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
        boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return swapped ? Math.min(best, d[i - 2][j - 2] + 1) : best;
    }
}
