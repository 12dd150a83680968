package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.FieldText;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.ProviderCall.Head;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.InputStream;
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
    private static final String CODING = "Transfer-Encoding";
    private static final String LENGTH = "Content-Length";
    private static final String CONNECTION = "Connection";

    /** @param fields those of the head, as {@link #fields} has them */
    static AnswerFraming of(String method, ClassicHttpResponse head, HeaderFields fields, CallContext call)
            throws UpstreamException {
        long plain = plainLength(head, fields);
        return plain >= 0 ? new AnswerFraming(plain, method.equals("HEAD"), true) : byTheBook(method, head, call);
    }

    /**
     * The length of the body where nothing can be doubted: one Content-Length of digits, in HTTP/1.1, no transfer coding, and no
     * word on the connection but that it goes on. Most answers are so, and the library's general rules take ten times as long
     * to say the same. -1 where they are to be asked.
     */
    private static long plainLength(ClassicHttpResponse head, HeaderFields fields) {
        boolean plain = head.getCode() != 204
                && head.getCode() != 304
                && HttpVersion.HTTP_1_1.equals(head.getVersion())
                && fields.count(LENGTH) == 1
                && !fields.contains(CODING)
                && !fields.contains("Proxy-Connection")
                && (!fields.contains(CONNECTION) || goesOn(fields));
        return plain ? digits(fields.first(LENGTH).orElse("")) : -1;
    }

    private static boolean goesOn(HeaderFields fields) {
        return fields.count(CONNECTION) == 1
                && fields.first(CONNECTION).orElse("").equalsIgnoreCase("keep-alive");
    }

    private static long digits(String value) {
        if (value.isEmpty() || value.length() > 18) {
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
        boolean twoLengths = head.containsHeader(CODING) && head.containsHeader(LENGTH);
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

    /** The fields of a head, all of them, with nothing in their values that could end a line. */
    static HeaderFields fields(ClassicHttpResponse answer, CallContext call) throws UpstreamException {
        HeaderFields fields = new HeaderFields();
        for (Iterator<Header> it = answer.headerIterator(); it.hasNext(); ) {
            Header field = it.next();
            String name = field.getName();
            String value = value(field);
            if (HeaderFields.plain(name, value)) {
                fields.addPlain(name, value);
            } else {
                fields.add(checkedName(name, call), printable(value));
            }
        }
        return fields;
    }

    /**
     * The head as the port gives it: without the transfer coding, which ends here, and what came with it.
     *
     * @param fields all of them, given away
     */
    Head head(int status, HeaderFields fields) {
        fields.remove(CODING);
        if (length < 0) {
            fields.remove(LENGTH);
        }
        return new Head(status, fields, Math.max(-1, length));
    }

    /** Without those whose name is none: the head has gone, and the answer cannot fail for them any more. */
    static HeaderFields trailers(Header @Nullable [] footers) {
        if (footers == null || footers.length == 0) {
            return HeaderFields.NONE;
        }
        HeaderFields fields = new HeaderFields();
        for (Header footer : footers) {
            if (FieldText.token(footer.getName())) {
                fields.add(footer.getName(), printable(value(footer)));
            }
        }
        return fields;
    }

    private static String checkedName(String name, CallContext call) throws UpstreamException {
        if (!FieldText.token(name)) {
            throw call.failure(Kind.PROTOCOL, "sent an answer with a header name that is none", null);
        }
        return name;
    }

    /** As {@link Header#getValue} has it, at one stroke where that makes it of single characters. */
    private static String value(Header field) {
        if (field instanceof FormattedHeader formatted) {
            CharArrayBuffer line = formatted.getBuffer();
            return line.substringTrimmed(formatted.getValuePos(), line.length());
        }
        String value = field.getValue();
        return value == null ? "" : value;
    }

    /** Control characters as blanks (RFC 9110, section 5.5): they must not reach a client's parser. */
    private static String printable(String value) {
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
