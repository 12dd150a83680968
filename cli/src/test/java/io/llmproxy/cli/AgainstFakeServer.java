package io.llmproxy.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the program against a server that answers what they say. */
abstract class AgainstFakeServer {
    FakeAdminServer server;
    CtlRun ctl;

    @BeforeEach
    void connect(@TempDir Path directory) throws IOException {
        Path socket = directory.resolve("s");
        server = FakeAdminServer.on(socket);
        ctl = new CtlRun(directory).env("LLMPROXY_SOCKET", socket.toString());
    }

    @AfterEach
    void disconnect() {
        server.close();
    }
}
