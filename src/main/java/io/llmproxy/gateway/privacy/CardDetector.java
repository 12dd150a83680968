package io.llmproxy.gateway.privacy;

/** Numbers of payment cards: the range of a known issuer, its lengths, the check digit of Luhn, whole or in the usual groups. */
final class CardDetector implements Detector {
    private static final int[][] GROUPS = {{4, 4, 4, 4}, {4, 6, 5}, {4, 6, 4}, {4, 4, 4, 4, 3}};
    private static final int SHORTEST = 13;
    private static final int LONGEST = 19;
    private static final String SEPARATORS = " -\u00A0.";

    @Override
    public int match(Window w, int i) {
        if (w.chars[i] < '2' || w.chars[i] > '6' || !w.freeBefore(i)) {
            return Window.NO;
        }
        int run = i;
        int c = w.peek(run);
        while (Window.isDigit(c) && run - i <= LONGEST) {
            c = w.peek(++run);
        }
        if (c == Window.MORE) {
            return Window.MORE;
        }
        int length = run - i;
        if (length >= SHORTEST && length <= LONGEST) {
            w.groups(i, new int[] {length}, "");
            return good(w) ? w.ended(run) : Window.NO;
        }
        return length == 4 && SEPARATORS.indexOf(c) >= 0 ? grouped(w, i) : Window.NO;
    }

    private static int grouped(Window w, int i) {
        int outcome = Window.NO;
        for (int[] groups : GROUPS) {
            int end = w.groups(i, groups, SEPARATORS);
            if (end >= 0 && good(w)) {
                end = w.ended(end);
            } else if (end >= 0) {
                end = Window.NO;
            }
            if (end >= 0) {
                return end;
            }
            outcome = Math.min(outcome, end);
        }
        return outcome;
    }

    private static boolean good(Window w) {
        return issued(w) && luhn(w, w.count);
    }

    private static boolean issued(Window w) {
        int two = (int) w.number(0, 2);
        int three = (int) w.number(0, 3);
        int four = (int) w.number(0, 4);
        return switch (w.count) {
            case 13 -> two / 10 == 4;
            case 14 -> three >= 300 && three <= 305 || two == 36 || two == 38 || two == 39;
            case 15 -> two == 34 || two == 37;
            case 16 ->
                two / 10 == 4
                        || two >= 50 && two <= 58
                        || four >= 2221 && four <= 2720
                        || four == 6011
                        || two == 65
                        || two == 62
                        || three >= 644 && three <= 649
                        || four >= 3528 && four <= 3589
                        || maestro(four);
            case 17, 18 -> two == 62 || maestro(four);
            case 19 ->
                two / 10 == 4
                        || two == 62
                        || four == 6011
                        || two == 65
                        || four >= 3528 && four <= 3589
                        || maestro(four);
            default -> false;
        };
    }

    private static boolean maestro(int four) {
        return four == 6304
                || four == 6759
                || four >= 6761 && four <= 6763
                || four == 5018
                || four == 5020
                || four == 5038;
    }

    /** Whether the digits read, so many of them, end in the check digit of Luhn (ISO/IEC 7812-1). */
    static boolean luhn(Window w, int count) {
        int sum = 0;
        boolean any = false;
        for (int n = 0; n < count; n++) {
            int digit = w.digits[count - 1 - n];
            any |= digit != 0;
            int twice = digit * 2;
            sum += n % 2 == 0 ? digit : twice > 9 ? twice - 9 : twice;
        }
        return any && sum % 10 == 0;
    }
}
