package io.llmproxy.gateway;

import io.llmproxy.runtime.KeySecrets;
import io.llmproxy.testing.Fuzz;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Queries: never a failure, no key of ours left, and what is left is what was there. */
public final class CredentialsFuzz {
    private CredentialsFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String query = new String(input, StandardCharsets.ISO_8859_1)
                .replace("KEY", "llmp_0123456789012345678901234567890123456789012");
        for (boolean queryKey : new boolean[] {false, true}) {
            String cleaned = Credentials.cleaned(query, queryKey);
            Fuzz.same(Credentials.cleaned(cleaned, queryKey), cleaned, "cleaned twice");
            List<String> left = parameters(cleaned);
            int at = 0;
            List<String> before = parameters(query);
            for (String parameter : left) {
                at += before.subList(at, before.size()).indexOf(parameter) + 1;
                Fuzz.check(at > 0, () -> "came from nowhere: " + parameter);
                harmless(parameter, queryKey);
            }
            FakeRequest request = new FakeRequest("GET", "/").query(query);
            Credentials.presented(request, queryKey);
        }
    }

    private static List<String> parameters(@Nullable String query) {
        return query == null ? List.of() : Arrays.asList(query.split("&", -1));
    }

    private static void harmless(String parameter, boolean queryKey) {
        String plain = decoded(parameter);
        Fuzz.check(!plain.startsWith("key=" + KeySecrets.PREFIX), () -> "left " + parameter);
        Fuzz.check(!HeaderPolicy.carriesKey(plain), () -> "left " + parameter);
        Fuzz.check(!queryKey || !plain.startsWith("key="), () -> "left " + parameter);
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }
}
