package io.llmproxy.admin;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditChain;
import io.llmproxy.domain.audit.AuditChain.Head;
import io.llmproxy.domain.audit.AuditChain.Link;
import io.llmproxy.domain.audit.AuditChain.Mark;
import io.llmproxy.domain.audit.CanonicalForm;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.port.AuditChainStore;
import io.llmproxy.port.AuditSigner;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes the lines of an export of one chain: a signed beginning, the checkpoint where older events were deleted, the events with
 * their hashes and the signatures between them, a signed end. What was asked for and how far it has come is in the cursor.
 */
final class AuditExport {
    private final AuditChainStore chains;
    private final AuditSigner signer;
    private final Runnable signAll;
    private final InstantSource clock;

    AuditExport(AuditChainStore chains, AuditSigner signer, Runnable signAll, InstantSource clock) {
        this.chains = chains;
        this.signer = signer;
        this.signAll = signAll;
        this.clock = clock;
    }

    List<String> key() {
        return List.of(signer.keyId(), signer.publicKey());
    }

    /**
     * Where an export stands.
     *
     * @param after the number of the last event that it has
     * @param hash of that event
     * @param last the number with which it ends
     * @param heads how many signatures stand between the events so far
     */
    private record Position(UUID export, long after, String hash, long last, int heads) {
        private String text() {
            return export + "." + after + "." + hash + "." + last + "." + heads;
        }

        private static Position parse(String text) {
            try {
                String[] parts = text.split("\\.", -1);
                return new Position(
                        UUID.fromString(parts[0]),
                        Long.parseLong(parts[1]),
                        parts[2],
                        Long.parseLong(parts[3]),
                        Integer.parseInt(parts[4]));
            } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
                throw AdminException.invalid("cursor: is none that this list gave out");
            }
        }
    }

    Page<Map<String, Object>> page(
            AuditChain given, @Nullable Instant from, @Nullable Instant to, Page.Request request) {
        List<Map<String, Object>> lines = new ArrayList<>();
        AuditChain chain = given;
        Position at;
        if (request.after() == null) {
            signAll.run();
            chain = chains.find(given.id()).orElse(given);
            at = begin(chain, from, to, lines);
        } else {
            at = Position.parse(request.after());
        }
        // a chain without events is not in the store: that of an installation of which nothing was administered yet
        List<Link> links =
                at.after < at.last ? chains.links(chain.id(), at.after, at.last, request.limit()) : List.of();
        at = append(chain, at, links, lines);
        boolean more = links.size() == request.limit() && at.after < at.last;
        if (!more) {
            lines.add(end(chain, at));
        }
        return new Page<>(lines, more ? at.text() : null);
    }

    private Position begin(
            AuditChain chain, @Nullable Instant from, @Nullable Instant to, List<Map<String, Object>> lines) {
        boolean whole = from == null && to == null;
        long first = from == null
                ? chain.purgedNumber() + 1
                : chains.firstSince(chain.id(), from).orElse(chain.number() + 1);
        long last =
                to == null ? chain.number() : chains.lastBefore(chain.id(), to).orElse(0L);
        last = Math.max(last, first - 1);
        String previous = previous(chain, first);
        UUID export = Ids.next(clock.instant());
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        lines.add(signed(CanonicalForm.begin(export, chain, whole, first, previous, now, signer.keyId())));
        if (first > 1 && first == chain.purgedNumber() + 1) {
            chains.heads(chain.id(), first - 1, first - 1).stream()
                    .filter(h -> h.mark() == Mark.CHECKPOINT)
                    .map(AuditExport::line)
                    .forEach(lines::add);
        }
        return new Position(export, first - 1, previous, last, 0);
    }

    private String previous(AuditChain chain, long first) {
        if (first == chain.purgedNumber() + 1) {
            return chain.purgedHash();
        }
        if (first > chain.number()) {
            return chain.hash();
        }
        List<Link> links = chains.links(chain.id(), first - 1, first, 1);
        return links.isEmpty() ? AuditChain.NOTHING : links.getFirst().previous();
    }

    private Position append(AuditChain chain, Position from, List<Link> links, List<Map<String, Object>> lines) {
        if (links.isEmpty()) {
            return from;
        }
        List<Head> heads = new ArrayList<>(chains.heads(
                chain.id(), links.getFirst().number(), links.getLast().number()));
        heads.removeIf(h -> h.mark() != Mark.HEAD);
        int count = from.heads;
        int next = 0;
        for (Link link : links) {
            lines.add(line(link));
            while (next < heads.size() && heads.get(next).number() <= link.number()) {
                lines.add(line(heads.get(next++)));
                count++;
            }
        }
        Link last = links.getLast();
        return new Position(from.export, last.number(), last.hash(), from.last, count);
    }

    private static Map<String, Object> line(Link link) {
        Map<String, Object> line =
                new LinkedHashMap<>(CanonicalForm.members(link.chain(), link.number(), link.previous(), link.event()));
        line.put("hash", link.hash());
        return line;
    }

    private static Map<String, Object> line(Head head) {
        Map<String, Object> line = new LinkedHashMap<>(
                CanonicalForm.head(head.chain(), head.mark(), head.number(), head.hash(), head.at(), head.keyId()));
        line.put("publicKey", head.publicKey());
        line.put("signature", head.signature());
        return line;
    }

    /** Of the whole chain it is the hash that the chain is known to end with, which its last row must have. */
    private Map<String, Object> end(AuditChain chain, Position at) {
        boolean toTheEnd = at.last == chain.number();
        return signed(CanonicalForm.end(
                at.export, chain.id(), at.last, toTheEnd ? chain.hash() : at.hash, at.heads, signer.keyId()));
    }

    private Map<String, Object> signed(Map<String, Object> members) {
        Map<String, Object> line = new LinkedHashMap<>(members);
        line.put("publicKey", signer.publicKey());
        line.put("signature", signer.sign(CanonicalForm.text(members)));
        return line;
    }
}
