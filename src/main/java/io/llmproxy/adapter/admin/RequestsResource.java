package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.RequestAudit;
import io.llmproxy.admin.RequestFilter;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.Transcript;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.wire.admin.PageJson;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** {@code /api/v1/audit/requests}: what was asked, and where it is kept what with. What has been answered is in it. */
final class RequestsResource {
    /** A page with bodies has no more requests, or the answer would be endless. */
    private static final int MOST_WITH_BODIES = 16;

    private final RequestAudit requests;
    private final Runnable flushLedger;
    private final Runnable flushBodies;
    private final InstantSource clock;

    RequestsResource(RequestAudit requests, Runnable flushLedger, Runnable flushBodies, InstantSource clock) {
        this.requests = requests;
        this.flushLedger = flushLedger;
        this.flushBodies = flushBodies;
        this.clock = clock;
    }

    List<AdminRoute> routes() {
        return List.of(route("GET", "/api/v1/audit/requests", this::list)
                .taking(
                        "tenant",
                        "from",
                        "to",
                        "user",
                        "key",
                        "model",
                        "status",
                        "requestId",
                        "body",
                        "limit",
                        "cursor")
                .forTenantAdmins());
    }

    private Answer list(AdminRequest r) {
        RequestFilter filter = filter(r);
        boolean bodies = r.flag("body");
        Page.Request asked = r.page();
        Page.Request some = bodies ? new Page.Request(Math.min(MOST_WITH_BODIES, asked.limit()), asked.after()) : asked;
        flushLedger.run();
        Page<UsageRecord> page = requests.search(r.actor(), filter, some);
        Map<UUID, Transcript> kept = Map.of();
        if (bodies) {
            flushBodies.run();
            kept = requests.bodies(r.actor(), page.items());
        }
        Map<UUID, Transcript> found = kept;
        return Answer.ok(new PageJson<>(
                page.map(u -> json(u, found.get(u.requestId()))).items(), Cursors.encode(page.next())));
    }

    private RequestFilter filter(AdminRequest r) {
        StatusRange status = StatusRange.of(r.query("status"));
        Instant now = clock.instant();
        return new RequestFilter(
                r.query("tenant"),
                Moments.parse("from", r.query("from"), now),
                Moments.parse("to", r.query("to"), now),
                r.query("user"),
                r.query("key"),
                r.query("model"),
                status.from(),
                status.to(),
                requestId(r.query("requestId")));
    }

    private static @Nullable UUID requestId(@Nullable String text) {
        if (text == null) {
            return null;
        }
        if (!Ids.isUuid(text)) {
            throw Problem.invalid("requestId: must be the x-request-id of an answer, a UUID");
        }
        return UUID.fromString(text);
    }

    private static ObjectNode json(UsageRecord u, @Nullable Transcript t) {
        ObjectNode node = Json.MAPPER.valueToTree(UsageShapes.entry(u));
        if (t != null) {
            ObjectNode body = node.putObject("body");
            body.put("redacted", t.redacted());
            put(body.putObject("request"), t.request());
            put(body.putObject("answer"), t.answer());
        }
        return node;
    }

    /** Text where it is text, else base64. */
    private static void put(ObjectNode node, Transcript.Part part) {
        node.put("contentType", part.contentType());
        node.put("cut", part.cut());
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(part.bytes()))
                    .toString();
            node.put("text", text);
        } catch (CharacterCodingException e) {
            node.put("base64", Base64.getEncoder().encodeToString(part.bytes()));
        }
    }
}
