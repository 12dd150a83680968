package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.idempotency.RecordedAnswer;
import io.llmproxy.port.ContentSealer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * A recorded answer as the text of a column: a version, then all of it compressed, sealed and in base64. Text, since H2 keeps
 * no more than a megabyte of bytes in one value.
 */
final class AnswerText {
    private static final int VERSION = 1;
    private final ContentSealer sealer;

    AnswerText(ContentSealer sealer) {
        this.sealer = sealer;
    }

    /** @param context the row's own name */
    String write(RecordedAnswer answer, String context) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(answer.body().length / 2 + 512);
        Deflater fast = new Deflater(Deflater.BEST_SPEED);
        try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes, fast, 8192))) {
            out.writeByte(VERSION);
            out.writeInt(answer.status());
            out.writeLong(answer.contentLength());
            write(answer.headers(), out);
            write(answer.trailers(), out);
            out.writeInt(answer.body().length);
            out.write(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        } finally {
            fast.end();
        }
        return Base64.getEncoder().encodeToString(sealer.sealContent(bytes.toByteArray(), context));
    }

    private static void write(HeaderFields fields, DataOutputStream out) throws IOException {
        out.writeInt(fields.size());
        StringBuilder names = new StringBuilder();
        // a field holds no line end
        fields.forEach(
                (name, value) -> names.append(name).append('\n').append(value).append('\n'));
        byte[] bytes = names.toString().getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** @throws IllegalStateException where it was sealed elsewhere, or is damaged */
    RecordedAnswer read(String text, String context) {
        byte[] plain = sealer.openContent(Base64.getDecoder().decode(text), context);
        try (DataInputStream in = new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(plain)))) {
            if (in.readByte() != VERSION) {
                throw new IllegalStateException("a newer program recorded the answer");
            }
            int status = in.readInt();
            long length = in.readLong();
            HeaderFields headers = fields(in);
            HeaderFields trailers = fields(in);
            return new RecordedAnswer(status, headers, length, exactly(in), trailers);
        } catch (IOException e) {
            throw new IllegalStateException("the recorded answer is damaged", e);
        }
    }

    private static HeaderFields fields(DataInputStream in) throws IOException {
        int count = in.readInt();
        String[] lines = new String(exactly(in), StandardCharsets.UTF_8).split("\n", -1);
        HeaderFields fields = new HeaderFields();
        for (int i = 0; i < count; i++) {
            fields.add(lines[2 * i], lines[2 * i + 1]);
        }
        return fields;
    }

    private static byte[] exactly(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }
}
