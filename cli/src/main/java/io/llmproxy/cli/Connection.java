package io.llmproxy.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A byte stream to the server; reads and writes that wait longer than its time-out throw SocketTimeoutException. */
interface Connection extends AutoCloseable {
    InputStream in() throws IOException;

    OutputStream out() throws IOException;

    @Override
    void close() throws IOException;
}
