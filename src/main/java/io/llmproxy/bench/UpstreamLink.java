package io.llmproxy.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** One connection of the paced upstream: read by the reader's thread, written by the writer's. */
final class UpstreamLink {
    private static final String END_OF_HEAD = "\r\n\r\n";
    private static final long RETRY_NANOS = 1_000_000;

    private final SocketChannel channel;
    private final ScheduledExecutorService pacer;
    private final StringBuilder request = new StringBuilder();
    private ByteBuffer out = ByteBuffer.allocate(0);

    UpstreamLink(SocketChannel channel, ScheduledExecutorService pacer) {
        this.channel = channel;
        this.pacer = pacer;
    }

    void read(ByteBuffer scratch) {
        try {
            scratch.clear();
            if (channel.read(scratch) < 0) {
                channel.close();
                return;
            }
            request.append(StandardCharsets.ISO_8859_1.decode(scratch.flip()));
            serveWhatIsWhole();
        } catch (IOException e) {
            close();
        }
    }

    private void serveWhatIsWhole() throws IOException {
        int head = request.indexOf(END_OF_HEAD);
        if (head < 0) {
            return;
        }
        int body = head + END_OF_HEAD.length();
        int end = body + contentLength(request.substring(0, head).toLowerCase(Locale.ROOT));
        if (request.length() >= end) {
            String text = request.substring(body, end);
            request.delete(0, end);
            answer(text);
        }
    }

    private static int contentLength(String head) throws IOException {
        int at = head.indexOf("\r\ncontent-length:");
        if (at < 0) {
            throw new IOException("requests without a Content-Length are not for this upstream");
        }
        int end = head.indexOf('\r', at + 2);
        return Integer.parseInt(head.substring(head.indexOf(':', at) + 1, end < 0 ? head.length() : end)
                .strip());
    }

    private void answer(String body) {
        Order order = Order.in(body);
        if (order.chunks() == 0) {
            pacer.schedule(() -> write(Answers.plain()), order.delay().toNanos(), TimeUnit.NANOSECONDS);
        } else {
            boolean usage = body.contains("\"include_usage\":true");
            long first = System.nanoTime() + order.delay().toNanos();
            pacer.execute(() -> write(Answers.streamHead()));
            pace(new Pace(order, usage, first), 0);
        }
    }

    /** One stream: chunk {@code n} is due at {@code first + n * interval}. */
    private record Pace(Order order, boolean usage, long first) {
        long due(int number) {
            return first + number * order.interval().toNanos();
        }
    }

    private void pace(Pace pace, int number) {
        pacer.schedule(() -> chunk(pace, number), pace.due(number) - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    private void chunk(Pace pace, int number) {
        if (!channel.isOpen()) {
            return;
        }
        if (out.hasRemaining()) {
            // a reader that is behind: the chunk is stamped and sent when its turn comes
            write(ByteBuffer.allocate(0));
            pacer.schedule(() -> chunk(pace, number), RETRY_NANOS, TimeUnit.NANOSECONDS);
            return;
        }
        boolean last = number == pace.order().chunks();
        write(last ? Answers.streamEnd(pace.usage()) : Answers.chunk(number, pace.usage()));
        if (!last) {
            pace(pace, number + 1);
        }
    }

    private void write(ByteBuffer next) {
        try {
            out = out.hasRemaining() ? joined(out, next) : next;
            channel.write(out);
            if (out.hasRemaining()) {
                pacer.schedule(() -> write(ByteBuffer.allocate(0)), RETRY_NANOS, TimeUnit.NANOSECONDS);
            }
        } catch (IOException e) {
            close();
        }
    }

    private static ByteBuffer joined(ByteBuffer first, ByteBuffer second) {
        return ByteBuffer.allocate(first.remaining() + second.remaining())
                .put(first)
                .put(second)
                .flip();
    }

    private void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // the other side is gone, which is what closing was for
            request.setLength(0);
        }
    }
}
