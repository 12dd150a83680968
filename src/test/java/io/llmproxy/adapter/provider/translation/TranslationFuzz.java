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
    private static final List<String> CHOOSING = List.of("openai", "gemini");
    private static final List<String> FURTHER = List.of("ollama", "gemini", "cohere", "bedrock");

    private TranslationFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        int first = Pieces.seed(input);
        byte[] payload = Pieces.payload(input);
        String provider = first < 0 ? FURTHER.get(first >> 3 & 3) : (first & 1) == 0 ? "openai" : "anthropic";
        String client = client(first);
        int kind = first >> 1 & 3;
        if (same(provider, client)) {
            return;
        }
        if (kind >= REQUEST) {
            request(provider, client, new String(payload, StandardCharsets.UTF_8), kind > REQUEST);
            return;
        }
        boolean stream = kind == 0;
        String whole = answer(provider, client, stream, payload, Integer.MAX_VALUE);
        Fuzz.same(answer(provider, client, stream, payload, 1), whole, "the answer byte by byte");
        Fuzz.same(answer(provider, client, stream, payload, 1 + (first >> 3 & 15)), whole, "the answer in pieces");
    }

    private static String client(int first) {
        return switch (first >> 3 & 7) {
            case 4 -> "gemini";
            case 5 -> "responses";
            case 6 -> "ollama";
            default -> (first & 1) == 0 ? "anthropic" : "openai";
        };
    }

    /** Where the provider has the dialect itself nothing is translated. */
    private static boolean same(String provider, String client) {
        return provider.equals(client) || provider.equals("ollama") && client.equals("openai");
    }

    /** With all that shows in an answer, as far as both have it: several choices, probabilities, thoughts. */
    private static String asked(String client, String provider, boolean stream) {
        String said = ",\"stream\":" + stream;
        boolean several = CHOOSING.contains(provider);
        boolean probable = several || provider.equals("cohere") || provider.equals("ollama");
        boolean signing = provider.equals("gemini"); // texts and thoughts too, for who asks for thoughts
        return switch (client) {
            case "gemini" ->
                "{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}],\"generationConfig\":{\"responseLogprobs\":" + probable
                        + ",\"candidateCount\":" + (several ? 2 : 1)
                        + ",\"thinkingConfig\":{\"includeThoughts\":true}}}";
            case "responses" ->
                "{\"model\":\"m\",\"input\":\"x\"" + said
                        + (probable ? ",\"include\":[\"message.output_text.logprobs\"]" : "")
                        + (signing ? ",\"reasoning\":{\"effort\":\"low\"}" : "") + "}";
            case "openai" ->
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]" + said + ",\"n\":"
                        + (several ? 2 : 1) + ",\"logprobs\":" + probable
                        + (signing ? ",\"reasoning_effort\":\"low\"}" : "}");
            case "ollama" -> "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]" + said + "}";
            default ->
                "{\"model\":\"m\",\"max_tokens\":2048" + said
                        + (signing ? ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}" : "")
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
        };
    }

    private static void request(String provider, String client, String json, boolean drop) {
        CannedProvider canned = new CannedProvider(Dialects.kind(provider), 200, new HeaderFields(), new byte[0], 1);
        try (ProviderCall _ = Dialects.call(Dialects.translating(canned, provider, drop), client, json)) {
            // a model that is only made ready is asked nothing
            boolean asked = !client.equals("ollama") || !canned.path().isEmpty();
            wellFormed(asked ? canned.body() : "{}");
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
        try (ProviderCall call = Dialects.call(
                Dialects.translating(canned, provider, false),
                Dialects.path(client, stream),
                HeaderFields.of("User-Agent", "test"),
                asked(client, provider, stream))) {
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
        String steady = text.replaceAll("_duration\":[0-9]+", "_duration\":0");
        return (steady + end).replaceAll("(call_|ollama-|bedrock-)[0-9a-f]{24}", "$1X");
    }

    /** Lines of a type and its payload, in messages whose checksums are right. */
    private static byte[] framed(byte[] lines) {
        String text = new String(lines, StandardCharsets.UTF_8).replaceAll("(?m)^[^ \n]*$", "messageStop {}");
        return AwsMessages.ofLines(text);
    }

    private static void events(String text, String client, boolean ended) {
        String gap = client.equals("ollama") ? "\n" : client.equals("gemini") ? "\r\n\r\n" : "\n\n";
        Fuzz.check(text.isEmpty() || text.endsWith(gap), () -> "half an event: " + text);
        Fuzz.same(ends(text, client), ended, "whether it ends in order");
        for (String event : text.split(gap, -1)) {
            if (client.equals("ollama") && !event.isEmpty()) {
                wellFormed(event);
            }
            int at = event.indexOf("data: ");
            if (at >= 0 && !event.endsWith("[DONE]")) {
                wellFormed(event.substring(at + 6));
            }
        }
    }

    private static boolean ends(String text, String client) {
        return switch (client) {
            case "openai" -> text.endsWith("data: [DONE]\n\n");
            case "anthropic" -> text.endsWith("data: {\"type\":\"message_stop\"}\n\n");
            case "responses" ->
                text.contains("\nevent: response.completed\n")
                        || text.contains("\nevent: response.incomplete\n")
                        || text.startsWith("event: response.completed\n")
                        || text.startsWith("event: response.incomplete\n");
            case "gemini" -> text.contains("\"finishReason\":");
            default -> text.contains("\"done\":true");
        };
    }

    private static void wellFormed(String json) {
        try {
            Fuzz.check(JSON.readTree(json).isObject(), () -> "no object: " + json);
        } catch (JacksonException e) {
            throw new AssertionError("no JSON: " + json, e);
        }
    }
}
