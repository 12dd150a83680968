package io.llmproxy.gateway.scan;

import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The filter of usage: the same output whatever the pieces, and of each event exactly what it may take away. */
public final class UsageFilterFuzz {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern EVENT =
            Pattern.compile("\\G(?:[^\r\n]+(?:\r\n|\n|\r(?!\n)))*(?:\r\n|\n|\r(?!\n))", Pattern.DOTALL);

    private UsageFilterFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        byte[] stream = Pieces.payload(input);
        String whole = filtered(stream, -1);
        Fuzz.same(filtered(stream, Pieces.seed(input)), whole, "in pieces");
        Fuzz.same(filtered(stream, 0), whole, "byte by byte");
        StringBuilder single = new StringBuilder();
        for (String event : events(new String(stream, StandardCharsets.ISO_8859_1))) {
            String passed = filtered(event.getBytes(StandardCharsets.ISO_8859_1), -1);
            single.append(passed);
            if (!passed.equals(event)) {
                permitted(event, passed);
            }
            String large = large(event, -1);
            Fuzz.same(large(event, Pieces.seed(input)), large, "a large one in pieces");
            if (decided(event, passed)) {
                Fuzz.same(large, passed, "as a large one");
            }
        }
        Fuzz.same(single.toString(), whole, "event by event");
    }

    /** The events, and what follows the last one. */
    private static List<String> events(String stream) {
        List<String> out = new ArrayList<>();
        Matcher event = EVENT.matcher(stream);
        int end = 0;
        while (event.find()) {
            out.add(event.group());
            end = event.end();
        }
        out.add(stream.substring(end));
        return out;
    }

    private static void permitted(String event, String passed) {
        if (!(data(event) instanceof ObjectNode chunk)) {
            throw new AssertionError("changed what is no object: " + event);
        }
        JsonNode after = data(passed);
        // comments, an id or a retry time of a dropped event stay
        if (after == null) {
            Fuzz.check(
                    chunk.path("choices").isArray()
                            && chunk.path("choices").isEmpty()
                            && chunk.path("usage").isObject(),
                    () -> "dropped " + event);
            return;
        }
        Fuzz.check(chunk.path("usage").isNull(), () -> "cut what has no null usage: " + event);
        chunk.remove("usage");
        Fuzz.same(after, chunk, "cut of " + event + " to " + passed);
    }

    /** Whether what comes later in the event changes nothing of what is to be taken out. */
    private static boolean decided(String event, String passed) {
        int name = event.indexOf("usage");
        boolean once = name < 0 || event.indexOf("usage", name + 1) < 0;
        String text = new String(event.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        // of what is dropped nothing is left but comments
        return once
                && EVENT.matcher(event).matches()
                && !event.contains("\\u")
                && !text.contains("\uFFFD") // what is no UTF-8 is no JSON
                && data(event) instanceof ObjectNode
                && data(passed) instanceof ObjectNode;
    }

    private static @Nullable JsonNode data(String event) {
        List<String> lines = event.lines().filter(l -> l.startsWith("data:")).toList();
        String joined =
                String.join("\n", lines.stream().map(l -> l.substring(5)).toList());
        byte[] json = joined.getBytes(StandardCharsets.ISO_8859_1);
        try {
            JsonNode node = JSON.readTree(new String(json, StandardCharsets.UTF_8));
            return node.isMissingNode() ? null : node;
        } catch (JacksonException e) {
            return null;
        }
    }

    /** The event as it comes where it is too large to be kept. */
    private static String large(String event, int seed) {
        return fed(
                out -> {
                    LargeEvent large = new LargeEvent(out);
                    return new Fed((b, from, length) -> large.feed(b, from, from + length), large::end);
                },
                event.getBytes(StandardCharsets.ISO_8859_1),
                seed);
    }

    private static String filtered(byte[] stream, int seed) {
        return fed(
                out -> {
                    UsageFilter filter = new UsageFilter(out);
                    return new Fed(filter::feed, filter::finish);
                },
                stream,
                seed);
    }

    private interface End {
        void end() throws IOException;
    }

    private record Fed(UsageFilter.Output in, End end) {}

    private static String fed(Function<UsageFilter.Output, Fed> made, byte[] stream, int seed) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Fed fed = made.apply(out::write);
        try {
            if (seed < 0) {
                fed.in.write(stream, 0, stream.length);
            } else {
                Pieces.feed(stream, seed, fed.in::write);
            }
            fed.end.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }
}
