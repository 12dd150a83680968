package io.llmproxy.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client of an appliance that shows answers as their bytes came, also those that break off, and what the ledger has of them. */
public final class RawClient {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final AtomicInteger IDS = new AtomicInteger();

    private final TestAppliance appliance;
    private final String tenant;
    private final String key;

    public RawClient(TestAppliance appliance, String tenant, String key) {
        this.appliance = appliance;
        this.tenant = tenant;
        this.key = key;
    }

    /** An answer as its bytes came. */
    public record Seen(String id, String text, String head, String body) {
        static Seen of(String id, String text) {
            int end = text.indexOf("\r\n\r\n");
            String head = end < 0 ? text : text.substring(0, end + 2);
            String rest = end < 0 ? "" : text.substring(end + 4);
            return new Seen(id, text, head, chunked(head) ? joined(rest) : rest);
        }

        private static boolean chunked(String head) {
            return head.toLowerCase(Locale.ROOT).contains("\r\ntransfer-encoding: chunked\r\n");
        }

        private static String joined(String chunks) {
            StringBuilder body = new StringBuilder();
            for (int at = 0; at < chunks.length(); ) {
                int line = chunks.indexOf("\r\n", at);
                int size = line < 0 ? 0 : Integer.parseInt(chunks.substring(at, line), 16);
                if (size == 0) {
                    break;
                }
                body.append(chunks, line + 2, Math.min(chunks.length(), line + 2 + size));
                at = line + 4 + size;
            }
            return body.toString();
        }

        public int status() {
            return head.length() < 12 ? 0 : Integer.parseInt(head.substring(9, 12));
        }

        public String field(String name) {
            return head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }

        public boolean whole() {
            if (status() == 204 || status() == 304) {
                return true;
            }
            String tail = text.substring(Math.max(0, text.lastIndexOf("\r\n0\r\n")));
            return chunked(head)
                    ? tail.startsWith("\r\n0\r\n") && tail.endsWith("\r\n\r\n")
                    : body.length() == Integer.parseInt(field("content-length"));
        }

        public String error() {
            return MAPPER.readTree(body).path("error").path("type").asString("");
        }
    }

    public Seen post(String path, String body) throws IOException {
        return exchange("POST", path, body);
    }

    public Seen exchange(String method, String path, String body, String... fields) throws IOException {
        String id = "odd-" + IDS.incrementAndGet();
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String more = fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n";
        String head = method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + key
                + "\r\nX-Request-Id: " + id + "\r\nContent-Type: application/json\r\n" + more
                + (bytes.length == 0 ? "" : "Content-Length: " + bytes.length + "\r\n") + "\r\n";
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), appliance.gateway().getPort())) {
            socket.setSoTimeout(30_000);
            OutputStream out = socket.getOutputStream();
            out.write(head.getBytes(StandardCharsets.ISO_8859_1));
            out.write(bytes);
            out.flush();
            return Seen.of(id, all(socket.getInputStream()));
        }
    }

    private static String all(InputStream in) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        try {
            for (int n; (n = in.read(buffer)) >= 0; ) {
                out.write(buffer, 0, n);
            }
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("the answer does not end", e);
        } catch (IOException e) {
            // a reset is one way to break an answer off
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    /** The usage record of an answer; ten seconds are waited for it. */
    public JsonNode ledger(Seen seen) {
        long end = System.nanoTime() + 10_000_000_000L;
        do {
            List<JsonNode> records = records(seen);
            if (!records.isEmpty()) {
                return records.getFirst();
            }
        } while (System.nanoTime() < end);
        throw new AssertionError("no usage record of " + seen);
    }

    /** All usage records that an answer has by now. */
    public List<JsonNode> records(Seen seen) {
        return appliance
                .ctl("-t", tenant, "usage", "export", "-o", "jsonl")
                .value()
                .lines()
                .filter(line -> line.contains("\"" + seen.id + "\""))
                .map(MAPPER::readTree)
                .toList();
    }
}
