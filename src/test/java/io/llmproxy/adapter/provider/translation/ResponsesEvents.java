package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Checks a stream of {@code /v1/responses} event by event, as OpenAI's reference of "Streaming events" has them: numbered without gaps; items
 * begun, told piece by piece and ended one after the other; and each piece once more in what ends it, up to the response.
 */
final class ResponsesEvents {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> ENDS = Set.of("response.completed", "response.incomplete");

    /** What goes on piece by piece, and the member that has it whole at the end. */
    private static final Map<String, String> PIECES = Map.of(
            "response.output_text", "text",
            "response.refusal", "refusal",
            "response.reasoning_summary_text", "text",
            "response.function_call_arguments", "arguments");

    private final List<JsonNode> items = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private @Nullable JsonNode open;
    private boolean part;
    private @Nullable JsonNode response;
    private String id = "";

    private ResponsesEvents() {}

    /** The response that a stream ends with. */
    static JsonNode whole(String stream) {
        ResponsesEvents events = new ResponsesEvents();
        events.read(stream);
        return Objects.requireNonNull(events.response, () -> "it has no end: " + stream);
    }

    /** All is in order as far as it goes, and it does not look whole. */
    static void assertBrokenOff(String stream) {
        ResponsesEvents events = new ResponsesEvents();
        events.read(stream);
        assertThat(events.response).isNull();
    }

    /** The data of its events. */
    static List<String> data(String stream) {
        assertThat(stream)
                .satisfiesAnyOf(s -> assertThat(s).isEmpty(), s -> assertThat(s).endsWith("\n\n"));
        List<String> out = new ArrayList<>();
        for (String event : stream.split("\n\n", -1)) {
            if (!event.isEmpty()) {
                String[] lines = event.split("\n", -1);
                assertThat(lines).hasSize(2);
                String data = lines[1].substring("data: ".length());
                assertThat(lines[0])
                        .isEqualTo("event: " + JSON.readTree(data).path("type").stringValue());
                out.add(data);
            }
        }
        return out;
    }

    private void read(String stream) {
        int number = 0;
        for (String data : data(stream)) {
            JsonNode event = JSON.readTree(data);
            assertThat(event.path("sequence_number").intValue()).as(data).isEqualTo(number);
            assertThat(response).as("the last event before " + data).isNull();
            String type = event.path("type").stringValue();
            if (number < 2) {
                assertThat(type).isEqualTo(number == 0 ? "response.created" : "response.in_progress");
                begun(event.path("response"));
            } else {
                event(type, event);
            }
            number++;
        }
    }

    private void begun(JsonNode whole) {
        assertThat(whole.path("status").stringValue()).isEqualTo("in_progress");
        assertThat(whole.path("output").isArray()).isTrue();
        assertThat(whole.path("output")).isEmpty();
        assertThat(whole.path("usage").isNull()).isTrue();
        assertThat(id).isIn("", whole.path("id").stringValue());
        id = whole.path("id").stringValue();
    }

    private void event(String type, JsonNode event) {
        if (ENDS.contains(type)) {
            ended(type, event.path("response"));
            return;
        }
        assertThat(event.path("output_index").intValue()).as(event.toString()).isEqualTo(items.size());
        int last = type.lastIndexOf('.');
        String member = PIECES.get(type.substring(0, last));
        switch (type) {
            case "response.output_item.added" -> {
                assertThat(open).isNull();
                open = event.path("item");
                assertThat(open.path("status").asString("in_progress")).isEqualTo("in_progress");
            }
            case "response.output_item.done" -> done(event.path("item"));
            case "response.content_part.added", "response.reasoning_summary_part.added" -> {
                assertThat(part).isFalse();
                part = true;
                assertThat(said(event.path("part"))).isEmpty();
            }
            case "response.content_part.done", "response.reasoning_summary_part.done" -> {
                assertThat(part).isTrue();
                part = false;
                assertThat(said(event.path("part"))).isEqualTo(text.toString());
            }
            default -> {
                assertThat(member).as("a known event: " + type).isNotNull();
                assertThat(part).isEqualTo(!"arguments".equals(member));
                if (type.endsWith(".delta")) {
                    text.append(event.path("delta").stringValue());
                } else {
                    assertThat(event.path(member).stringValue()).isEqualTo(text.toString());
                }
            }
        }
        if (!type.startsWith("response.output_item")) {
            assertThat(event.path("item_id").stringValue())
                    .isEqualTo(Objects.requireNonNull(open).path("id").stringValue());
        }
    }

    private static String said(JsonNode part) {
        return part.path(part.has("refusal") ? "refusal" : "text").stringValue();
    }

    private void done(JsonNode item) {
        JsonNode begun = Objects.requireNonNull(open);
        assertThat(part).isFalse();
        assertThat(item.path("id")).isEqualTo(begun.path("id"));
        assertThat(item.path("type")).isEqualTo(begun.path("type"));
        String whole = switch (item.path("type").stringValue()) {
            case "message" -> said(item.path("content").path(0));
            case "function_call" -> item.path("arguments").stringValue();
            default ->
                item.path("summary").isEmpty() ? "" : said(item.path("summary").path(0));
        };
        assertThat(whole).isEqualTo(text.toString());
        text.setLength(0);
        open = null;
        items.add(item);
    }

    private void ended(String type, JsonNode whole) {
        assertThat(open).isNull();
        assertThat(whole.path("id").stringValue()).isEqualTo(id);
        assertThat(whole.path("output")).containsExactlyElementsOf(items);
        assertThat("response." + whole.path("status").stringValue()).isEqualTo(type);
        assertThat(whole.path("incomplete_details").isNull()).isEqualTo(type.equals("response.completed"));
        assertThat(whole.path("usage").path("total_tokens").longValue())
                .isEqualTo(whole.path("usage").path("input_tokens").longValue()
                        + whole.path("usage").path("output_tokens").longValue());
        response = whole;
    }
}
