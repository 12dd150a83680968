package io.llmproxy.gateway.privacy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Keys and tokens of the known providers by their prefixes; passwords in URLs; and what a text itself calls a key, token, secret or
 * password, where it looks like one.
 */
final class KeyDetector implements Detector {
    private enum Alphabet {
        ALNUM,
        UPPER,
        /** Letters, digits, underscore and hyphen. */
        TOKEN,
        /** The same, with a digit and a capital among the first: behind a prefix that words may begin with too. */
        MIXED,
        /** Letters, digits, plus and slash, with signs of equality behind them. */
        BASE64,
        HEX
    }

    /** @param least how many characters follow the prefix at least */
    private record Prefix(String text, Alphabet alphabet, int least) {}

    private static final List<List<Prefix>> BY_LETTER = new ArrayList<>();

    static {
        for (int c = 0; c < 128; c++) {
            BY_LETTER.add(new ArrayList<>());
        }
        add(Alphabet.TOKEN, 20, "sk-ant-", "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-or-v1-", "sk-lf-");
        add(Alphabet.ALNUM, 20, "sk-");
        add(Alphabet.TOKEN, 35, "AIza");
        add(Alphabet.MIXED, 40, "AQ.");
        add(Alphabet.TOKEN, 24, "GOCSPX-", "ya29.");
        add(Alphabet.UPPER, 16, "AKIA", "ASIA", "ABIA", "ACCA", "AROA");
        add(Alphabet.BASE64, 40, "ABSK", "bedrock-api-key-");
        add(Alphabet.ALNUM, 36, "ghp_", "gho_", "ghu_", "ghs_", "ghr_");
        add(Alphabet.TOKEN, 40, "github_pat_");
        add(Alphabet.TOKEN, 20, "glpat-", "gldt-", "glrt-", "glptt-", "glft-", "glsoat-", "glcbt-");
        add(Alphabet.TOKEN, 20, "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xapp-");
        add(Alphabet.ALNUM, 16, "sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_");
        add(Alphabet.ALNUM, 30, "hf_", "api_org_");
        add(Alphabet.ALNUM, 43, "llmp_", "llmpa_");
        add(Alphabet.ALNUM, 36, "npm_");
        add(Alphabet.TOKEN, 50, "pypi-AgE");
        add(Alphabet.ALNUM, 40, "gsk_", "xai-", "pplx-");
        add(Alphabet.ALNUM, 37, "r8_");
        add(Alphabet.TOKEN, 40, "nvapi-", "tgp_v1_");
        add(Alphabet.ALNUM, 32, "csk-");
        add(Alphabet.ALNUM, 40, "jina_");
        add(Alphabet.MIXED, 40, "pa-");
        add(Alphabet.ALNUM, 24, "fw_");
        add(Alphabet.HEX, 32, "dapi", "shpat_", "shpss_");
        add(Alphabet.HEX, 64, "dop_v1_", "doo_v1_");
        add(Alphabet.TOKEN, 20, "hvs.", "hvb.", "SG.", "sbp_", "sb_secret_", "ATATT3x", "lin_api_", "tvly-");
    }

    private static final int LEAST_SECRET = 16;
    private static final int MAX_SECRET = 128;
    private static final int AWS_SECRET = 40;
    private static final int MAX_URL_PART = 96;
    private static final String[] CALLED_SO = {
        "api-key",
        "api_key",
        "apikey",
        "secret",
        "token",
        "passwor",
        "passwd",
        "pwd",
        "passphrase",
        "access_key",
        "accesskey",
        "access-key",
        "accountkey",
        "account_key",
        "subscription-key",
        "private_key",
        "auth_key",
        "client_secret",
        "bearer"
    };

    private static void add(Alphabet alphabet, int least, String... prefixes) {
        for (String prefix : prefixes) {
            BY_LETTER.get(prefix.charAt(0)).add(new Prefix(prefix, alphabet, least));
        }
    }

    @Override
    public int match(Window w, int i) {
        int known = known(w, i);
        if (known != Window.NO) {
            return known;
        }
        int before = w.before(i, 1);
        if (before == '/') {
            return w.before(i, 2) == '/' && w.before(i, 3) == ':' ? inUrl(w, i) : Window.NO;
        }
        return before == '=' || before == ':' || before == ' ' || before == '"' || before == '\'' || before == '`'
                ? calledSo(w, i)
                : Window.NO;
    }

    private static int known(Window w, int i) {
        char first = w.chars[i];
        if (first >= 128) {
            return Window.NO;
        }
        List<Prefix> prefixes = BY_LETTER.get(first);
        for (int p = 0; p < prefixes.size(); p++) {
            int end = matches(w, i, prefixes.get(p));
            if (end != Window.NO) {
                return end;
            }
        }
        return Window.NO;
    }

