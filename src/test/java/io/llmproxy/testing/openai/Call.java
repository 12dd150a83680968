package io.llmproxy.testing.openai;

import io.llmproxy.testing.FakeConnection;
import io.llmproxy.testing.FakeProvider.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One request as an endpoint of the fake sees it, and the ways to answer it, with the headers that OpenAI's servers send. */
public final class Call {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int WORTH_COMPRESSING = 256;
    private static final int PAGE = 2;
    private static final List<String> USUAL = List.of(
            "Date", "Thu, 20 Nov 2025 12:00:00 GMT",
            "x-request-id", "req_fake",
            "openai-organization", "org-fake",
            "openai-processing-ms", "12",
            "openai-version", "2020-10-01",
            "x-ratelimit-limit-requests", "5000",
            "x-ratelimit-remaining-requests", "4999",
            "x-ratelimit-reset-requests", "12ms",
            "Set-Cookie", "__cf_bm=fake; path=/; HttpOnly; Secure",
            "CF-RAY", "99fake-FRA",
            "alt-svc", "h3=\":443\"; ma=86400");

    private final FakeConnection connection;
    private final List<String> variables;

    Call(FakeConnection connection, List<String> variables) {
        this.connection = connection;
        this.variables = variables;
    }

    /** A connection's request, whatever its path. */
    public static Call of(FakeConnection connection) {
        return new Call(connection, List.of());
    }

    public FakeConnection connection() {
        return connection;
    }

    public Request request() {
        return connection.request();
    }

    /** The path's first variable segment. */
    public String id() {
        return variables.getFirst();
    }

    /** The path's last variable segment. */
    public String lastId() {
        return variables.getLast();
    }

    /** The body; missing where there is none. */
    public JsonNode json() {
        return request().body().length == 0
                ? JSON.missingNode()
                : JSON.readTree(request().body());
    }

    /** A query parameter as it is written; empty: there is none. */
    public String query(String name) {
        String target = request().target();
        for (String pair : target.substring(target.indexOf('?') + 1).split("&", -1)) {
            if (pair.startsWith(name + "=")) {
                return pair.substring(name.length() + 1);
            }
        }
        return "";
    }

    /** The content of a multipart body's part; null: there is none of that name. */
    public byte @Nullable [] part(String name) {
        String whole = new String(request().body(), StandardCharsets.ISO_8859_1);
        int at = whole.indexOf("name=\"" + name + "\"");
        int start = at < 0 ? -1 : whole.indexOf("\r\n\r\n", at) + 4;
        int end = start < 4 ? -1 : whole.indexOf("\r\n--", start);
        return end < 0 ? null : Arrays.copyOfRange(request().body(), start, end);
    }

    /** A part's text; {@code otherwise} where there is none of that name. */
    String partText(String name, String otherwise) {
        byte[] part = part(name);
        return part == null ? otherwise : new String(part, StandardCharsets.UTF_8);
    }

    /** What the body calls a part's file. */
    public String fileName() {
        String whole = request().text();
        int at = whole.indexOf("filename=\"") + 10;
        return at < 10 ? "upload" : whole.substring(at, whole.indexOf('"', at));
    }

    public static String quoted(String text) {
        return JSON.writeValueAsString(text);
    }

    /** A successful answer, compressed where the client takes that. */
    public void json(String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String codings = request().header("accept-encoding");
        if (bytes.length < WORTH_COMPRESSING || codings == null || !codings.contains("gzip")) {
            bytes(200, "application/json", bytes);
        } else {
            bytes(200, "application/json", gzip(bytes), "Content-Encoding", "gzip");
        }
    }

    public void bytes(int status, String type, byte[] body, String... headers) throws IOException {
        connection.answer(status, body, fields(type, headers));
    }

    /** Two at a time; the rest with {@code after}. */
    void page(String... items) throws IOException {
        List<String> ids = Arrays.stream(items)
                .map(item -> JSON.readTree(item).path("id").asString(""))
                .toList();
        int from = ids.indexOf(query("after")) + 1;
        int to = Math.min(items.length, from + PAGE);
        String data = String.join(",", Arrays.asList(items).subList(from, to));
        json("""
                {"object":"list","data":[%s],"first_id":%s,"last_id":%s,"has_more":%s}""".formatted(data, quoted(ids.get(from)), quoted(ids.get(to - 1)), to < items.length));
    }

    public void error(int status, String message, @Nullable String param, @Nullable String code, String... headers)
            throws IOException {
        String type = status == 429 ? "requests" : status < 500 ? "invalid_request_error" : "server_error";
        String body = """
                {
                  "error": {
                    "message": %s,
                    "type": "%s",
                    "param": %s,
                    "code": %s
                  }
                }""".formatted(
                quoted(message), type, param == null ? "null" : quoted(param), code == null ? "null" : quoted(code));
        bytes(status, "application/json", body.getBytes(StandardCharsets.UTF_8), headers);
    }

    /** The head of a stream of events. */
    public Call stream() throws IOException {
        return chunked("text/event-stream; charset=utf-8");
    }

    /** The head of an answer in chunks. */
    Call chunked(String type) throws IOException {
        connection.head(200, fields(type));
        return this;
    }

    public Call event(String data) throws IOException {
        connection.event(data);
        return this;
    }

    /** An ended stream whose events have a name, their {@code type}, cut into chunks without regard to where an event or a character ends. */
    public void typedEvents(List<String> events) throws IOException {
        StringBuilder text = new StringBuilder();
        for (String data : events) {
            text.append("event: ").append(JSON.readTree(data).path("type").asString());
            text.append("\ndata: ").append(data).append("\n\n");
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        stream();
        for (int at = 0; at < bytes.length; at += 97) {
            connection.chunk(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 97)));
        }
        connection.lastChunk();
    }

    private static String[] fields(String type, String... more) {
        List<String> all = new ArrayList<>(List.of("Content-Type", type));
        all.addAll(USUAL);
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
