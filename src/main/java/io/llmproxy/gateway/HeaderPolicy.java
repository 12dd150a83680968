package io.llmproxy.gateway;

import io.llmproxy.domain.FieldNames;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.runtime.KeySecrets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Which header fields pass between clients and providers, and under which name. */
public final class HeaderPolicy {
    /** How the gateway calls itself in {@code Via} (RFC 9110, section 7.6.3). */
    public static final String VIA = "1.1 llmproxy";

    private static final FieldNames HOP_BY_HOP = FieldNames.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authorization",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "http2-settings");
    private static final FieldNames NOT_UP = FieldNames.of(
            "authorization",
            "x-api-key",
            "api-key",
            "x-goog-api-key",
            "host",
            "content-length",
            "expect",
            "cookie",
            "set-cookie",
            "openai-organization",
            "openai-project",
            "forwarded",
            "x-real-ip",
            "x-client-ip",
            "x-cluster-client-ip",
            "true-client-ip",
            "cf-connecting-ip",
            "fastly-client-ip",
            "client-cert",
            "client-cert-chain",
            "ssl-client-cert",
            "x-client-cert",
            "x-ssl-client-cert",
            "accept-encoding",
            "via");
    private static final FieldNames NOT_DOWN =
            FieldNames.of("content-length", "set-cookie", "set-cookie2", "alt-svc", "via", "x-request-id");

    /** How many fields the gateway itself adds to an answer, at most as a rule: its own, and those of two kinds of limits. */
    private static final int OWN = 16;

    private static final FieldNames NONE = FieldNames.of();

    private HeaderPolicy() {}

    /**
     * The client's fields as a provider may see them. Of the content codings only those are left that the answer can be metered in.
     *
     * @param plainAnswer whether the answer must come without a coding
     */
    public static HeaderFields toProvider(HeaderFields client, boolean plainAnswer) {
        FieldNames named = namedByConnection(client);
        HeaderFields out = new HeaderFields();
        for (int i = 0; i < client.size(); i++) {
            String name = client.name(i);
            if (!client.named(i, NOT_UP)
                    && !forwarding(name)
                    && !endsHere(client, i, named)
                    && !carriesKey(client.value(i))) {
                out.addFrom(client, i);
            }
        }
        if (plainAnswer) {
            out.add("Accept-Encoding", "identity");
        } else if (client.contains("accept-encoding")) {
            out.add("Accept-Encoding", ContentCoding.acceptable(client));
        }
        out.add("Via", via(client));
        return out;
    }

    /** The provider's fields as the client may see them, with the gateway's own still to come. */
    public static HeaderFields toClient(HeaderFields provider) {
        FieldNames named = namedByConnection(provider);
        HeaderFields out = HeaderFields.withRoom(provider.size() + OWN);
        for (int i = 0; i < provider.size(); i++) {
            String name = provider.name(i);
            if (provider.named(i, NOT_DOWN) || endsHere(provider, i, named) || startsWith(name, "x-llmproxy-")) {
                continue;
            }
            if (startsWith(name, "x-ratelimit-")) {
                out.add("x-upstream-" + name.substring(2).toLowerCase(Locale.ROOT), provider.value(i));
            } else {
                out.addFrom(provider, i);
            }
        }
        provider.first("x-request-id")
                .or(() -> provider.first("request-id"))
                .ifPresent(id -> out.add("x-upstream-request-id", id));
        return out.add("via", via(provider));
    }

    /** The provider's trailers as the client may see them. */
    static HeaderFields trailersToClient(HeaderFields provider) {
        if (provider.size() == 0) {
            return HeaderFields.NONE;
        }
        HeaderFields out = new HeaderFields();
        provider.forEach((name, value) -> {
            if (!NOT_DOWN.contains(name) && !HOP_BY_HOP.contains(name) && !startsWith(name, "x-llmproxy-")) {
                out.add(name, value);
            }
        });
        return out;
    }

    /** The client's trailers as a provider may see them. */
    public static HeaderFields trailersToProvider(HeaderFields client) {
        if (client.size() == 0) {
            return HeaderFields.NONE;
        }
        HeaderFields out = new HeaderFields();
        client.forEach((name, value) -> {
            if (!NOT_UP.contains(name) && !HOP_BY_HOP.contains(name) && !forwarding(name) && !carriesKey(value)) {
                out.add(name, value);
            }
        });
        return out;
    }

    /** Whether the message has been here already. */
    public static boolean loops(HeaderFields client) {
        for (String value : client.all("via")) {
            for (String hop : value.split(",", -1)) {
                String[] words = hop.strip().split("\\s+", 3);
                if (words.length > 1 && words[1].equalsIgnoreCase("llmproxy")) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String via(HeaderFields fields) {
        if (!fields.contains("via")) {
            return VIA;
        }
        String before = String.join(", ", fields.all("via"));
        return before.isEmpty() ? VIA : before + ", " + VIA;
    }

    /** Whether it tells who forwards a request, or is the gateway's own. */
    private static boolean forwarding(String name) {
        return startsWith(name, "x-forwarded-") || startsWith(name, "x-llmproxy-");
    }

    private static boolean endsHere(HeaderFields fields, int index, FieldNames named) {
        return fields.named(index, HOP_BY_HOP) || fields.named(index, named);
    }

    private static boolean startsWith(String name, String prefix) {
        return name.regionMatches(true, 0, prefix, 0, prefix.length());
    }

    /** The fields that the message's own Connection fields name. */
    private static FieldNames namedByConnection(HeaderFields fields) {
        if (!fields.contains("connection")) {
            return NONE;
        }
        List<String> names = new ArrayList<>();
        for (String value : fields.all("connection")) {
            if (!value.equalsIgnoreCase("close") && !value.equalsIgnoreCase("keep-alive")) {
                for (String name : value.split(",", -1)) {
                    names.add(name.strip());
                }
            }
        }
        return names.isEmpty() ? NONE : FieldNames.of(names.toArray(String[]::new));
    }

    /** Whether a value holds a gateway key, whatever field a client put it in. */
    static boolean carriesKey(String value) {
        int at = value.indexOf(KeySecrets.PREFIX);
        while (at >= 0) {
            int end = Math.min(value.length(), at + KeySecrets.LENGTH);
            if (KeySecrets.wellFormed(value.substring(at, end))) {
                return true;
            }
            at = value.indexOf(KeySecrets.PREFIX, at + 1);
        }
        return false;
    }
}
