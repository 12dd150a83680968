package io.llmproxy.gateway.privacy;

import io.llmproxy.domain.privacy.Redaction;
import io.llmproxy.gateway.scan.Splice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the texts of one request: changes to its body, which stays byte for byte but for them.
 *
 * @param changes in the order of the body; they do not overlap
 * @param counts how often each label was found
 * @param vault what was taken out, where it is to be put back; null: it is not
 */
public record RequestRedaction(
        List<Splice> changes,
        Map<String, Integer> counts,
        @Nullable Vault vault) {
    /** Changes nothing. */
    public static final RequestRedaction NONE = new RequestRedaction(List.of(), Map.of(), null);

    /** Something found in the body: the bytes of it, and the text that they are. */
    private record Found(String label, int from, int to, String original, boolean json) {}

    /**
     * Looks for private text in a body.
     *
     * @param first the number of the first placeholder of each kind
     * @throws io.llmproxy.gateway.scan.MalformedException where the body is no JSON
     */
    public static RequestRedaction of(byte[] body, Redactor redactor, Redaction.Mode mode, int first) {
        Vault vault = mode == Redaction.Mode.VAULT ? new Vault(first) : null;
        List<Found> all = new ArrayList<>();
        for (JsonTexts.Text text : JsonTexts.of(body, 0, body.length)) {
            String decoded = JsonString.decode(body, text.start(), text.end());
            if (vault != null) {
                vault.taken(decoded);
            }
            find(body, text, decoded, redactor, all);
        }
        List<Splice> changes = new ArrayList<>(all.size());
        Map<String, Integer> counts = new TreeMap<>();
        for (Found found : all) {
            counts.merge(found.label, 1, Integer::sum);
            String instead = vault == null
                    ? "[" + found.label + "]"
                    : vault.placeholder(found.label, found.original, found.json);
            changes.add(new Splice(found.from, found.to - found.from, instead));
        }
        return new RequestRedaction(changes, counts, vault == null || vault.isEmpty() ? null : vault);
    }

    private static void find(byte[] body, JsonTexts.Text text, String decoded, Redactor redactor, List<Found> all) {
        redactor.find(decoded, new Findings() {
            private int at = text.start();
            private int character;

            @Override
            public void passed(char[] chars, int from, int to) {}

            @Override
            public void found(String label, long start, long end) {
                // a match may begin or end inside a pair of surrogates, which goes as a whole
                int from = advance((int) start, false);
                int to = advance((int) end, true);
                if (to > from) {
                    String original = decoded.substring(Math.max((int) start, 0), (int) end);
                    all.add(new Found(label, from, to, whole(original, body, from, to), text.json()));
                }
            }

            private int advance(int index, boolean over) {
                while (character < index) {
                    int characters = JsonString.characters(body, at);
                    if (character + characters > index && !over) {
                        break;
                    }
                    character += characters;
                    at += JsonString.length(body, at);
                }
                return at;
            }
        });
    }

    /** The text of all bytes that go, which may be half a pair of surrogates more than what was found. */
    private static String whole(String found, byte[] body, int from, int to) {
        boolean halved = Character.isLowSurrogate(found.charAt(0))
                || Character.isHighSurrogate(found.charAt(found.length() - 1));
        return halved ? JsonString.decode(body, from, to) : found;
    }
}
