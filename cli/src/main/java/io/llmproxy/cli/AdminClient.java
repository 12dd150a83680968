package io.llmproxy.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The admin API as this program uses it; every method blocks, and throws {@link CliException} with the exit code that fits. */
final class AdminClient {
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final Endpoint endpoint;
    private final HttpCall http;

    AdminClient(Endpoint endpoint) {
        this(endpoint, TIMEOUT);
    }

    AdminClient(Endpoint endpoint, Duration timeout) {
        this.endpoint = endpoint;
        this.http = new HttpCall(endpoint, timeout);
    }

    Endpoint endpoint() {
        return endpoint;
    }

    JsonNode get(ApiPath path) {
        return call("GET", path, null);
    }

    JsonNode post(ApiPath path, @Nullable ObjectNode body) {
        return call("POST", path, body);
    }

    JsonNode patch(ApiPath path, ObjectNode body) {
        return call("PATCH", path, body);
    }

    JsonNode delete(ApiPath path) {
        return call("DELETE", path, null);
    }

    /** The items of all pages, each page asked for when the one before is used up. */
    Iterable<JsonNode> list(ApiPath path) {
        return () -> new Pages(this, path);
    }

    /** The answer as it comes, whatever its status. What breaks off is sent once more, changes with the same Idempotency-Key. */
    HttpCall.Answer exchange(String method, ApiPath path, @Nullable ObjectNode body) {
        byte[] bytes = body == null ? null : Json.compact(body).getBytes(StandardCharsets.UTF_8);
        try {
            return sent(method, path, bytes);
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.NO_SERVER,
                    "no answer from the server at " + endpoint.shown() + ": " + ServerLocator.reason(e));
        }
    }

    private HttpCall.Answer sent(String method, ApiPath path, byte @Nullable [] body) throws IOException {
        UUID key = UUID.randomUUID();
        try {
            return http.send(method, path, body, key);
        } catch (HttpCall.BrokenException e) {
            if (method.equals("DELETE")) {
                // the server keeps no answers to it, and would say that there is no such thing
                throw e;
            }
            return http.send(method, path, body, key);
        }
    }

    /**
     * Gives the body of the answer to a POST away as it comes.
     *
     * @throws IOException where it breaks off, or the stream takes no more
     */
    void download(ApiPath path, ObjectNode body, OutputStream sink) throws IOException {
        byte[] bytes = Json.compact(body).getBytes(StandardCharsets.UTF_8);
        HttpCall.Answer answer = http.download(path, bytes, UUID.randomUUID(), sink);
        if (answer.status() >= 300) {
            throw new CliException(ExitCode.ofStatus(answer.status()), problem(answer));
        }
    }

    private JsonNode call(String method, ApiPath path, @Nullable ObjectNode body) {
        HttpCall.Answer answer = exchange(method, path, body);
        if (answer.status() >= 300) {
            throw new CliException(ExitCode.ofStatus(answer.status()), problem(answer));
        }
        if (answer.body().length == 0) {
            return Json.object();
        }
        try {
            return Json.parse(answer.body());
        } catch (JacksonException e) {
            throw new CliException(
                    ExitCode.NO_SERVER,
                    "what answers at " + endpoint.shown() + " is not llmproxy's admin API: no JSON");
        }
    }

    /** The server's own words ({@code application/problem+json}), or the bare status where there are none. */
    String problem(HttpCall.Answer answer) {
        try {
            JsonNode problem = Json.parse(answer.body());
            JsonNode detail = problem.path(problem.has("detail") ? "detail" : "title");
            if (!Json.absent(detail)) {
                // faults of a configuration are a line each
                return Json.text(detail).lines().map(Text::printable).collect(Collectors.joining("\n"));
            }
        } catch (JacksonException e) {
            // no problem document: some other server, or a fault before the API was reached; the status is all there is
            // to say
        }
        return "the server at " + endpoint.shown() + " answered " + answer.status() + " without saying why";
    }
}
