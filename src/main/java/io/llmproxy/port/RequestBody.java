package io.llmproxy.port;

import io.llmproxy.domain.HeaderFields;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** The body of an upstream request; may be written more than once, for a retry. */
public interface RequestBody {
    /** Its exact length in bytes. */
    long length();

    void writeTo(OutputStream out) throws IOException;

    /** Whether there is none, which is not the same as an empty one: no Content-Length is sent. */
    default boolean absent() {
        return false;
    }

    /** Fields that come after it; where there are any, it is sent in chunks, since there is no other place for them. */
    default HeaderFields trailers() {
        return HeaderFields.NONE;
    }

    /**
     * The same content as the client sent it.
     *
     * @param coding its Content-Encoding, which the request does not say
     */
    record Coded(String coding, RequestBody body) {}

    /** What whoever sends the content on unchanged is to send in its place; null: the body itself. */
    default @Nullable Coded coded() {
        return null;
    }

    /** The same body, which the client sent in a content coding. */
    default RequestBody orCoded(String coding, RequestBody as) {
        return new Same(this, trailers(), new Coded(coding, as));
    }

    /** The same body with fields after it. */
    default RequestBody followedBy(HeaderFields trailers) {
        if (trailers.size() == 0) {
            return this;
        }
        Coded coded = coded();
        return new Same(
                this, trailers, coded == null ? null : new Coded(coded.coding, coded.body.followedBy(trailers)));
    }

    /** A body with something beside it. */
    record Same(
            RequestBody body,
            HeaderFields trailers,
            @Nullable Coded coded) implements RequestBody {
        @Override
        public long length() {
            return body.length();
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            body.writeTo(out);
        }
    }

    RequestBody NONE = new RequestBody() {
        @Override
        public long length() {
            return 0;
        }

        @Override
        public void writeTo(OutputStream out) {}

        @Override
        public boolean absent() {
            return true;
        }
    };

    static RequestBody of(byte[] bytes) {
        return new RequestBody() {
            @Override
            public long length() {
                return bytes.length;
            }

            @Override
            public void writeTo(OutputStream out) throws IOException {
                out.write(bytes);
            }
        };
    }
}
