package io.llmproxy.testing;

import io.llmproxy.testing.TestAppliance.Ctl;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What {@code llmproxyctl apply} takes. */
public final class Documents {
    private Documents() {}

    /** The slug of a tenant that nobody else has. */
    public static String tenant() {
        return "t" + UUID.randomUUID().toString().substring(0, 13);
    }

    /** A document of that one tenant. */
    public static String of(String tenant, String body) {
        return "version: 1\ntenants:\n  " + tenant + ":\n" + body.indent(4);
    }

    /** Applies the document as one of standard input. */
    public static Ctl apply(TestAppliance to, String document, String... more) {
        List<String> all = new ArrayList<>(List.of("apply", "-f", "-"));
        all.addAll(List.of(more));
        return to.ctlWithInput(document, all.toArray(String[]::new));
    }
}
