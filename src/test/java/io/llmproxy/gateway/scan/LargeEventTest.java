package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is taken out of an event that is never seen as a whole, wherever it is split. */
class LargeEventTest {
    private static String passed(String event, int split) throws IOException {
        byte[] all = event.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LargeEvent large = new LargeEvent(out::write);
        large.feed(all, 0, split);
        large.feed(all, split, all.length);
        large.end();
        return out.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '~',
            value = {
                "{\"usage\":null}#{}",
                "{ \"usage\" : null }#{  }",
                "{\"usage\":null , \"a\":1}#{\"a\":1}",
                "{\"a\":1 , \"usage\": null , \"b\":2}#{\"a\":1 , \"b\":2}",
                "{\"a\":[1,{\"usage\":null}],\"usage\":null}#{\"a\":[1,{\"usage\":null}]}",
                "{\"usage\":null,\"usage\":null,\"a\":\"\\\",\\\"usage\\\":null\"}#{\"a\":\"\\\",\\\"usage\\\":null\"}",
                "{\"a\":\",\\\\\",\"usage\":null}#{\"a\":\",\\\\\"}",
                "{\"usages\":null,\"usag\":null,\"us\\\"age\":null}#{\"usages\":null,\"usag\":null,\"us\\\"age\":null}",
                "{\"a\":1,\"usage\":nul}#{\"a\":1,\"usage\":nul}",
                "{\"a\":1,\"usage\":nullx,\"b\":\"usage\"}#{\"a\":1,\"usage\":nullx,\"b\":\"usage\"}",
                "{\"a\":1,\"usage\":{\"n\":null}}#{\"a\":1,\"usage\":{\"n\":null}}",
                "[\"usage\",null]#[\"usage\",null]",
                "{\"a\":1,\"usage\":null#{\"a\":1,\"usage\":null",
            })
    void takesOutTheMemberThatIsNullAndNothingElse(String json, String expected) throws IOException {
        String event = "event: x\ndata: " + json + "\n: ,\"usage\":null}\n\n";
        for (int i = 0; i <= event.length(); i++) {
            assertThat(passed(event, i))
                    .as("split at " + i)
                    .isEqualTo("event: x\ndata: " + expected + "\n: ,\"usage\":null}\n\n");
        }
    }

    /** Against what is done with an event that is kept whole. */
    @Test
    void doesAsIsDoneWithSmallOnesInSeveralLines() throws IOException {
        Random random = new Random(7);
        for (int n = 0; n < 5_000; n++) {
            StringBuilder event = new StringBuilder("data: {");
            int members = random.nextInt(5);
            for (int i = 0; i < members; i++) {
                event.append(space(random))
                        .append(random.nextInt(3) == 0 ? "\"usage\"" : "\"k" + i + "\"")
                        .append(space(random))
                        .append(':')
                        .append(space(random));
                // only what is null may be named so
                boolean usage = event.lastIndexOf("\"usage\"") > event.lastIndexOf("\"k");
                event.append(usage ? "null" : VALUES[random.nextInt(VALUES.length)])
                        .append(space(random))
                        .append(i == members - 1 ? "" : ",");
            }
            event.append(space(random)).append("}\n\n");
            byte[] bytes = event.toString().getBytes(StandardCharsets.UTF_8);
            ByteArrayOutputStream small = new ByteArrayOutputStream();
            UsageFilter filter = new UsageFilter(small::write);
            filter.feed(bytes, 0, bytes.length);
            filter.finish();
            assertThat(passed(event.toString(), random.nextInt(bytes.length)))
                    .as(event.toString())
                    .isEqualTo(small.toString(StandardCharsets.UTF_8));
        }
    }

    private static final String[] VALUES = {
        "1", "\"a,b\"", "[1, {\"usage\": null}]", "{\"x\":\"}\"}", "null", "\"\\\\\""
    };
    private static final String[] SPACES = {"", "", "", " ", "\t ", "\ndata:", "\r\ndata: ", " \n: c\ndata:"};

    private static String space(Random random) {
        return SPACES[random.nextInt(SPACES.length)];
    }

    @Test
    void holdsBackNoMoreThanSomeKilobytes() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LargeEvent large = new LargeEvent(out::write);
        byte[] begin = ("data: {\"a\":1," + " ".repeat(100_000)).getBytes(StandardCharsets.US_ASCII);
        large.feed(begin, 0, begin.length);
        assertThat(out.size()).isGreaterThan(begin.length - 20_000);
        byte[] rest = "\"usage\":null,\"b\":\",\",\"usage\":null}\n\n".getBytes(StandardCharsets.US_ASCII);
        large.feed(rest, 0, rest.length);
        large.end();
        assertThat(out.toString(StandardCharsets.US_ASCII)).endsWith(" \"usage\":null,\"b\":\",\"}\n\n");
    }
}
