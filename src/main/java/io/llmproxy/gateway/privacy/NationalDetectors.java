package io.llmproxy.gateway.privacy;

import io.llmproxy.domain.privacy.PrivateKind;
import java.util.Locale;

/** The numbers by which countries know their people, each by its form and, where it has one, its check digit. */
final class NationalDetectors {
    private static final String DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";
    private static final int[] VERHOEFF_TIMES = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 0, 6, 7, 8, 9, 5, 2, 3, 4, 0, 1, 7, 8, 9, 5, 6, 3, 4, 0, 1, 2, 8, 9,
                5, 6, 7, 4, 0, 1, 2, 3, 9, 5,
        6, 7, 8, 5, 9, 8, 7, 6, 0, 4, 3, 2, 1, 6, 5, 9, 8, 7, 1, 0, 4, 3, 2, 7, 6, 5, 9, 8, 2, 1, 0, 4, 3, 8, 7, 6, 5,
                9, 3, 2, 1, 0, 4, 9, 8, 7, 6,
        5, 4, 3, 2, 1, 0
    };
    private static final int[] VERHOEFF_TURN = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};

    private NationalDetectors() {}

    /** A check of the digits that were read. */
    private interface Check {
        boolean good(Window w);
    }

    /** @throws IllegalArgumentException where the kind is no country's */
    static Detector of(PrivateKind kind) {
        return switch (kind) {
            case US_SSN -> NationalDetectors::usSsn;
            case CA_SIN -> digits("- ", NationalDetectors::caSin, false, 3, 3, 3);
            case CH_AHV -> digits(". ", NationalDetectors::chAhv, true, 3, 4, 4, 2);
            case DE_TAX_ID -> digits(" ", NationalDetectors::deTaxId, true, 2, 3, 3, 3);
            case BR_CPF -> NationalDetectors::brCpf;
            case BE_NRN -> NationalDetectors::beNrn;
            case PL_PESEL -> digits("", NationalDetectors::plPesel, true, 11);
            case SE_PNR -> NationalDetectors::sePnr;
            case IN_AADHAAR -> digits(" -", NationalDetectors::inAadhaar, false, 4, 4, 4);
            case NL_BSN -> NationalDetectors::nlBsn;
            case FR_NIR -> NationalDetectors::frNir;
            case ES_DNI -> NationalDetectors::esDni;
            case GB_NINO -> NationalDetectors::gbNino;
            case IT_CF -> NationalDetectors::itCf;
            case EMAIL, PHONE, CARD, IBAN, IP, KEY, JWT, PRIVATE_KEY -> throw new IllegalArgumentException(kind.word());
        };
    }

    /** @param whole whether it may stand without separators */
    private static Detector digits(String separators, Check check, boolean whole, int... groups) {
        int[] lengths = groups.clone();
        return (w, i) -> {
            int end = Window.isDigit(w.chars[i]) && w.freeBefore(i) ? w.groups(i, lengths, separators) : Window.NO;
            if (end < 0) {
                return end;
            }
            boolean separated = end - i > w.count;
            return (whole || separated) && check.good(w) ? w.ended(end) : Window.NO;
        };
    }

    private static int usSsn(Window w, int i) {
        int end = Window.isDigit(w.chars[i]) && w.freeBefore(i) ? w.groups(i, new int[] {3, 2, 4}, "- ") : Window.NO;
        if (end < 0) {
            return end;
        }
        long area = w.number(0, 3);
        boolean good = area != 0 && area != 666 && area < 900 && w.number(3, 5) != 0 && w.number(5, 9) != 0;
        return good && (end - i > 9 || called(w, i, "ssn", "social security")) ? w.ended(end) : Window.NO;
    }

    private static boolean caSin(Window w) {
        return w.digits[0] != 0 && w.digits[0] != 8 && CardDetector.luhn(w, 9);
    }

    private static boolean chAhv(Window w) {
        if (w.number(0, 3) != 756) {
            return false;
        }
        int sum = 0;
        for (int n = 0; n < 12; n++) {
            sum += w.digits[n] * (n % 2 == 0 ? 1 : 3);
        }
        return (10 - sum % 10) % 10 == w.digits[12];
    }

    /** One digit of the first ten occurs twice or thrice; the last is the check digit of ISO 7064, modulus 11, 10. */
    private static boolean deTaxId(Window w) {
        int[] seen = new int[10];
        int product = 10;
        for (int n = 0; n < 10; n++) {
            seen[w.digits[n]]++;
            int sum = (w.digits[n] + product) % 10;
            product = (sum == 0 ? 10 : sum) * 2 % 11;
        }
        int repeated = 0;
        for (int count : seen) {
            repeated += count > 3 ? 2 : count > 1 ? 1 : 0;
        }
        return w.digits[0] != 0 && repeated == 1 && (11 - product) % 10 == w.digits[10];
    }

    private static int brCpf(Window w, int i) {
        if (!Window.isDigit(w.chars[i]) || !w.freeBefore(i)) {
            return Window.NO;
        }
        int end = w.groups(i, new int[] {3, 3, 3}, ".");
        if (end < 0) {
            return end;
        }
        boolean dotted = end - i > 9;
        int c = w.peek(end);
        if (dotted && c != '-') {
            return c == Window.MORE ? Window.MORE : Window.NO;
        }
        int at = end + (dotted ? 1 : 0);
        for (int n = 0; n < 2; n++, at++) {
            int digit = w.peek(at);
            if (!Window.isDigit(digit)) {
                return digit == Window.MORE ? Window.MORE : Window.NO;
            }
            w.digits[w.count++] = (byte) (digit - '0');
        }
        boolean same = true;
        for (int n = 1; n < 9; n++) {
            same &= w.digits[n] == w.digits[0];
        }
        boolean good = !same && cpf(w, 9) == w.digits[9] && cpf(w, 10) == w.digits[10];
        return good && (dotted || called(w, i, "cpf")) ? w.ended(at) : Window.NO;
    }

    private static int cpf(Window w, int length) {
        int sum = 0;
        for (int n = 0; n < length; n++) {
            sum += w.digits[n] * (length + 1 - n);
        }
        return sum * 10 % 11 % 10;
    }

    /** {@code YY.MM.DD-XXX.CC}, or eleven digits that are called so. */
    private static int beNrn(Window w, int i) {
        int end = Window.isDigit(w.chars[i]) && w.freeBefore(i) ? w.groups(i, new int[] {2, 2, 2}, ".") : Window.NO;
        if (end < 0) {
            return end;
        }
        boolean dotted = end - i > 6;
        int at = end;
        for (int n = 0; n < 5; n++) {
            int c = w.peek(at);
            boolean sign = dotted && (n == 0 && c == '-' || n == 3 && c == '.');
            c = sign ? w.peek(++at) : dotted && (n == 0 || n == 3) && c != Window.MORE ? Window.NO : c;
            if (!Window.isDigit(c)) {
                return c == Window.MORE ? Window.MORE : Window.NO;
            }
            w.digits[w.count++] = (byte) (c - '0');
            at++;
        }
        long check = w.number(9, 11);
        long body = w.number(0, 9);
        boolean good = dated(w, 2) && (97 - body % 97 == check || 97 - (2_000_000_000L + body) % 97 == check);
        return good && (dotted || called(w, i, "rijksregister", "registre national", "nrn", "insz", "niss"))
                ? w.ended(at)
                : Window.NO;
    }

    private static boolean plPesel(Window w) {
        int[] weights = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3};
        int sum = 0;
        for (int n = 0; n < 10; n++) {
            sum += w.digits[n] * weights[n];
        }
        long month = w.number(2, 4) % 20;
        long day = w.number(4, 6);
        return month >= 1 && month <= 12 && day >= 1 && day <= 31 && (10 - sum % 10) % 10 == w.digits[10];
    }

    private static int sePnr(Window w, int i) {
        if (!Window.isDigit(w.chars[i]) || !w.freeBefore(i)) {
            return Window.NO;
        }
        int longer = sePnr(w, i, 8);
        return longer == Window.NO ? sePnr(w, i, 6) : longer;
    }

    private static int sePnr(Window w, int i, int dateLength) {
        int end = w.groups(i, new int[] {dateLength}, "");
        if (end < 0) {
            return end;
        }
        int sign = w.peek(end);
        if (sign != '-' && sign != '+') {
            return sign == Window.MORE ? Window.MORE : Window.NO;
        }
        byte[] date = w.digits.clone();
        int number = w.groups(end + 1, new int[] {4}, "");
        if (number < 0) {
            return number;
        }
        byte[] last = w.digits.clone();
        System.arraycopy(date, dateLength - 6, w.digits, 0, 6);
        System.arraycopy(last, 0, w.digits, 6, 4);
        return dated(w, 2) && CardDetector.luhn(w, 10) ? w.ended(number) : Window.NO;
    }

    /** Whether month and day stand there. */
    private static boolean dated(Window w, int from) {
        long month = w.number(from, from + 2);
        long day = w.number(from + 2, from + 4);
        return month >= 1 && month <= 12 && day >= 1 && day <= 31;
    }

    private static boolean inAadhaar(Window w) {
        int check = 0;
        for (int n = 0; n < 12; n++) {
            int digit = w.digits[11 - n];
            for (int turn = 0; turn < n % 8; turn++) {
                digit = VERHOEFF_TURN[digit];
            }
            check = VERHOEFF_TIMES[check * 10 + digit];
        }
        return w.digits[0] > 1 && check == 0;
    }

    private static int nlBsn(Window w, int i) {
        int end = Window.isDigit(w.chars[i]) && w.freeBefore(i) ? w.groups(i, new int[] {9}, "") : Window.NO;
        if (end < 0) {
            return end;
        }
        int sum = -w.digits[8];
        for (int n = 0; n < 8; n++) {
            sum += w.digits[n] * (9 - n);
        }
        // one number of eleven passes the check, so it must be called so
        return sum % 11 == 0 && w.number(0, 9) > 0 && called(w, i, "bsn", "burgerservice", "sofi")
                ? w.ended(end)
                : Window.NO;
    }

    /** {@code S YY MM DD CCC OOO KK}, with 2A and 2B for Corsica. */
    private static int frNir(Window w, int i) {
        if (w.chars[i] != '1' && w.chars[i] != '2' || !w.freeBefore(i)) {
            return Window.NO;
        }
        int[] ends = {1, 3, 5, 7, 10, 13, 15};
        long value = 0;
        long key = 0;
        int at = i;
        int group = 0;
        boolean separated = false;
        int month = 0;
        for (int n = 0; n < 15; n++, at++) {
            int c = w.peek(at);
            if (n == ends[group]) {
                group++;
                boolean blank = c == ' ' || c == '\u00A0';
                separated = n == 1 ? blank : separated;
                if (blank != separated && n != 13) {
                    return c == Window.MORE ? Window.MORE : Window.NO;
                }
                c = blank ? w.peek(++at) : c;
            }
            boolean corsica = n == 6 && (c == 'A' || c == 'B') && value % 10 == 2;
            if (!Window.isDigit(c) && !corsica) {
                return c == Window.MORE ? Window.MORE : Window.NO;
            }
            if (n >= 13) {
                key = key * 10 + c - '0';
            } else {
                value = corsica ? value * 10 + (c == 'A' ? -1 : -2) : value * 10 + c - '0';
            }
            month = n == 3 || n == 4 ? month * 10 + c - '0' : month;
        }
        boolean dated = month >= 1 && month <= 12 || month >= 20 && month <= 42 || month >= 50;
        return dated && 97 - value % 97 == key ? w.ended(at) : Window.NO;
    }

    /** Eight digits, or X, Y, Z and seven, and the letter that the remainder of 23 says. */
    private static int esDni(Window w, int i) {
        char first = w.chars[i];
        boolean foreign = first >= 'X' && first <= 'Z';
        if (!foreign && !Window.isDigit(first) || !w.freeBefore(i)) {
            return Window.NO;
        }
        int at = i + (foreign ? 1 : 0);
        if (foreign && w.peek(at) == '-') {
            at++;
        }
        int end = w.groups(at, new int[] {foreign ? 7 : 8}, "");
        if (end < 0) {
            return end;
        }
        int letter = w.peek(end);
        if (letter == '-' || letter == ' ') {
            letter = w.peek(++end);
        }
        if (letter == Window.MORE) {
            return Window.MORE;
        }
        long number = w.number(0, w.count) + (foreign ? (first - 'X') * 10_000_000L : 0);
        return DNI_LETTERS.charAt((int) (number % 23)) == letter ? w.ended(end + 1) : Window.NO;
    }

    /** Two letters, three pairs of digits, a letter from A to D; there is no check digit. */
    private static int gbNino(Window w, int i) {
        if ("DFIQUV".indexOf(w.chars[i]) >= 0 || !Window.isUpper(w.chars[i])) {
            return Window.NO;
        }
        int second = w.peek(i + 1);
        if (!Window.isUpper(second) || "DFIOQUV".indexOf(second) >= 0) {
            return second == Window.MORE ? Window.MORE : Window.NO;
        }
        String prefix = new String(w.chars, i, 2);
        if ("BG GB NK KN TN NT ZZ".contains(prefix)) {
            return Window.NO;
        }
        int c = w.peek(i + 2);
        int from = i + (c == ' ' ? 3 : 2);
        int end = c == Window.MORE ? Window.MORE : w.groups(from, new int[] {2, 2, 2}, " ");
        if (end < 0) {
            return end;
        }
        int letter = w.peek(end);
        if (letter == ' ') {
            letter = w.peek(++end);
        }
        return letter == Window.MORE ? Window.MORE : letter >= 'A' && letter <= 'D' ? w.ended(end + 1) : Window.NO;
    }

    /** The codice fiscale: sixteen letters and digits, the last of which checks the others. */
    private static int itCf(Window w, int i) {
        String form = "LLLLLLDDLDDLDDDL";
        String odd = "BAFHJNPRTVCESULDGIMOQKWZYX";
        int sum = 0;
        for (int n = 0; n < 16; n++) {
            int c = w.peek(i + n);
            if (c == Window.MORE) {
                return Window.MORE;
            }
            int upper = c >= 'a' && c <= 'z' ? c - 32 : c;
            boolean fits = form.charAt(n) == 'L'
                    ? Window.isUpper(upper)
                    : Window.isDigit(c) || "LMNPQRSTUV".indexOf(upper) >= 0;
            if (!fits) {
                return Window.NO;
            }
            int value = Window.isDigit(c) ? c - '0' : upper - 'A';
            if (n == 15) {
                return sum % 26 == value ? w.ended(i + 16) : Window.NO;
            }
            sum += n % 2 == 0 ? odd.charAt(value) - 'A' : value;
        }
        return Window.NO;
    }

    private static boolean called(Window w, int i, String... names) {
        int from = Math.max(0, i - 32);
        String said = new String(w.chars, from, i - from).toLowerCase(Locale.ROOT);
        for (String name : names) {
            if (said.contains(name)) {
                return true;
            }
        }
        return false;
    }
}
