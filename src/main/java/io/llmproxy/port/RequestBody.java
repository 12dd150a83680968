package io.llmproxy.port;

import java.io.IOException;
import java.io.OutputStream;

/** The body of an upstream request; may be written more than once, for a retry. */
public interface RequestBody {
    /** Its exact length in bytes. */
    long length();

    void writeTo(OutputStream out) throws IOException;

    /** Whether there is none, which is not the same as an empty one: no Content-Length is sent. */
    default boolean absent() {
        return false;
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