    private static int matches(Window w, int i, Prefix prefix) {
        int from = TokenDetectors.starts(w, i, prefix.text);
        if (from < 0) {
            return from;
        }
        boolean digit = false;
        boolean capital = false;
        for (int at = from; at < from + prefix.least; at++) {
            int c = w.peek(at);
            if (!takes(prefix.alphabet, c)) {
                return c == Window.MORE ? Window.MORE : Window.NO;
            }
            digit |= Window.isDigit(c);
            capital |= Window.isUpper(c);
        }
        if (prefix.alphabet == Alphabet.MIXED && !(digit && capital)) {
            return Window.NO;
        }
        int end = from + prefix.least;
        if (prefix.alphabet == Alphabet.UPPER) {
            return w.ended(end);
        }
        w.tail = prefix.alphabet == Alphabet.BASE64 ? Tail.BASE64 : Tail.TOKEN;
        return end;
    }

    private static boolean takes(Alphabet alphabet, int c) {
        return switch (alphabet) {
            case ALNUM -> Window.isAlnum(c);
            case UPPER -> Window.isUpper(c) || Window.isDigit(c);
            case TOKEN -> TokenDetectors.isBase64Url(c) || c == '.';
            case MIXED -> TokenDetectors.isBase64Url(c);
            case BASE64 -> Window.isAlnum(c) || c == '+' || c == '/';
            case HEX -> Window.isDigit(c) || c >= 'a' && c <= 'f';
        };
    }

    /** {@code user:password} of a URL, before the sign of its host. */
    private static int inUrl(Window w, int i) {
        int colon = Window.NO;
        for (int at = i; at - i < MAX_URL_PART; at++) {
            int c = w.peek(at);
            if (c == Window.MORE) {
                return Window.MORE;
            }
            if (c == '@') {
                return colon > i && at > colon + 1 ? at : Window.NO;
            }
            if (c <= ' ' || c == Scan.BLANK || c == '/' || c == '"' || c == '<' || c == '?') {
                return Window.NO;
            }
            if (c == ':' && colon < 0) {
                colon = at;
            }
        }
        return Window.NO;
    }

    /** A value of letters and digits, where the words before it call it a secret. */
    private static int calledSo(Window w, int i) {
        int at = i;
        boolean letter = false;
        boolean digit = false;
        boolean path = false;
        int hyphens = 0;
        int c = w.peek(at);
        while ((TokenDetectors.isBase64Url(c) || c == '/' || c == '+' || c == '=') && at - i < MAX_SECRET) {
            digit |= Window.isDigit(c);
            letter |= Window.isAlnum(c) && !Window.isDigit(c);
            path |= c == '/' || c == '+';
            hyphens += c == '-' ? 1 : 0;
            c = w.peek(++at);
        }
        int length = at - i;
        if (c == Window.MORE) {
            return Window.MORE;
        }
        boolean uuid = length == 36 && hyphens == 4;
        if (!letter || !digit || uuid || length < LEAST_SECRET || path && length < AWS_SECRET) {
            return Window.NO;
        }
        return calledSecret(w, i) ? at : Window.NO;
    }

    private static boolean calledSecret(Window w, int i) {
        StringBuilder words = new StringBuilder(Window.CONTEXT);
        int from = Math.max(0, i - 32);
        while (from < i && from > 0 && Window.isWord(w.chars[from - 1]) && i - from > 24) {
            from++;
        }
        for (int at = from; at < i; at++) {
            char c = w.chars[at];
            if (c == '\n' || c == ',' || c == ';' || c == '{') {
                words.setLength(0);
            } else {
                words.append(c);
            }
        }
        String said = words.toString().toLowerCase(Locale.ROOT);
        for (String name : CALLED_SO) {
            int found = said.lastIndexOf(name);
            if (found >= 0 && assigned(said, found + name.length())) {
                return true;
            }
        }
        return false;
    }

    /** Whether nothing but an assignment lies between the name and the value. */
    private static boolean assigned(String said, int from) {
        int at = from;
        while (at < said.length() && (Window.isWord(said.charAt(at)) || said.charAt(at) == '-') && at - from < 12) {
            at++;
        }
        for (; at < said.length(); at++) {
            char c = said.charAt(at);
            if (" =:\"'`\\>".indexOf(c) < 0
                    && !(c == 'i' && said.startsWith("is ", at))
                    && !(c == 's' && said.charAt(at - 1) == 'i')) {
                return false;
            }
        }
        return true;
    }
}
