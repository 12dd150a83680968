package io.llmproxy.adapter.provider.simulated;

import io.llmproxy.port.Provider.UpstreamRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The endpoints of a simulated provider: from a request in OpenAI's format to an answer in it. */
final class SimulatedApi {
    /** Models that it lists; it answers to any name. */
    static final List<String> MODELS = List.of("simulated-large", "simulated-small", "simulated-embedding");

    private static final int MAX_DIMENSIONS = 4096;

    private final JsonMapper json = JsonMapper.builder().build();
    private final SimulatedSettings settings;
    private final InstantSource clock;
    private final AtomicLong requests = new AtomicLong();

    SimulatedApi(SimulatedSettings settings, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
    }

    SimulatedAnswer answer(UpstreamRequest request) throws IOException {
        if (fails(requests.incrementAndGet())) {
            return failure();
        }
        String path = request.passthrough() && request.path().startsWith("/v1/")
                ? request.path().substring(3)
                : request.path();
        try {
            return switch (request.method()) {
                case "GET" -> get(path);
                case "POST" -> post(path, request);
                default -> unknown(request.method(), path);
            };
        } catch (JacksonException e) {
            return error(400, "We could not parse the JSON body of your request.", "invalid_request_error", null);
        }
    }

    /** Evenly spread, so that a share of a tenth is each tenth request and not chance. */
    private boolean fails(long count) {
        return Math.floor(count * settings.fail()) > Math.floor((count - 1) * settings.fail());
    }

    private SimulatedAnswer failure() {
        String type = settings.status() == 429 ? "rate_limit_exceeded" : "server_error";
        SimulatedAnswer answer =
                error(settings.status(), "The simulated provider fails, as it was told to.", type, null);
        if (settings.retryAfter() > 0) {
            answer.headers().add("Retry-After", Integer.toString(settings.retryAfter()));
        }
        return answer;
    }

    private SimulatedAnswer get(String path) {
        if (path.equals("/models")) {
            ObjectNode list = json.createObjectNode().put("object", "list");
            ArrayNode data = list.putArray("data");
            MODELS.forEach(id -> data.add(model(id)));
            return ok(list);
        }
        String id = path.startsWith("/models/") ? path.substring("/models/".length()) : "";
        if (MODELS.contains(id)) {
            return ok(model(id));
        }
        return id.isEmpty()
                ? unknown("GET", path)
                : error(404, "The model does not exist.", "invalid_request_error", "model_not_found");
    }

    private ObjectNode model(String id) {
        return json.createObjectNode()
                .put("id", id)
                .put("object", "model")
                .put("created", 1_750_000_000)
                .put("owned_by", "llmproxy");
    }

    private SimulatedAnswer post(String path, UpstreamRequest request) throws IOException {
        return switch (path) {
            case "/chat/completions" -> reply(read(request), ReplyFormat.CHAT);
            case "/completions" -> reply(read(request), ReplyFormat.COMPLETION);
            case "/responses" -> reply(read(request), ReplyFormat.RESPONSE);
            case "/embeddings" -> embeddings(read(request));
            default -> unknown("POST", path);
        };
    }

    private JsonNode read(UpstreamRequest request) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        request.body().writeTo(bytes);
        return json.readTree(bytes.toByteArray());
    }

    private SimulatedAnswer reply(JsonNode request, ReplyFormat format) {
        if (!request.path("model").isString()) {
            return error(400, "you must provide a model parameter", "invalid_request_error", null);
        }
        String prompt = format.prompt(request);
        int limit = format.limit(request);
        String said = format.lastSaid(request);
        List<SimulatedTools.Call> calls =
                format == ReplyFormat.CHAT ? SimulatedTools.called(json, request, said, settings.calls()) : List.of();
        List<String> wanted = calls.isEmpty() ? SimulatedText.reply(said, settings.tokens()) : List.of();
        boolean cut = limit > 0 && limit < wanted.size();
        List<String> tokens = cut ? wanted.subList(0, limit) : wanted;
        Reply reply = new Reply(
                json,
                request.path("model").asString(),
                clock.instant().getEpochSecond(),
                tokens,
                calls,
                SimulatedText.count(prompt) + 3,
                cut,
                request.path("stream_options").path("include_usage").asBoolean(false));
        return request.path("stream").asBoolean(false)
                ? SimulatedAnswer.stream(format.events(reply))
                : ok(format.whole(reply));
    }

    private SimulatedAnswer embeddings(JsonNode request) {
        int dimensions = request.path("dimensions").asInt(16);
        if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
            return error(400, "'dimensions' must be 1 to " + MAX_DIMENSIONS, "invalid_request_error", null);
        }
        boolean base64 = request.path("encoding_format").asString("float").equals("base64");
        ObjectNode list = json.createObjectNode().put("object", "list");
        ArrayNode data = list.putArray("data");
        int tokens = 0;
        for (String text : inputs(request.path("input"))) {
            ObjectNode item = data.addObject().put("object", "embedding").put("index", data.size() - 1);
            put(item, SimulatedText.vector(text, dimensions), base64);
            tokens += SimulatedText.count(text);
        }
        list.put("model", request.path("model").asString(""));
        list.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
        return ok(list);
    }

    /** A text, several texts, the tokens of a text, or the tokens of several. */
    private static List<String> inputs(JsonNode input) {
        if (!input.isArray() || input.path(0).isNumber()) {
            return List.of(text(input));
        }
        List<String> texts = new ArrayList<>();
        input.forEach(item -> texts.add(text(item)));
        return texts;
    }

    private static String text(JsonNode node) {
        return node.isString() ? node.asString() : node.toString();
    }

    private static void put(ObjectNode item, float[] vector, boolean base64) {
        if (!base64) {
            ArrayNode numbers = item.putArray("embedding");
            for (float number : vector) {
                numbers.add(number);
            }
            return;
        }
        ByteBuffer bytes = ByteBuffer.allocate(4 * vector.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        item.put("embedding", Base64.getEncoder().encodeToString(bytes.array()));
    }

    private SimulatedAnswer ok(JsonNode body) {
        return SimulatedAnswer.json(200, json.writeValueAsString(body));
    }

    private SimulatedAnswer unknown(String method, String path) {
        return error(404, "Invalid URL (" + method + " " + path + ")", "invalid_request_error", null);
    }

    private SimulatedAnswer error(int status, String message, String type, @Nullable String code) {
        ObjectNode body = json.createObjectNode();
        body.putObject("error")
                .put("message", message)
                .put("type", type)
                .putNull("param")
                .put("code", code);
        return SimulatedAnswer.json(status, json.writeValueAsString(body));
    }

    static byte[] event(String data) {
        return ("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
    }
}
