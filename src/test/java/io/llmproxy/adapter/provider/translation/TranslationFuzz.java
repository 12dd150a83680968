package io.llmproxy.adapter.provider.translation;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.testing.AwsMessages;
import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Whatever a provider streams or answers, and whatever a client asks, is translated into something well-formed or refused as what
 * it is; the same however the bytes are cut. The first byte chooses dialects, kind and pieces.
 */
public final class TranslationFuzz {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int REQUEST = 2;
    private static final List<String> FURTHER = List.of("ollama", "gemini", "cohere", "bedrock");

    private TranslationFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        int first = Pieces.seed(input);
        byte[] payload = Pieces.payload(input);
        String provider = first < 0 ? FURTHER.get(first >> 3 & 3) : (first & 1) == 0 ? "openai" : "anthropic";
        // Ollama's providers speak the dialect of OpenAI's clients themselves
        String client = (first & 1) == 0 || provider.equals("ollama") ? "anthropic" : "openai";
        int kind = first >> 1 & 3;
        if (kind >= REQUEST) {
            request(provider, client, new String(payload, StandardCharsets.UTF_8), kind > REQUEST);
            return;
        }
        boolean stream = kind == 0;
        String whole = answer(provider, client, stream, payload, Integer.MAX_VALUE);
        Fuzz.same(answer(provider, client, stream, payload, 1), whole, "the answer byte by byte");
        Fuzz.same(answer(provider, client, stream, payload, 1 + (first >> 3 & 15)), whole, "the answer in pieces");
    }

    private static String asked(boolean stream) {
        return "{\"model\":\"m\",\"max_tokens\":9,\"stream\":" + stream
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    }

    private static void request(String provider, String client, String json, boolean drop) {
        CannedProvider canned = new CannedProvider(Dialects.kind(provider), 200, new HeaderFields(), new byte[0], 1);
        try (ProviderCall _ = Dialects.call(Dialects.translating(canned, provider, drop), client, json)) {
            wellFormed(canned.body());
        } catch (ProxyException e) {
            Fuzz.check(e.error().status() == 400, () -> "refused by " + e.error());
        }
    }

    private static String answer(String provider, String client, boolean stream, byte[] bytes, int piece)
            throws IOException {
        String type = stream ? Dialects.provider(provider).streamFormat().contentType() : "application/json";
        HeaderFields headers = HeaderFields.of("Content-Type", type);
        byte[] sent = stream && provider.equals("bedrock") ? framed(bytes) : bytes;
        CannedProvider canned = new CannedProvider(Dialects.kind(provider), 200, headers, sent, piece);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        String end = "";
        try (ProviderCall call = Dialects.call(Dialects.translating(canned, provider, false), client, asked(stream))) {
            ProviderCall.Head head = call.execute();
            InputStream body = call.body();
            for (int b = body.read(); b >= 0; b = body.read()) {
                out.write(b);
            }
            end = "status " + head.status();
        } catch (UpstreamException e) {
            end = e.kind() + " " + e.reported();
        }
        String text = out.toString(StandardCharsets.UTF_8);
        if (stream) {
            events(text, client, end.startsWith("status"));
        } else if (!text.isEmpty()) {
            wellFormed(text);
        }
        // a call's id is made here where the provider gave none
        return (text + end).replaceAll("(call_|ollama-|bedrock-)[0-9a-f]{24}", "$1X");
    }

    /** Lines of a type and its payload, in messages whose checksums are right. */
    private static byte[] framed(byte[] lines) {
        String text = new String(lines, StandardCharsets.UTF_8).replaceAll("(?m)^[^ \n]*$", "messageStop {}");
        return AwsMessages.ofLines(text);
    }

    private static void events(String text, String client, boolean ended) {
        Fuzz.check(text.isEmpty() || text.endsWith("\n\n"), () -> "half an event: " + text);
        String last = client.equals("openai") ? "data: [DONE]\n\n" : "data: {\"type\":\"message_stop\"}\n\n";
        Fuzz.same(text.endsWith(last), ended, "whether it ends in order");
        for (String event : text.split("\n\n", -1)) {
            int at = event.indexOf("data: ");
            if (at >= 0 && !event.endsWith("[DONE]")) {
                wellFormed(event.substring(at + 6));
            }
        }
    }

    private static void wellFormed(String json) {
        try {
            Fuzz.check(JSON.readTree(json).isObject(), () -> "no object: " + json);
        } catch (JacksonException e) {
            throw new AssertionError("no JSON: " + json, e);
        }
    }
}
