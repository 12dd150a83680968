package io.llmproxy.gateway.privacy;

/** International bank account numbers (ISO 13616): a country, its length, and the remainder of 97; whole or in groups of four. */
final class IbanDetector implements Detector {
    private static final String LENGTHS =
            "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18"
                    + "FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25"
                    + "MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27"
                    + "SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

    @Override
    public int match(Window w, int i) {
        int second = w.peek(i + 1);
        int third = letter(w.chars[i]) && letter(second) ? w.peek(i + 2) : second;
        int fourth = Window.isDigit(third) ? w.peek(i + 3) : third;
        if (second == Window.MORE || third == Window.MORE || fourth == Window.MORE) {
            return Window.MORE;
        }
        if (!letter(w.chars[i]) || !letter(second) || !Window.isDigit(third) || !Window.isDigit(fourth)) {
            return Window.NO;
        }
        int length = length(w.chars[i], second);
        return length == 0 ? Window.NO : number(w, i, length);
    }

    private static int number(Window w, int i, int length) {
        int rest = 0;
        int separator = 0;
        int at = i + 4;
        for (int n = 4; n < length; n++) {
            int c = w.peek(at);
            if (n % 4 == 0 && (c == ' ' || c == '-' || c == '\u00A0') && (n == 4 || separator != 0)) {
                separator = c;
                c = w.peek(++at);
            }
            if (!Window.isAlnum(c)) {
                return c == Window.MORE ? Window.MORE : Window.NO;
            }
            rest = remainder(rest, c);
            at++;
        }
        for (int n = 0; n < 4; n++) {
            rest = remainder(rest, w.chars[i + n]);
        }
        return rest == 1 ? w.ended(at) : Window.NO;
    }

    private static int remainder(int rest, int c) {
        int value = Window.isDigit(c) ? c - '0' : (c & ~0x20) - 'A' + 10;
        return (rest * (value > 9 ? 100 : 10) + value) % 97;
    }

    private static int length(int first, int second) {
        int a = first & ~0x20;
        int b = second & ~0x20;
        for (int at = 0; at < LENGTHS.length(); at += 4) {
            if (LENGTHS.charAt(at) == a && LENGTHS.charAt(at + 1) == b) {
                return (LENGTHS.charAt(at + 2) - '0') * 10 + LENGTHS.charAt(at + 3) - '0';
            }
        }
        return 0;
    }

    private static boolean letter(int c) {
        return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
    }
}
