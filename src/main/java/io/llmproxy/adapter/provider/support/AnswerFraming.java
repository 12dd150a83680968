package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.FieldNames;
import io.llmproxy.domain.HeadBytes;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.ProviderCall.Head;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.InputStream;
import java.util.Collections;
import java.util.Iterator;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.FormattedHeader;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpVersion;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.util.CharArrayBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How an answer's body is delimited (RFC 9112, section 6.3), and whether the connection may serve again after it.
 *
 * @param length in bytes; or one of {@link ContentLengthStrategy}'s marks
 * @param bodiless whether there is no body whatever the length says
 */
record AnswerFraming(long length, boolean bodiless, boolean reusable) {
    private static final boolean[] TOKEN = tokenCharacters();
    private static final FieldNames FRAMING = FieldNames.of("Transfer-Encoding", "Proxy-Connection");
    private static final Iterator<Header> NO_FIELDS = Collections.emptyIterator();

    static AnswerFraming of(String method, ClassicHttpResponse head, CallContext call) throws UpstreamException {
        long plain = plainLength(head);
        return plain >= 0 ? new AnswerFraming(plain, method.equals("HEAD"), true) : byTheBook(method, head, call);
    }

    /**
     * The length of the body where nothing can be doubted: one Content-Length of digits, in HTTP/1.1, no transfer coding, and no
     * word on the connection but that it goes on. Most answers are so, and the library's general rules take ten times as long
     * to say the same. -1 where they are to be asked.
     */
    private static long plainLength(ClassicHttpResponse head) {
        boolean other =
                head.getCode() == 204 || head.getCode() == 304 || !HttpVersion.HTTP_1_1.equals(head.getVersion());
        long length = -1;
        for (Iterator<Header> it = other ? NO_FIELDS : head.headerIterator(); it.hasNext(); ) {
            Header field = it.next();
            String name = field.getName();
            if (name.equalsIgnoreCase("Content-Length")) {
                length = length >= 0 ? -1 : digits(value(field));
                other |= length < 0;
            } else if (name.equalsIgnoreCase("Connection")) {
                other |= !"keep-alive".equalsIgnoreCase(value(field));
            } else if (FRAMING.contains(name)) {
                other = true;
            }
        }
        return other ? -1 : length;
    }

    private static long digits(@Nullable String value) {
        if (value == null || value.isEmpty() || value.length() > 18) {
            return -1;
        }
        long number = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            number = 10 * number + c - '0';
        }
        return number;
    }

    private static AnswerFraming byTheBook(String method, ClassicHttpResponse head, CallContext call)
            throws UpstreamException {
        long length;
        try {
            length = DefaultContentLengthStrategy.INSTANCE.determineLength(head);
        } catch (HttpException e) {
            throw call.failure(Kind.PROTOCOL, "sent an answer whose length is contradictory or no number", e);
        }
        int status = head.getCode();
        boolean bodiless = status == 204 || status == 304 || method.equals("HEAD");
        return new AnswerFraming(length, bodiless, reusable(head, length, bodiless));
    }

    /** Not after two lengths, of which another reader may have taken the other, nor where only the close ends the body. */
    private static boolean reusable(ClassicHttpResponse head, long length, boolean bodiless) {
        boolean twoLengths = head.containsHeader("Transfer-Encoding") && head.containsHeader("Content-Length");
        return !twoLengths
                && (bodiless || length != ContentLengthStrategy.UNDEFINED)
                && DefaultConnectionReuseStrategy.INSTANCE.keepAlive(null, head, null);
    }

    boolean empty() {
        return bodiless || length == 0;
    }

    InputStream open(UpstreamConnection connection) {
        if (empty()) {
            return InputStream.nullInputStream();
        }
        if (length > 0) {
            return connection.ofLength(length);
        }
        return length == ContentLengthStrategy.CHUNKED ? connection.chunked() : connection.untilClose();
    }

    /** The head as the port gives it: without the transfer coding, which ends here, and what came with it. */
    Head head(ClassicHttpResponse answer, CallContext call) throws UpstreamException {
        HeaderFields fields = new HeaderFields();
        for (Iterator<Header> it = answer.headerIterator(); it.hasNext(); ) {
            Header field = it.next();
            String name = field.getName();
            boolean coding = name.equalsIgnoreCase("Transfer-Encoding");
            if (!coding && (length >= 0 || !name.equalsIgnoreCase("Content-Length"))) {
                fields.add(checkedName(name, call), printable(value(field)));
            }
        }
        return new Head(answer.getCode(), fields, Math.max(-1, length));
    }

    /** Without those whose name is none: the head has gone, and the answer cannot fail for them any more. */
    static HeaderFields trailers(Header @Nullable [] footers) {
        if (footers == null || footers.length == 0) {
            return HeaderFields.NONE;
        }
        HeaderFields fields = new HeaderFields();
        for (Header footer : footers) {
            if (token(footer.getName())) {
                fields.add(footer.getName(), printable(footer.getValue()));
            }
        }
        return fields;
    }

    private static String checkedName(String name, CallContext call) throws UpstreamException {
        if (!token(name)) {
            throw call.failure(Kind.PROTOCOL, "sent an answer with a header name that is none", null);
        }
        return name;
    }

    private static boolean token(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c >= TOKEN.length || !TOKEN[c]) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    private static boolean[] tokenCharacters() {
        boolean[] legal = new boolean[127];
        for (char c = '!'; c < legal.length; c++) {
            legal[c] = "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0;
        }
        return legal;
    }

    /** As {@link Header#getValue} has it, at one stroke where that makes it of single characters. */
    private static @Nullable String value(Header field) {
        if (field instanceof FormattedHeader formatted) {
            CharArrayBuffer line = formatted.getBuffer();
            return line.substringTrimmed(formatted.getValuePos(), line.length());
        }
        return field.getValue();
    }

    /** Control characters as blanks (RFC 9110, section 5.5): they must not reach a client's parser. */
    private static String printable(@Nullable String value) {
        if (value == null) {
            return "";
        }
        if (HeadBytes.printable(value)) {
            return value;
        }
        for (int i = 0; i < value.length(); i++) {
            if (control(value.charAt(i))) {
                StringBuilder out = new StringBuilder(value.length());
                value.chars().forEach(c -> out.append(control((char) c) ? ' ' : (char) c));
                return out.toString();
            }
        }
        return value;
    }

    private static boolean control(char c) {
        return c < ' ' && c != '\t' || c == 127;
    }
}
