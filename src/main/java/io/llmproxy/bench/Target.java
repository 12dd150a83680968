package io.llmproxy.bench;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where the requests go.
 *
 * @param key the gateway's key; null: none is sent
 */
public record Target(
        InetSocketAddress address,
        String authority,
        String path,
        @Nullable String key) {
    private static final String CHAT = "/v1/chat/completions";

    /**
     * @param url {@code http://HOST:PORT}, with the path where it is not that of chats
     * @throws IllegalArgumentException where it is no such address
     */
    public static Target of(String url, @Nullable String key) {
        if (!url.startsWith("http://")) {
            throw new IllegalArgumentException("`" + url + "` is not http://HOST:PORT");
        }
        URI uri = URI.create(url);
        if (uri.getHost() == null) {
            throw new IllegalArgumentException("`" + url + "` names no host");
        }
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        String path = uri.getRawPath().length() < 2 ? CHAT : uri.getRawPath();
        return new Target(new InetSocketAddress(uri.getHost(), port), uri.getRawAuthority(), path, key);
    }

    /** The whole request, head and body, to be written as often as wanted. */
    byte[] request(String body) {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        byte[] head = ("POST " + path + " HTTP/1.1\r\nhost: " + authority
                        + "\r\ncontent-type: application/json\r\ncontent-length: " + content.length
                        + (key == null ? "" : "\r\nauthorization: Bearer " + key) + "\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(head.length + content.length)
                .put(head)
                .put(content)
                .array();
    }
}
