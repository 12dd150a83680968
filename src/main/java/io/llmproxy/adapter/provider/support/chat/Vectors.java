package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.port.UpstreamException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Vectors as JSON has them: numbers, or their bytes (32 bits each, the least significant first) in base64. */
public final class Vectors {
    private Vectors() {}

    /** @throws UpstreamException where it is neither */
    public static List<Float> read(JsonNode vector) throws UpstreamException {
        if (vector.isString()) {
            return decoded(vector.stringValue());
        }
        if (!vector.isArray()) {
            throw Unreadable.because("an embedding is no list of numbers");
        }
        List<Float> out = new ArrayList<>(vector.size());
        for (JsonNode number : vector) {
            if (!number.isNumber()) {
                throw Unreadable.because("an embedding is no list of numbers");
            }
            out.add((float) number.asDouble());
        }
        return out;
    }

    private static List<Float> decoded(String base64) throws UpstreamException {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw Unreadable.because("an embedding is no base64");
        }
        if (bytes.length % Float.BYTES != 0) {
            throw Unreadable.because("an embedding has half a number");
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        List<Float> out = new ArrayList<>(bytes.length / Float.BYTES);
        while (buffer.hasRemaining()) {
            out.add(buffer.getFloat());
        }
        return out;
    }

    /** As a value: a list of numbers. */
    public static void write(JsonOut out, List<Float> vector) {
        out.openList();
        StringBuilder numbers = new StringBuilder(vector.size() * 12);
        for (Float number : vector) {
            numbers.append(numbers.isEmpty() ? "" : ",").append(Float.isFinite(number) ? number : 0f);
        }
        out.raw(numbers.toString()).closeList();
    }

    /** As a value: a text. */
    public static void writeBase64(JsonOut out, List<Float> vector) {
        ByteBuffer buffer = ByteBuffer.allocate(vector.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        vector.forEach(buffer::putFloat);
        out.text(Base64.getEncoder().encodeToString(buffer.array()));
    }
}
