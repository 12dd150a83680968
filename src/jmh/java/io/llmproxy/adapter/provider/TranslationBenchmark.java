package io.llmproxy.adapter.provider;

import io.llmproxy.adapter.provider.support.chat.TranslatingProvider;
import io.llmproxy.adapter.provider.translation.CannedProvider;
import io.llmproxy.adapter.provider.translation.Dialects;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What an OpenAI client's conversation with Anthropic costs beyond one that goes through: a chat of 2 KB, and a stream of 100 pieces. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TranslationBenchmark {
    private static final int PIECES = 100;
    private static final String MESSAGE =
            "{\"role\":\"user\",\"content\":\"The quick brown fox \\\"jumps\\\" over the lazy dog.\\n\"}";
    private static final String MESSAGES = (MESSAGE + ",").repeat(24) + MESSAGE;
    private static final String ANSWER = """
            {"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"%s"}],\
            "stop_reason":"end_turn","usage":{"input_tokens":11,"output_tokens":4}}""".formatted("Lorem ipsum dolor. ".repeat(20));

    private final byte[] chat = bytes("{\"model\":\"claude\",\"messages\":[" + MESSAGES + "]}");
    private final byte[] streamed = bytes("{\"model\":\"claude\",\"stream\":true,\"messages\":[" + MESSAGES + "]}");
    private final byte[] answer = bytes(ANSWER);
    private final byte[] events = events();
    private final byte[] buffer = new byte[16 * 1024];
    private final TranslatingProvider whole = provider(false);
    private final TranslatingProvider streaming = provider(true);

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] events() {
        StringBuilder out = new StringBuilder();
        event(out, "message_start", "\"message\":{\"id\":\"i\",\"model\":\"claude\",\"usage\":{\"input_tokens\":9}}");
        event(out, "content_block_start", "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
        for (int i = 0; i < PIECES; i++) {
            event(out, "content_block_delta", "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" dolor\"}");
        }
        event(out, "content_block_stop", "\"index\":0");
        event(out, "message_delta", "\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9}");
        event(out, "message_stop", "\"end\":true");
        return bytes(out.toString());
    }

    private static void event(StringBuilder out, String type, String members) {
        out.append("event: ")
                .append(type)
                .append("\ndata: {\"type\":\"")
                .append(type)
                .append("\",");
        out.append(members).append("}\n\n");
    }

    private TranslatingProvider provider(boolean stream) {
        HeaderFields head = HeaderFields.of("Content-Type", stream ? "text/event-stream" : "application/json");
        return Dialects.translating(
                // a stream comes one event or so at a time
                new CannedProvider(ProviderKind.ANTHROPIC, 200, head, stream ? events : answer, stream ? 128 : 4096),
                "anthropic",
                false);
    }

    @Benchmark
    public int wholeAnswer() throws IOException {
        return run(whole, chat);
    }

    @Benchmark
    public int streamOf100Pieces() throws IOException {
        return run(streaming, streamed);
    }

    private int run(Provider provider, byte[] request) throws IOException {
        int read = 0;
        try (ProviderCall call = provider.call(new Provider.UpstreamRequest(
                "POST", "/chat/completions", false, null, HeaderFields.NONE, RequestBody.of(request)))) {
            call.execute();
            InputStream body = call.body();
            for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
                read += n;
            }
        }
        return read;
    }
}
