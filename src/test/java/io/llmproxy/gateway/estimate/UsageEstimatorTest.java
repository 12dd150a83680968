package io.llmproxy.gateway.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.gateway.scan.DeliveredText;
import io.llmproxy.gateway.scan.UsageTap;
import io.llmproxy.port.Tokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageEstimatorTest {
    /** Every word is a token. */
    private static final Tokenizer WORDS =
            (encoding, text) -> text.isBlank() ? 0 : text.strip().split("\\s+", -1).length;

    private record Sent(String body) implements UsageEstimator.Sent {
        @Override
        public InputStream open() {
            return new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public long length() {
            return body.length();
        }
    }

    private static Sent sent(String json) {
        return new Sent(json);
    }

    private static long input(PromptShape shape, String json) {
        TokenUsage usage = new UsageEstimator(WORDS).estimate(shape, "m", sent(json), new DeliveredText());
        assertThat(usage.source()).isEqualTo(TokenUsage.Source.ESTIMATED);
        assertThat(usage.output()).isZero();
        return usage.input();
    }

    @Test
    void knowsFromThePathWhereTheTextIs() {
        assertThat(PromptShape.of("/v1/chat/completions")).isEqualTo(PromptShape.CHAT);
        assertThat(PromptShape.of("/v1/chat/completions/")).isEqualTo(PromptShape.CHAT);
        assertThat(PromptShape.of("/p/up/v1/completions")).isEqualTo(PromptShape.COMPLETION);
        assertThat(PromptShape.of("/v1/responses")).isEqualTo(PromptShape.RESPONSE);
        assertThat(PromptShape.of("/v1/embeddings")).isEqualTo(PromptShape.EMBEDDING);
        assertThat(PromptShape.of("/v1/messages")).isEqualTo(PromptShape.MESSAGES);
        for (String path : List.of(
                "/v1/messages/count_tokens",
                "/v1/threads/t/messages",
                "/v1/moderations",
                "/v1/audio/transcriptions",
                "/v1/images/generations",
                "/v1/responses/r/cancel")) {
            assertThat(PromptShape.of(path)).as(path).isEqualTo(PromptShape.NONE);
        }
    }

    @Test
    void countsWhatAnthropicsClientsSend() {
        String role = "{\"role\":\"user\",\"content\":";
        // as a chat with a system message has it, whose role is told by its place
        assertThat(input(PromptShape.MESSAGES, "{\"system\":\"a b\",\"messages\":[" + role + "\"c\"}]}"))
                .isEqualTo(2 + 3 + 1 + 1 + 3 + 1 + 3);
        String tools = ",\"tools\":[{\"name\":\"f\",\"input_schema\":{\"properties\":{\"p\":{\"type\":\"string\"}}}}]";
        assertThat(input(PromptShape.MESSAGES, "{\"messages\":[" + role + "\"c\"}]" + tools + "}"))
                .isEqualTo(input(
                        PromptShape.CHAT,
                        "{\"messages\":[" + role + "\"c\"}]" + tools.replace("input_schema", "parameters") + "}"));
    }

    @Test
    void countsMessagesWithTheirOverhead() {
        String role = "{\"role\":\"user\",\"content\":";
        // three for the message, one for its role, three for the reply
        assertThat(input(PromptShape.CHAT, "{\"messages\":[" + role + "\"a b c\"}]}"))
                .isEqualTo(3 + 3 + 1 + 3);
        assertThat(input(PromptShape.CHAT, "{\"messages\":[" + role + "\"a\",\"name\":\"ann\"}]}"))
                .isEqualTo(1 + 3 + 1 + 1 + 1 + 3);
        assertThat(input(PromptShape.CHAT, "{\"messages\":[" + role + "\"\\u0061\\tb\\nc \\\"d\\\"\"}]}"))
                .isEqualTo(4 + 3 + 1 + 3);
        assertThat(input(PromptShape.CHAT, "{\"messages\":[" + role + "[{\"type\":\"text\",\"text\":\"a b\"}]}]}"))
                .isEqualTo(2 + 3 + 1 + 3);
        assertThat(
                        input(
                                PromptShape.CHAT,
                                "{\"x\":[{\"content\":\"no\"}],\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\","
                                        + "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{ 1 }\"}}]}],\"user\":\"u\"}"))
                .isEqualTo(1 + 3 + 3 + 1 + 3);
        assertThat(input(PromptShape.CHAT, "{}")).isEqualTo(3);
    }

    @Test
    void countsAnImageByAFlatFigureAndNotByItsBytes() {
        String image = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64," + "AAAA ".repeat(9000)
                + "\"%s}}";
        String message =
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}," + image + "]}]}";
        assertThat(input(PromptShape.CHAT, message.formatted(""))).isEqualTo(1 + 3 + 1 + 3 + PromptCounter.IMAGE);
        assertThat(input(PromptShape.CHAT, message.formatted(",\"detail\":\"low\"")))
                .isEqualTo(1 + 3 + 1 + 3 + PromptCounter.SMALL_IMAGE);
        assertThat(
                        input(
                                PromptShape.RESPONSE,
                                "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"detail\":\"low\",\"image_url\":\"https://x y\"}]}]}"))
                .isEqualTo(3 + 1 + 3 + PromptCounter.SMALL_IMAGE);
        assertThat(
                        input(
                                PromptShape.CHAT,
                                "{\"messages\":[{\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"a b c\"}}]}]}"))
                .isEqualTo(3 + 3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "MESSAGES|1|{'type':'image','source':{'type':'base64','media_type':'image/png','data':'a b c'}}",
                "MESSAGES|1|{'source':{'type':'url','url':'https://x y'},'type':'image','cache_control':{'type':'e'}}",
                "MESSAGES|2|{'type':'tool_result','content':[{'type':'image','source':{}},{'type':'image','source':{}}]}",
                "MESSAGES|0|{'type':'document','source':{'type':'base64','media_type':'application/pdf','data':'a b'}}",
                "MESSAGES|0|{'type':'images','source':{}}",
                "CONTENTS|1|{'inlineData':{'mimeType':'image/png','data':'a b c'}}",
                "CONTENTS|1|{'inline_data':{'data':'a b','mime_type':'image/webp'}}",
                "CONTENTS|1|{'fileData':{'fileUri':'a b','mimeType':'image/png'}}",
                "CONTENTS|0|{'inlineData':{'mimeType':'audio/mp3','data':'a b c'}}",
                "CONTENTS|0|{'inlineData':'image/png'}"
            })
    void countsImagesOfOtherApisAlike(PromptShape shape, int images, String part) {
        String list = shape == PromptShape.CONTENTS ? "contents" : "messages";
        String parts = shape == PromptShape.CONTENTS ? "parts" : "content";
        String json = "{'" + list + "':[{'role':'user','" + parts + "':[" + part + "]}]}";
        assertThat(input(shape, json.replace('\'', '"'))).isEqualTo(3 + 1 + 3 + (long) images * PromptCounter.IMAGE);
    }

    @Test
    void countsOllamasListsOfImages() {
        assertThat(input(
                        PromptShape.OLLAMA,
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"images\":[\"a b\",\"c\"]}]}"))
                .isEqualTo(1 + 3 + 1 + 3 + 2 * PromptCounter.IMAGE);
        assertThat(input(PromptShape.OLLAMA, "{\"prompt\":\"a\",\"images\":[\"a b\"]}"))
                .isEqualTo(1 + 4 + 3 + PromptCounter.IMAGE);
        assertThat(input(PromptShape.OLLAMA, "{\"prompt\":\"a\",\"images\":\"a b\"}"))
                .isEqualTo(1 + 4 + 3);
    }

    @Test
    void countsPromptsInEachShape() {
        assertThat(input(PromptShape.COMPLETION, "{\"prompt\":\"a b\",\"suffix\":\"c\"}"))
                .isEqualTo(3);
        assertThat(input(PromptShape.COMPLETION, "{\"prompt\":[\"a b\",\"c d\"]}"))
                .isEqualTo(4);
        assertThat(input(PromptShape.COMPLETION, "{\"prompt\":[[1,2,3],[ 4 ]]}"))
                .isEqualTo(4);
        assertThat(input(PromptShape.EMBEDDING, "{\"model\":\"m\",\"input\":[\"a b\",\"c\"]}"))
                .isEqualTo(3);
        assertThat(input(PromptShape.EMBEDDING, "{\"input\":[11,12],\"user\":\"a b c\"}"))
                .isEqualTo(2);
        assertThat(input(PromptShape.RESPONSE, "{\"input\":\"a b\",\"instructions\":\"c\"}"))
                .isEqualTo(2 + 4 + 1 + 4 + 3);
        assertThat(input(
                        PromptShape.RESPONSE,
                        "{\"input\":[{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"a b\"},"
                                + "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"d\"}]}"))
                .isEqualTo(1 + 1 + 2 + 3 + 1 + 3 + 3);
    }

    @Test
    void findsTheSameHoweverTheBodyIsRead() throws IOException {
        byte[] body =
                "{\"messages\":[{\"role\":\"user\",\"name\":\"n\",\"content\":[{\"type\":\"text\",\"text\":\"h\\u00e9 \\\\\\\" é\"}]}],\"n\":-1.5e3,\"z\":null,\"tools\":[{\"function\":{\"name\":\"f\",\"parameters\":{\"properties\":{\"a\":{}}}}}]}"
                        .getBytes(StandardCharsets.UTF_8);
        long whole = counted(new ByteArrayInputStream(body));
        long dripped = counted(new ByteArrayInputStream(body) {
            @Override
            public int read(byte[] into, int from, int length) {
                return super.read(into, from, Math.min(1, length));
            }
        });
        assertThat(dripped).isEqualTo(whole).isEqualTo(12 + 27);
    }

    private static long counted(InputStream in) throws IOException {
        TextCounter counter =
                new TextCounter(WORDS, io.llmproxy.domain.usage.TokenEncoding.O200K_BASE, TextCounter.Effort.FULL);
        return new PromptCounter(new JsonPieces(in), counter).count(PromptShape.CHAT);
    }

    @Test
    void comesToAnEndWithWhatIsNoJson() {
        for (String body : List.of(
                "",
                "{",
                "[",
                "{\"messages\":",
                "{\"messages\":[{",
                "{\"messages\":[{\"content\":\"a",
                "\u0000\u0001\u0002]]}}",
                "{]}\"\\")) {
            assertThat(input(PromptShape.CHAT, body)).as(body).isNotNegative();
        }
        assertThat(input(PromptShape.CHAT, "{\"messages\":" + "[".repeat(200_000)))
                .isNotNegative();
    }

    @Test
    void aHugeBodyCostsABoundedEffortAndKeepsItsProportions() {
        AtomicLong looked = new AtomicLong();
        Tokenizer counting = (encoding, text) -> {
            looked.addAndGet(text.length());
            return WORDS.count(encoding, text);
        };
        StringBuilder body = new StringBuilder("{\"messages\":[");
        // a third of long words, then two thirds of short ones
        body.append("{\"role\":\"system\",\"content\":\"")
                .append("abcdefg ".repeat(1_250_000))
                .append("\"}");
        for (int i = 0; i < 2000; i++) {
            body.append(",{\"role\":\"user\",\"content\":\"")
                    .append("ab ".repeat(3333))
                    .append("\"}");
        }
        TokenUsage usage = new UsageEstimator(counting)
                .estimate(PromptShape.CHAT, null, sent(body.append("]}").toString()), new DeliveredText());
        assertThat(looked.get()).isLessThan(1_500_000);
        long exact = 1_250_000 + 2000L * 3333 + 2001 * 4 + 3;
        // the patience of a slow machine may run out, which costs precision
        assertThat((double) usage.input() / exact).isBetween(0.4, 1.6);
    }

    @Test
    void theOutputIsWhatWasDeliveredAndBeyondWhatIsKeptInProportion() {
        UsageTap tap = UsageTap.of("text/event-stream", "");
        byte[] event =
                "data: {\"choices\":[{\"delta\":{\"content\":\"one two \"}}]}\n\n".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 20_000; i++) {
            tap.feed(event, 0, event.length);
        }
        TokenUsage usage = new UsageEstimator(WORDS).estimate(PromptShape.CHAT, "m", sent("{}"), tap.text());
        assertThat((double) usage.output() / 40_000).isBetween(0.98, 1.02);
        assertThat(new UsageEstimator(WORDS)
                        .estimate(PromptShape.EMBEDDING, "m", sent("{}"), tap.text())
                        .output())
                .isZero();
    }

    @Test
    void manyAtOnceAreCountedOnAFewThreadsThatAreNotTheRelays() throws InterruptedException {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch open = new CountDownLatch(1);
        UsageEstimator estimator = new UsageEstimator((encoding, text) -> {
            threads.add(Thread.currentThread());
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            await(open);
            running.decrementAndGet();
            return 1;
        });
        List<TokenUsage> usages = Collections.synchronizedList(new ArrayList<>());
        List<Thread> asking = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            asking.add(Thread.ofVirtual()
                    .start(() -> usages.add(estimator.estimate(
                            PromptShape.COMPLETION, "m", sent("{\"prompt\":\"a\"}"), new DeliveredText()))));
        }
        open.countDown();
        for (Thread thread : asking) {
            thread.join();
        }
        assertThat(usages).hasSize(500).allMatch(u -> u.input() == 1);
        int allowed = Math.max(1, Runtime.getRuntime().availableProcessors() / 4);
        assertThat(most.get()).isBetween(1, allowed);
        assertThat(threads).noneMatch(Thread::isVirtual).allMatch(Thread::isDaemon);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatCannotBeCountedIsGuessedByItsBytes() {
        UsageEstimator failing = new UsageEstimator((encoding, text) -> {
            throw new IllegalStateException("no table");
        });
        TokenUsage usage = failing.estimate(
                PromptShape.COMPLETION, "m", sent("{\"prompt\":\"" + "x".repeat(387) + "\"}"), new DeliveredText());
        assertThat(usage).isEqualTo(new TokenUsage(100, 0, 0, 0, 0, 0, 0, TokenUsage.Source.ESTIMATED));
    }
}
