package io.llmproxy.gateway.object;

import io.llmproxy.domain.object.ObjectKind;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks of a list.
 *
 * @param limit how many items a page has
 * @param limitText the limit as it was sent where it is none that the gateway understands; the provider will say what is wrong
 * @param others the other parameters as they were sent
 */
public record ListQuery(
        int limit,
        @Nullable String limitText,
        @Nullable String after,
        @Nullable String before,
        List<String> others) {
    /** How many items the provider is asked for at a time: what every list of OpenAI's takes. */
    private static final int PAGE = 100;

    private static final int MAX = 10_000;
    private static final int USUAL = 20;

    public ListQuery {
        others = List.copyOf(others);
    }

    /** @param query without the question mark; null: none */
    public static ListQuery of(@Nullable String query, ObjectKind kind) {
        int limit = kind == ObjectKind.FILE ? MAX : USUAL;
        String limitText = null;
        String after = null;
        String before = null;
        List<String> others = new ArrayList<>();
        for (String parameter : query == null || query.isEmpty() ? new String[0] : query.split("&", -1)) {
            int equals = parameter.indexOf('=');
            String name = decoded(equals < 0 ? parameter : parameter.substring(0, equals));
            String value = equals < 0 ? "" : decoded(parameter.substring(equals + 1));
            switch (name) {
                case "limit" -> {
                    limitText = value.matches("[1-9][0-9]{0,8}") ? null : value;
                    limit = limitText == null ? Math.min(MAX, Integer.parseInt(value)) : limit;
                }
                case "after" -> after = value;
                case "before" -> before = value;
                default -> others.add(parameter);
            }
        }
        return new ListQuery(limit, limitText, after, before, others);
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    /** The objects at which the list begins or ends. */
    public List<String> cursors() {
        List<String> cursors = new ArrayList<>();
        if (after != null && !after.isEmpty()) {
            cursors.add(after);
        }
        if (before != null && !before.isEmpty()) {
            cursors.add(before);
        }
        return cursors;
    }

    /** Whether the page is the one before an object: the provider's pages cannot be followed there. */
    public boolean backwards() {
        return before != null && !before.isEmpty();
    }

    /** Whether the list is asked for from its beginning and without a filter. */
    public boolean whole() {
        return cursors().isEmpty() && others.stream().allMatch(p -> p.startsWith("order="));
    }

    /** The query for a page of the provider's; {@code last} is the last item of the page before, null: there was none. */
    public String page(@Nullable String last) {
        List<String> out = new ArrayList<>(others);
        out.add("limit=" + (limitText == null ? String.valueOf(PAGE) : encoded(limitText)));
        String from = last == null ? after : last;
        if (from != null && !from.isEmpty()) {
            out.add("after=" + encoded(from));
        }
        if (before != null && !before.isEmpty()) {
            out.add("before=" + encoded(before));
        }
        return String.join("&", out);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
