package io.llmproxy.gateway.scan;

import io.llmproxy.gateway.scan.JsonScanner.Token;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Changes the address of a batch's results ({@code results_url}, "Retrieve a Message Batch" of Anthropic's API reference) from the
 * provider's own to a path of ours. Clients that follow it put their own origin before a path, so that no word is needed of how they
 * reach us. Everything else stays as it is, byte for byte.
 */
public final class ResultLinks {
    private static final String MEMBER = "results_url";

    private static final Pattern RESULTS =
            Pattern.compile("https?://[^/?#]+(?:/[^?#]*)?/messages/batches/([\\w.~-]+/results(?:\\?[\\w.~&=%-]*)?)");

    private ResultLinks() {}

    /**
     * The document with our own links.
     *
     * @param batches the path of the client's that has the batches below it
     * @return the same array where nothing is to be changed, or where it is no JSON
     */
    public static byte[] ours(byte[] json, String batches) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(0);
        int written = 0;
        try {
            JsonScanner scanner = new JsonScanner(json, 0, json.length);
            for (Token token = scanner.next(); token != Token.END; token = scanner.next()) {
                if (token != Token.NAME || !scanner.is(MEMBER) || scanner.next() != Token.STRING || !scanner.kept()) {
                    continue;
                }
                String link = link(scanner.text(), batches);
                if (link != null) {
                    out.write(json, written, scanner.start() - written);
                    out.writeBytes(('"' + link + '"').getBytes(StandardCharsets.UTF_8));
                    written = scanner.end();
                }
            }
        } catch (MalformedException e) {
            return json;
        }
        if (written == 0) {
            return json;
        }
        out.write(json, written, json.length - written);
        return out.toByteArray();
    }

    private static @Nullable String link(String url, String batches) {
        Matcher known = RESULTS.matcher(url);
        return known.matches() ? batches + "/" + known.group(1) : null;
    }
}
