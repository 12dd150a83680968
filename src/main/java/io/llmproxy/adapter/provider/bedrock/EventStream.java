package io.llmproxy.adapter.provider.bedrock;

import io.llmproxy.adapter.provider.support.chat.StreamFormat;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.gateway.scan.SseReader;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * The binary event streams of AWS ("Amazon event stream encoding"): messages of a length, headers, a payload, and two checksums that
 * are both verified. Each becomes an object with one member: the event's type and its payload; {@code exception} where the message
 * is one.
 */
public final class EventStream implements StreamFormat {
    private static final int PRELUDE = 12;
    private static final int CHECKSUM = 4;
    private static final int LARGEST = 16 * 1024 * 1024;
    private static final int LONGEST_WORD = 64;
    private static final int STRING = 7;

    @Override
    public String contentType() {
        return "application/vnd.amazon.eventstream";
    }

    @Override
    public Splitter splitter(SseReader.Listener to) {
        return new Messages(to);
    }

    private static final class Messages implements Splitter {
        private final SseReader.Listener to;
        private byte[] message = new byte[1024];
        private int size;
        private int wanted = PRELUDE;

        Messages(SseReader.Listener to) {
            this.to = to;
        }

        @Override
        public void feed(byte[] in, int from, int length) throws UpstreamException {
            int end = from + length;
            int i = from;
            while (i < end) {
                int n = Math.min(end - i, wanted - size);
                if (size + n > message.length) {
                    message = Arrays.copyOf(message, Math.max(size + n, Math.min(wanted, 2 * message.length)));
                }
                System.arraycopy(in, i, message, size, n);
                size += n;
                i += n;
                if (size == wanted) {
                    complete();
                }
            }
        }

        private void complete() throws UpstreamException {
            ByteBuffer read = ByteBuffer.wrap(message, 0, size);
            if (wanted == PRELUDE) {
                int total = read.getInt();
                int headers = read.getInt();
                verify(PRELUDE - CHECKSUM, read.getInt());
                boolean possible = total >= PRELUDE + CHECKSUM && total <= LARGEST && headers >= 0;
                if (!possible || total - PRELUDE - CHECKSUM < headers) {
                    throw Unreadable.because("a message has a length that cannot be");
                }
                wanted = total;
                return;
            }
            verify(size - CHECKSUM, read.getInt(size - CHECKSUM));
            int headers = read.getInt(Integer.BYTES);
            Map<String, String> fields = fields(ByteBuffer.wrap(message, PRELUDE, headers));
            emit(fields, PRELUDE + headers, size - CHECKSUM - PRELUDE - headers);
            size = 0;
            wanted = PRELUDE;
        }

        private void verify(int length, int expected) throws UpstreamException {
            CRC32 crc = new CRC32();
            crc.update(message, 0, length);
            if ((int) crc.getValue() != expected) {
                throw Unreadable.because("a message's checksum is wrong");
            }
        }

        private void emit(Map<String, String> fields, int from, int length) throws UpstreamException {
            String kind = fields.getOrDefault(":message-type", "event");
            if (kind.equals("event")) {
                write("{\"" + word(fields.getOrDefault(":event-type", "")) + "\":");
                if (length == 0) {
                    write("{}");
                } else {
                    to.data(message, from, length);
                }
                write("}");
            } else {
                String type = fields.getOrDefault(":exception-type", fields.getOrDefault(":error-code", ""));
                write("{\"exception\":{\"type\":\"" + word(type) + "\"}}");
            }
            to.eventEnd(0);
        }

        private void write(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            to.data(bytes, 0, bytes.length);
        }

        private static String word(String text) throws UpstreamException {
            boolean word = !text.isEmpty()
                    && text.length() <= LONGEST_WORD
                    && text.chars().allMatch(c -> c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z');
            if (!word) {
                throw Unreadable.because("a message has no type");
            }
            return text;
        }

        /** Those that are texts. */
        private static Map<String, String> fields(ByteBuffer headers) throws UpstreamException {
            Map<String, String> fields = new HashMap<>();
            while (headers.hasRemaining()) {
                String name = text(headers, headers.get() & 255);
                int type = need(headers, 1).get();
                if (type == STRING) {
                    fields.put(name, text(headers, need(headers, 2).getShort() & 0xffff));
                } else {
                    skip(headers, type);
                }
            }
            return fields;
        }

        private static void skip(ByteBuffer headers, int type) throws UpstreamException {
            int length = switch (type) {
                case 0, 1 -> 0;
                case 2 -> 1;
                case 3 -> 2;
                case 4 -> 4;
                case 5, 8 -> 8;
                case 6 -> need(headers, 2).getShort() & 0xffff;
                case 9 -> 16;
                default -> throw Unreadable.because("a message has a header of an unknown type");
            };
            need(headers, length).position(headers.position() + length);
        }

        private static String text(ByteBuffer headers, int length) throws UpstreamException {
            byte[] bytes = new byte[length];
            need(headers, length).get(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }

        private static ByteBuffer need(ByteBuffer headers, int bytes) throws UpstreamException {
            if (headers.remaining() < bytes) {
                throw Unreadable.because("a message's headers are cut off");
            }
            return headers;
        }

        @Override
        public void end() throws UpstreamException {
            if (size > 0) {
                throw new UpstreamException(Kind.TRUNCATED, "the stream ended within a message", null);
            }
        }
    }
}
