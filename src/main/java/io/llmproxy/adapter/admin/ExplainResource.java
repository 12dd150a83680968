package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.AdminQueries;
import io.llmproxy.domain.Checks;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.gateway.DryRun;
import io.llmproxy.gateway.DryRun.Described;
import io.llmproxy.gateway.Explanation;
import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.wire.admin.ExplanationJson;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /api/v1/explain}: why a request went where it went, or would go. */
final class ExplainResource {
    private static final String CHAT = "/v1/chat/completions";
    private static final int LONGEST_PATH = 2048;
    private static final int MOST_TOKENS = 4_000_000;
    /** By the rule of thumb that estimates are made by. */
    private static final String TOKEN = "word";

    private final AdminQueries queries;
    private final Runnable flushLedger;
    private final DryRun dryRun;

    ExplainResource(AdminQueries queries, Runnable flushLedger, DryRun dryRun) {
        this.queries = queries;
        this.flushLedger = flushLedger;
        this.dryRun = dryRun;
    }

    List<AdminRoute> routes() {
        return List.of(
                route("GET", "/api/v1/explain/{request}", this::past)
                        .taking("tenant")
                        .forUsers(),
                // an answer of the moment, kept in memory alone
                route("POST", "/api/v1/tenants/{tenant}/explain", this::dryRun)
                        .showingSecret()
                        .forTenantAdmins());
    }

    private Answer past(AdminRequest r) {
        String id = r.variable("request");
        if (!Ids.isUuid(id)) {
            throw Problem.invalid("request: must be the id that the answer had in x-request-id");
        }
        flushLedger.run();
        return answer(
                id, PastRequest.explained(queries.usageRecord(r.actor(), r.query("tenant"), UUID.fromString(id))));
    }

    private Answer dryRun(AdminRequest r) {
        Tenant tenant = queries.tenant(r.actor(), r.variable("tenant"));
        Body asked = r.body()
                .only(
                        "key",
                        "method",
                        "path",
                        "headers",
                        "host",
                        "address",
                        "model",
                        "maxTokens",
                        "inputTokens",
                        "stream",
                        "user",
                        "body");
        String path = asked.value("path", ExplainResource::path, CHAT);
        return answer(
                null,
                dryRun.explain(new Described(
                        tenant.id(),
                        asked.value("key", Body::text),
                        asked.value("method", ExplainResource::method, "POST"),
                        path,
                        headers(asked),
                        asked.value("address", ExplainResource::address, new byte[] {127, 0, 0, 1}),
                        body(asked, path),
                        r.actor().admin())));
    }

    private static String method(String field, JsonNode node) {
        String method = Body.text(field, node).toUpperCase(Locale.ROOT);
        if (!List.of("GET", "POST", "PUT", "PATCH", "DELETE").contains(method)) {
            throw new InvalidValueException(field, "must be GET, POST, PUT, PATCH or DELETE");
        }
        return method;
    }

    private static String path(String field, JsonNode node) {
        String path = Checks.text(field, Body.text(field, node), LONGEST_PATH);
        if (!path.startsWith("/") || path.indexOf('?') >= 0 || path.contains("..")) {
            throw new InvalidValueException(field, "must be a path as " + CHAT + ", without a query");
        }
        return path;
    }

    private static byte[] address(String field, JsonNode node) {
        try {
            return InetAddress.ofLiteral(Body.text(field, node)).getAddress();
        } catch (IllegalArgumentException e) {
            throw new InvalidValueException(field, "must be an IP address");
        }
    }

    private static HeaderFields headers(Body asked) {
        HeaderFields headers = new HeaderFields().add("Content-Type", "application/json");
        Map<String, String> given = asked.value("headers", Body::entries);
        if (given != null) {
            given.forEach((name, value) -> headers.set(Checks.text("headers", name, 128), value));
        }
        String host = asked.value("host", Body::text);
        return host == null ? headers : headers.set("Host", host);
    }

    private static byte[] body(Body asked, String path) {
        JsonNode whole = asked.value("body", (field, node) -> node);
        if (whole != null) {
            return Json.MAPPER.writeValueAsBytes(whole);
        }
        ObjectNode body = Json.MAPPER.createObjectNode();
        String model = asked.value("model", Body::text);
        if (model == null) {
            return new byte[0];
        }
        body.put("model", model);
        Integer maxTokens = asked.value("maxTokens", Body::integer);
        if (maxTokens != null) {
            boolean responses = PromptShape.of(path) == PromptShape.RESPONSE;
            body.put(responses ? "max_output_tokens" : "max_tokens", maxTokens);
        }
        if (asked.value("stream", Body::bool, false)) {
            body.put("stream", true);
        }
        String user = asked.value("user", Body::text);
        if (user != null) {
            body.put("user", user);
        }
        int tokens = asked.value("inputTokens", ExplainResource::tokens, 1);
        body.putArray("messages").addObject().put("role", "user").put("content", TOKEN.repeat(tokens));
        return Json.MAPPER.writeValueAsBytes(body);
    }

    private static Integer tokens(String field, JsonNode node) {
        int tokens = Body.integer(field, node);
        if (tokens < 1 || tokens > MOST_TOKENS) {
            throw new InvalidValueException(field, "must be from 1 to " + MOST_TOKENS);
        }
        return tokens;
    }

    private static Answer answer(@Nullable String requestId, Explanation explanation) {
        return Answer.ok(new ExplanationJson(
                requestId,
                explanation.steps().stream()
                        .map(s -> new ExplanationJson.Step(s.step(), s.subject(), s.outcome(), s.detail()))
                        .toList()));
    }
}
