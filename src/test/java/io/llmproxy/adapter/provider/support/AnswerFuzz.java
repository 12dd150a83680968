package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.port.ProviderCall.Head;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentLengthStrategy;

/** Providers' answers: the same whatever the pieces, only typed failures, and no answer that was cut passes for a whole one. */
public final class AnswerFuzz {
    private AnswerFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        byte[] bytes = Pieces.payload(input);
        Answer whole = read(bytes, 7);
        Fuzz.same(read(bytes, Pieces.seed(input)).text, whole.text, "in pieces");
        if (whole.framed) {
            String cut = read(Arrays.copyOf(bytes, bytes.length - 1), 7).text;
            Fuzz.check(cut.startsWith("failed"), () -> "taken without its last byte: " + whole.text);
        }
    }

    /** @param framed whether it filled the input, and its end was not told by a close */
    private record Answer(String text, boolean framed) {}

    private static Answer read(byte[] bytes, int seed) {
        CallContext call = CallContext.start("fuzzed", null, ProviderTimeouts.DEFAULT);
        PiecewiseSocket socket = new PiecewiseSocket(Pieces.of(bytes, seed));
        try {
            UpstreamConnection connection = new UpstreamConnection(socket, socket, call, new ReadSweeper());
            connection.begin(call);
            ClassicHttpResponse head = connection.readHead(call);
            HeaderFields fields = AnswerFraming.fields(head, call);
            AnswerFraming framing = AnswerFraming.of("POST", head, fields, call);
            Head known = framing.head(head.getCode(), fields);
            long length = framing.empty() ? 0 : Math.max(-1, framing.length());
            AnswerBody body = new AnswerBody(framing.open(connection), length, call);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            body.transferTo(out);
            Fuzz.check(body.complete(), () -> "an end that is none");
            boolean byLength = framing.length() > 0 && !framing.bodiless();
            Fuzz.check(!byLength || out.size() == framing.length(), () -> "another length than announced");
            known.headers()
                    .forEach((name, value) ->
                            Fuzz.check(harmless(name) && harmless(value), () -> "passed " + name + ": " + value));
            return new Answer(
                    known.status() + " " + known.headers().size() + " " + out.toString(StandardCharsets.ISO_8859_1),
                    (byLength || framing.length() == ContentLengthStrategy.CHUNKED && !framing.bodiless())
                            && !connection.surplus()
                            && socket.in.read() < 0);
        } catch (UpstreamException e) {
            // behind an interim head, what came with it decides whether the next one had begun
            Kind kind = e.kind() == Kind.NO_ANSWER ? Kind.TRUNCATED : e.kind();
            return new Answer("failed " + kind, false);
        } catch (IOException e) {
            throw new UncheckedIOException("not told as a failure of the upstream", e);
        }
    }

    private static boolean harmless(String text) {
        return text.chars().noneMatch(c -> c < 32 && c != '\t' || c == 127);
    }

    /** A connection on which these pieces come, and then the end. */
    private static final class PiecewiseSocket extends Socket {
        private final InputStream in;

        PiecewiseSocket(List<byte[]> pieces) {
            this.in = new SequenceInputStream(Collections.enumeration(
                    pieces.stream().map(ByteArrayInputStream::new).toList()));
        }

        @Override
        public InputStream getInputStream() {
            return in;
        }

        @Override
        public OutputStream getOutputStream() {
            return OutputStream.nullOutputStream();
        }

        @Override
        public void setSoTimeout(int timeout) {}
    }
}
