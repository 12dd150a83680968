package io.llmproxy.gateway.privacy;

import io.llmproxy.domain.privacy.CustomPattern;
import io.llmproxy.domain.privacy.PrivateKind;
import io.llmproxy.domain.privacy.Redaction.Mode;
import io.llmproxy.gateway.scan.MalformedException;
import io.llmproxy.gateway.scan.Splice;
import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What becomes of a request's body: JSON still, different in strings alone, and what an echo gives back is what was sent. */
public final class VaultFuzz {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Redactor REDACTOR =
            Redactor.of(PrivateKind.DEFAULTS, List.of(new CustomPattern("customer", ".CUST-\\d{2,6}.")));

    private VaultFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        byte[] body = Pieces.payload(input);
        RequestRedaction vaulted;
        try {
            vaulted = RequestRedaction.of(body, REDACTOR, Mode.VAULT, 1);
        } catch (MalformedException e) {
            return;
        }
        byte[] sent = spliced(body, vaulted.changes());
        JsonNode before = JSON.readTree(body);
        JsonNode after = JSON.readTree(sent);
        Fuzz.check(sameShape(before, after), () -> "another shape: " + after);
        RequestRedaction masked = RequestRedaction.of(body, REDACTOR, Mode.MASK, 1);
        Fuzz.same(masked.counts(), vaulted.counts(), "masked as often");
        Vault vault = vaulted.vault();
        if (vault != null) {
            AnswerRestoration echo = AnswerRestoration.of("application/json", vault);
            ByteArrayOutputStream back = new ByteArrayOutputStream();
            Pieces.feed(sent, Pieces.seed(input), (in, from, length) -> back.writeBytes(echo.feed(in, from, length)));
            back.writeBytes(echo.finish());
            Fuzz.same(JSON.readTree(back.toByteArray()), before, "given back");
            String line = new String(sent, StandardCharsets.ISO_8859_1);
            streamed("text/event-stream", "data: " + line + "\n\ndata: " + line + "\n\n", vault, Pieces.seed(input));
            streamed("application/x-ndjson", line + "\n" + line, vault, Pieces.seed(input));
        }
    }

    /** The same however it is cut. */
    private static void streamed(String type, String stream, Vault vault, int seed) {
        byte[] bytes = stream.getBytes(StandardCharsets.ISO_8859_1);
        String whole = restored(type, bytes, vault, -1);
        Fuzz.same(restored(type, bytes, vault, 0), whole, type + " byte by byte");
        Fuzz.same(restored(type, bytes, vault, seed & 127), whole, type + " in pieces");
    }

    private static String restored(String type, byte[] stream, Vault vault, int seed) {
        AnswerRestoration echo = AnswerRestoration.of(type, vault);
        ByteArrayOutputStream back = new ByteArrayOutputStream();
        if (seed < 0) {
            back.writeBytes(echo.feed(stream, 0, stream.length));
        } else {
            Pieces.feed(stream, seed, (in, from, length) -> back.writeBytes(echo.feed(in, from, length)));
        }
        back.writeBytes(echo.finish());
        return back.toString(StandardCharsets.ISO_8859_1);
    }

    private static byte[] spliced(byte[] body, List<Splice> changes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int at = 0;
        for (Splice change : changes) {
            out.write(body, at, (int) change.offset() - at);
            change.writeTo(out);
            at = (int) change.offset() + change.removed();
        }
        out.write(body, at, body.length - at);
        return out.toByteArray();
    }

    private static boolean sameShape(JsonNode before, JsonNode after) {
        if (before.isString()) {
            return after.isString();
        }
        if (before.isContainer()) {
            return before.size() == after.size()
                    && List.copyOf(before.propertyNames()).equals(List.copyOf(after.propertyNames()))
                    && (before.isObject()
                            ? before.properties().stream().allMatch(e -> sameShape(e.getValue(), after.get(e.getKey())))
                            : java.util.stream.IntStream.range(0, before.size())
                                    .allMatch(i -> sameShape(before.get(i), after.get(i))));
        }
        return before.equals(after);
    }
}
