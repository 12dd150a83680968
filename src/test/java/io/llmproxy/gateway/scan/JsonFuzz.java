package io.llmproxy.gateway.scan;

import io.llmproxy.testing.Fuzz;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Requests: taken or refused as another strict reader does, with the same findings, in memory and as a stream alike. */
public final class JsonFuzz {
    private JsonFuzz() {}

    public static void fuzzerTestOneInput(byte[] json) {
        String whole = JsonScannerTest.tokens(new JsonScanner(json, 0, json.length));
        String streamed = JsonScannerTest.tokens(new JsonScanner(new JsonScannerTest.OneByteAtATime(json)));
        Fuzz.same(streamed, whole, "streamed otherwise than in memory");
        JsonRequest request = scanned(json);
        StrictJson other = StrictJson.of(json);
        Fuzz.same(request != null, other != null, "taken");
        if (request != null && other != null && request.object()) {
            agree(json.length, request, other);
            splices(json, request);
        }
    }

    private static void agree(int length, JsonRequest request, StrictJson other) {
        JsonRequest.Span span = request.model();
        Fuzz.same(request.models(), other.models, "how often there is a model");
        if (span == null || span.length() <= JsonScanner.MAX_TEXT) {
            Fuzz.same(request.modelText(), other.model, "model");
        }
        Fuzz.same(request.stream(), other.stream, "stream");
        Fuzz.same(
                Map.of(
                        "max_tokens", request.maxTokens(),
                        "max_completion_tokens", request.maxCompletionTokens(),
                        "max_output_tokens", request.maxOutputTokens()),
                other.bounds,
                "bounds");
        Fuzz.same(request.otherTokens(), other.otherTokens, "other bounds");
        if (length <= JsonScanner.MAX_TEXT) {
            Fuzz.same(request.n(), other.n, "n");
        }
    }

    /** What is spliced in is there afterwards, and the rest is as it was. */
    private static void splices(byte[] json, JsonRequest request) {
        JsonRequest.Span span = request.model();
        if (span != null) {
            String text = "a\"\\\u0001\ud800é";
            byte[] changed = changed(json, List.of(new Splice(span.start(), span.length(), Splice.quoted(text))));
            Fuzz.same(known(changed).modelText(), text, "model after the splice");
            Fuzz.same(known(changed).maxTokens(), request.maxTokens(), "max_tokens after the splice");
        }
        List<Splice> usage = request.stream() ? request.usageInStream() : List.of();
        if (!usage.isEmpty()) {
            byte[] changed = changed(json, usage);
            StrictJson after = StrictJson.of(changed);
            Fuzz.check(
                    after != null && after.includeUsage.contains("true"), () -> "no usage asked for after the splice");
            Fuzz.same(known(changed).usageInStream(), List.of(), "a second splice");
            Fuzz.same(known(changed).modelText(), request.modelText(), "model after the splice");
        }
    }

    private static byte[] changed(byte[] json, List<Splice> splices) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int at = 0;
        try {
            for (Splice splice : splices) {
                out.write(json, at, (int) splice.offset() - at);
                splice.writeTo(out);
                at = (int) splice.offset() + splice.removed();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.write(json, at, json.length - at);
        long growth = splices.stream().mapToLong(Splice::growth).sum();
        Fuzz.same((long) out.size(), json.length + growth, "length after the splices");
        return out.toByteArray();
    }

    private static JsonRequest known(byte[] json) {
        return Objects.requireNonNull(scanned(json), "no JSON after the splice");
    }

    private static @Nullable JsonRequest scanned(byte[] json) {
        try {
            JsonRequest request = JsonRequest.scan(json, json.length);
            JsonRequest streamed = JsonRequest.scan(new ByteArrayInputStream(json));
            Fuzz.same(streamed.model(), request.model(), "place of the model in a stream");
            return request;
        } catch (MalformedException e) {
            return null;
        }
    }
}
