package io.llmproxy.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;

/** Writes binary event streams as AWS does. */
public final class AwsMessages {
    private static final int AROUND = 16;

    private AwsMessages() {}

    /** A stream of {@code TYPE JSON} lines; one whose type ends in Exception is an exception. */
    public static byte[] ofLines(String lines) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String line : lines.split("\n", -1)) {
            if (!line.isBlank()) {
                String[] parts = line.split(" ", 2);
                out.writeBytes(message(parts[0], parts.length > 1 ? parts[1] : "{}"));
            }
        }
        return out.toByteArray();
    }

    public static byte[] message(String type, String json) {
        Map<String, String> fields = type.endsWith("Exception")
                ? Map.of(":message-type", "exception", ":exception-type", type)
                : Map.of(":message-type", "event", ":event-type", type, ":content-type", "application/json");
        ByteArrayOutputStream headers = new ByteArrayOutputStream();
        fields.forEach((name, value) -> {
            headers.write(name.length());
            headers.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
            headers.write(7);
            headers.write(value.length() >> 8);
            headers.write(value.length());
            headers.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
        });
        return framed(headers.toByteArray(), json.getBytes(StandardCharsets.UTF_8));
    }

    /** With lengths and checksums that are right, whatever is between them. */
    public static byte[] framed(byte[] headers, byte[] payload) {
        byte[] bytes = new byte[headers.length + payload.length + AROUND];
        ByteBuffer out = ByteBuffer.wrap(bytes);
        out.putInt(bytes.length).putInt(headers.length);
        out.putInt(crc(bytes, out.position())).put(headers).put(payload);
        out.putInt(crc(bytes, out.position()));
        return bytes;
    }

    /** Of the first bytes. */
    public static int crc(byte[] bytes, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
