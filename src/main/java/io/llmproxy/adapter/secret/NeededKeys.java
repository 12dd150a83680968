package io.llmproxy.adapter.secret;

import io.llmproxy.domain.secret.Credential;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Which master keys a state needs. Answers for {@code Idempotency-Key} need none: they are kept for a day, and one that cannot be
 * opened is told as such. Nor do signatures of the audit log: their public keys lie beside them.
 *
 * @param what is sealed, for people; empty: nothing is
 * @param ids of the keys; of what is too damaged to say there is none
 */
public record NeededKeys(List<String> what, NavigableSet<String> ids) {
    /** Of a state in which nothing is sealed. */
    public static final NeededKeys NONE = of(List.of(), List.of());

    public NeededKeys {
        what = List.copyOf(what);
    }

    /**
     * @param credentials of providers, and logins at their proxies
     * @param bodies of requests, as they are stored
     */
    public static NeededKeys of(Collection<Credential.Sealed> credentials, Collection<byte[]> bodies) {
        NavigableSet<String> ids = new TreeSet<>();
        credentials.forEach(c -> idOf(c).ifPresent(ids::add));
        bodies.forEach(b -> idOf(b).ifPresent(ids::add));
        List<String> what = new java.util.ArrayList<>();
        if (!credentials.isEmpty()) {
            what.add("sealed credentials");
        }
        if (!bodies.isEmpty()) {
            what.add("recorded bodies of requests");
        }
        return new NeededKeys(what, ids);
    }

    /** The id of the key that sealed it; empty where it is too damaged to say. */
    public static Optional<String> idOf(Credential.Sealed credential) {
        return Envelope.keyIdOf(credential);
    }

    private static Optional<String> idOf(byte[] content) {
        if (content.length < MasterKey.ID_LENGTH) {
            return Optional.empty();
        }
        String id = new String(content, 0, MasterKey.ID_LENGTH, StandardCharsets.US_ASCII);
        return id.matches(Envelope.KEY_ID) ? Optional.of(id) : Optional.empty();
    }

    boolean any() {
        return !what.isEmpty();
    }

    /** The ids but one. */
    public List<String> without(String id) {
        return ids.stream().filter(n -> !n.equals(id)).toList();
    }

    /** As a sentence begins. */
    public String need(Collection<String> named) {
        return String.join(" and ", what) + " need the master key " + String.join(", ", named);
    }
}
