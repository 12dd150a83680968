package io.llmproxy.testing;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Requests of clients that send a head, and never the body that it tells of. */
public final class Withheld {
    public static final String LARGE = "Content-Length: 10485760";
    public static final String CHUNKED = "Transfer-Encoding: chunked";
    public static final String EXPECTED = "Content-Length: 60\r\nExpect: 100-continue";
    public static final String SMALL = "Content-Length: 60";

    private final TestAppliance appliance;
    private final String key;

    public Withheld(TestAppliance appliance, String key) {
        this.appliance = appliance;
        this.key = key;
    }

    /** The status; 0: none came in that time, or the connection was reset, as a busy machine may do. */
    public int status(String path, Duration time, String... fields) {
        try (Socket socket =
                new Socket(appliance.gateway().getHost(), appliance.gateway().getPort())) {
            socket.setSoTimeout((int) time.toMillis());
            String head = "POST " + path + " HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer " + key
                    + "\r\nContent-Type: application/json\r\n" + String.join("\r\n", fields) + "\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            byte[] begin = socket.getInputStream().readNBytes("HTTP/1.1 429".length());
            String line = new String(begin, StandardCharsets.US_ASCII);
            return line.length() < 12 ? 0 : Integer.parseInt(line.substring(9));
        } catch (IOException e) {
            return 0;
        }
    }
}
